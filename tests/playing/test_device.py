import numpy as np
import pytest
from messages import make_grids, make_messages

from melodyvae.config.presets import preset
from melodyvae.config.settings import Config
from melodyvae.playing import device

import golden_files

SYSTEMS = ('melodyvae_improved', 'melodyvae_original', 'rhythmvae')


def golden(name: str) -> dict:
    return golden_files.read(f'{name}.generate.json')


CASES = [
    pytest.param(name, number, id=f'{name}-{number}')
    for name in SYSTEMS
    for number, _ in enumerate(golden(name)['cases'])
]


def load_case(name: str, number: int) -> tuple[Config, dict, dict, dict]:
    """Config, grids, what was asked of the device, what it sent."""
    values = golden(name)
    config = preset(name, 'js')
    assert (config.grid.rows, config.grid.steps) == (values['pitches'], values['steps'])
    grids = make_grids(values['pitches'], values['steps'], values['seed'], config.features)
    case = values['cases'][number]
    asked = {
        setting: case[setting]
        for setting in ('threshold_min', 'threshold_max', 'grid_offset')
        if case[setting] is not None
    }
    return config, grids, asked, case


def test_a_chord_has_the_six_most_probable_rows():
    config = preset('chords')
    onset = np.random.default_rng(0).random((config.grid.rows, config.grid.steps))
    onset[:, 1] = 0
    onset[:8, 2] = 1  # equally probable: the lowest
    cells = device.select({'onset': onset}, config, threshold_min=0.2)
    rows = [cells['row'][cells['step'] == step].tolist() for step in range(3)]
    assert rows[0] == sorted(np.argsort(onset[:, 0])[-6:].tolist())
    assert rows[1:] == [[], [0, 1, 2, 3, 4, 5]]


@pytest.mark.parametrize(('name', 'number'), CASES)
def test_messages_and_cells_are_those_of_the_device(name, number):
    config, grids, asked, case = load_case(name, number)
    sent = [list(message) for message in make_messages(grids, config, **asked)]
    # The made grids hold sines, which are not the same to the last bit in every mathematics
    # library: a timeshift may be one float64 off, nothing else.
    assert [message[:2] for message in sent] == [message[:2] for message in case['messages']]
    for (message, _, numbers), (_, _, expected) in zip(sent, case['messages'], strict=True):
        if message == 'timeshift_output' and name != 'rhythmvae':
            ours, theirs = (np.array(text.split(), float) for text in (numbers, expected))
            np.testing.assert_array_max_ulp(ours, theirs, maxulp=1)
        else:
            assert numbers == expected
    asked.pop('grid_offset', None)
    row, step = np.nonzero(device.find_inside(grids, config, **asked))
    assert [[s + 1, r + 1] for r, s in zip(row, step, strict=True)] == case['grid']


@pytest.mark.parametrize(('name', 'number'), CASES)
def test_selected_notes_are_the_sounding_numbers_of_the_messages(name, number):
    config, grids, asked, case = load_case(name, number)
    lists: dict[str, list[np.ndarray]] = {}
    for message, _, numbers in case['messages']:
        lists.setdefault(message, []).append(np.array(numbers.split(), float))
    sent = {message: np.array(tracks) for message, tracks in lists.items()}
    velocity = sent.get('velocity_output', sent.get('seq_output'))
    track, step = np.nonzero(velocity)
    row = sent['pitch_output'][track, step] - 48 if 'pitch_output' in sent else track
    order = np.lexsort((step, row))

    notes = device.select(grids, config, **asked)

    np.testing.assert_array_equal(notes['row'], row[order])
    np.testing.assert_array_equal(notes['step'], step[order])
    np.testing.assert_allclose(notes['velocity'] * 127, velocity[track, step][order], rtol=1e-6)
    if 'duration_output' in sent:
        duration = sent['duration_output'][track, step][order]
        np.testing.assert_array_equal(np.minimum(np.floor(notes['duration'] * 64), 127), duration)
    if name == 'melodyvae_improved':
        timeshift = sent['timeshift_output'][track, step][order]
        np.testing.assert_allclose(notes['timeshift'], timeshift, rtol=1e-6)


def one_cell(config: Config, row: int, step: int, **values: float) -> dict:
    """Decoded grids with nothing but one certain note."""
    shape = (config.grid.rows, config.grid.steps)
    grids = {name: np.zeros(shape, np.float32) for name in config.features}
    for name, value in {'onset': 1.0, 'velocity': 0.8, **values}.items():
        grids[name][row, step] = value
    return grids


@pytest.mark.parametrize(
    ('name', 'onset', 'thresholds', 'heard'),
    [
        # As JavaScript compares: float32(0.1) is more than 0.1, float32(0.7) less than 0.7.
        ('melodyvae_improved', 0.1, (0.1, 1), 1),
        ('melodyvae_improved', 0.7, (0.7, 1), 0),
        # Melody devices play a note at the threshold, the drum device does not.
        ('melodyvae_improved', 0.5, (0.5, 1), 1),
        ('melodyvae_original', 0.5, (0.5, 1), 1),
        ('rhythmvae', 0.5, (0.5, 1), 0),
        *((name, 0.75, (0.5, 0.75), 1) for name in SYSTEMS),
        *((name, 0.75, (0.5, 0.7), 0) for name in SYSTEMS),
        *((name, 0.05, (0.1, 1), 0) for name in SYSTEMS),
    ],
)
def test_a_note_inside_the_thresholds_sounds(name, onset, thresholds, heard):
    config = preset(name)
    grids = one_cell(config, 3, 5, onset=onset)
    least, most = thresholds
    played = device.select(grids, config, threshold_min=least, threshold_max=most)
    assert len(played) == heard


def two_cells(config: Config, **second: float) -> dict:
    """A note of probability 0.9 on row 3 of step 5, and a second one on row 10."""
    grids = one_cell(config, 3, 5, onset=0.9)
    for name, value in {'velocity': 0.8, **second}.items():
        grids[name][10, 5] = value
    return grids


def test_the_most_probable_row_inside_the_thresholds_plays():
    config = preset('melodyvae_improved')
    grids = two_cells(config, onset=0.6)
    for options, rows in (
        ({}, [3]),
        ({'threshold_max': 0.8}, [10]),
        ({'polyphonic': True}, [3, 10]),
    ):
        assert device.select(grids, config, threshold_min=0.5, **options)['row'].tolist() == rows
    equal = two_cells(config, onset=0.9)
    assert device.select(equal, config, threshold_min=0.5)['row'].tolist() == [3]


def test_silent_velocities_are_no_notes():
    config = preset('melodyvae_improved')
    # The device sends floor(127 * velocity): 0 below 1/127, a note-off to MIDI.
    for velocity, heard in ((0.0078, 0), (0.0079, 1)):
        grids = one_cell(config, 0, 0, velocity=velocity)
        assert len(device.select(grids, config, threshold_min=0.5)) == heard


def test_loudest_drum_stays_a_midi_velocity():
    config = preset('rhythmvae')
    grids = one_cell(config, 0, 0, velocity=1.0)
    assert device.select(grids, config, threshold_min=0.5)['velocity'].tolist() == [1.0]
    # What the device itself sends for it.
    assert make_messages(grids, config, threshold_min=0.5)[0][2].split()[0] == '128'


def test_the_revision_with_25_rows_sends_timeshifts_from_0_to_127():
    config = preset('melodyvae_improved_25x32')
    grids = one_cell(config, 2, 4, onset=0.9, timeshift=0.5, duration=0.25)
    for name, value in (('onset', 0.6), ('velocity', 0.5)):
        grids[name][20, 4] = value
    for grid_offset, expected in ((1, '95'), (0.5, '47.5'), (0, '0')):
        sent = make_messages(grids, config, threshold_min=0.5, grid_offset=grid_offset)
        lists = {name: numbers.split() for name, _, numbers in sent}
        # floor((0.5 + 1) * 63.5), and 0 at a rest.
        assert lists['timeshift_output'] == ['0'] * 4 + [expected] + ['0'] * 27
        assert lists['pitch_output'][4] == '42'
        assert lists['duration_output'][4] == '16'
    # What is learned stays the pattern: half steps.
    assert device.select(grids, config, threshold_min=0.5)['timeshift'].tolist() == [0.5]


def test_missing_features_get_plain_values():
    config = preset('melodyvae_original', 'js')  # has no timeshift
    note = device.select(one_cell(config, 2, 4, duration=0.5), config, threshold_min=0.5)[0]
    assert (note['timeshift'], note['duration']) == (0, 0.5)
    config = preset('rhythmvae')  # has no duration
    note = device.select(one_cell(config, 2, 4, timeshift=-0.5), config, threshold_min=0.5)[0]
    assert (note['timeshift'], note['duration']) == (-0.5, 0.125)
