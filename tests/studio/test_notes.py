"""The notes of the page, in Chromium, beside what Python makes of the same."""

import io
import re
from pathlib import Path

import mido
import numpy as np
import pytest
from browsers import WEB, run_job
from messages import make_grids

from melodyvae.config.presets import preset
from melodyvae.config.settings import Config
from melodyvae.loops.pattern import learned_pitches, row_pitches
from melodyvae.playing import device
from melodyvae.playing.clips import write_midi

import golden_files

TEMPO = 97.5
NAMES = {
    'threshold_min': 'thresholdMin',
    'threshold_max': 'thresholdMax',
    'grid_offset': 'gridOffset',
}


def make_job(config: Config, grids: dict, **choice: object) -> dict:
    """What the page is asked to do."""
    return {
        'grids': {key: grid.ravel().tolist() for key, grid in grids.items()},
        'system': {
            'messages': config.device.messages,
            'features': list(config.features),
            'rows': config.grid.rows,
            'steps': config.grid.steps,
            'loopSteps': config.grid.steps,
            'stepsPerQuarter': config.grid.steps_per_quarter,
            'pitches': row_pitches(config.grid).tolist(),
            'savedPitches': learned_pitches(config.grid).tolist(),
        },
        'choice': {'thresholdMin': 0.5, 'thresholdMax': 1, 'gridOffset': 1} | choice,
        'tempo': TEMPO,
    }


@pytest.mark.parametrize('name', ['melodyvae_improved', 'melodyvae_original', 'rhythmvae'])
def test_the_page_writes_the_midi_files_of_melodyvae_generate(name, tmp_path):
    config, golden = preset(name, 'js'), golden_files.read(f'{name}.generate.json')
    grids = make_grids(golden['pitches'], golden['steps'], golden['seed'], config.features)
    asked = [
        {'threshold_max': 1, 'grid_offset': 1}
        | {key: case[key] for key in NAMES if case[key] is not None}
        for case in golden['cases']
    ]
    choices = [{NAMES[key]: value for key, value in options.items()} for options in asked]
    pages = run_job('select', [make_job(config, grids, **choice) for choice in choices])
    ours, theirs = tmp_path / 'a name ♪.mid', tmp_path / 'page.mid'
    for options, page in zip(asked, pages, strict=True):
        pattern = device.select(grids, config, **options)
        write_midi([pattern], config.grid, ours, tempo=TEMPO, overwrite=True)
        theirs.write_bytes(bytes(page['midi']))
        assert read_messages(theirs) == read_messages(ours)


def read_messages(path: Path) -> tuple:
    """All that a MIDI file says, but for the order of notes at one tick."""
    file = mido.MidiFile(path, charset='utf-8')
    tick, messages = 0, []
    for message in file.tracks[0]:
        tick += message.time
        messages.append((tick, str(message.copy(time=0))))
    return file.type, file.ticks_per_beat, len(file.tracks), sorted(messages)


def test_the_page_plays_chords_as_python_does():
    config = preset('chords')
    grids = make_grids(config.grid.rows, config.grid.steps, 1, config.features)
    grids['onset'] = grids['onset'].round(1)  # some are equal
    (page,) = run_job('select', [make_job(config, grids)])
    played = device.select(grids, config, threshold_min=0.5, threshold_max=1, grid_offset=1)
    order = np.lexsort((played['row'], played['step']))
    cells = [(cell['row'], cell['step']) for cell in page['cells']]
    assert cells == list(map(tuple, played[['row', 'step']][order].tolist()))
    assert np.bincount(played['step']).max() == 6


def test_a_loop_of_whole_bars_ends_with_the_last_one():
    config = preset('melodyvae')
    grids = {name: np.full((24, 32), 0.9) for name in config.features}
    job = make_job(config, grids, gridOffset=0)
    job['system']['loopSteps'] = 24  # two bars of 3/4
    (found,) = run_job('select', [job])
    assert [cell['step'] for cell in found['cells']] == list(range(24))
    length = mido.MidiFile(file=io.BytesIO(bytes(found['midi']))).length
    assert length == pytest.approx(6 * 60 / TEMPO)


ONSET = np.random.default_rng(3).permutation(96).reshape(3, 32) / 96


def select(name: str, densities: list, threshold: float) -> list[set]:
    """Rows and steps that are chosen of `ONSET` for each of some densities."""
    jobs = [
        make_job(preset(name), {'onset': ONSET}, thresholdMin=threshold, density=density)
        for density in densities
    ]
    for job in jobs:
        job['system'] |= {'features': ['onset'], 'rows': 3, 'pitches': [36, 37, 38]}
        job['system'] |= {'steps': 32, 'loopSteps': 32, 'stepsPerQuarter': 4}
    found = run_job('select', jobs)
    return [{(cell['row'], cell['step']) for cell in each['cells']} for each in found]


def test_a_density_plays_the_most_probable_cells_of_its_row():
    heard = (ONSET > 0.5).sum(axis=1)
    free = 32 - heard[1]
    counts = {-1: 0, -0.4: round(0.6 * heard[1]), 0.6: heard[1] + round(0.36 * free), 1: 32}
    found = select('rhythmvae', [[0, each, 0] for each in counts], 0.5)
    for cells, count in zip(found, counts.values(), strict=True):
        for row, expected in enumerate((heard[0], count, heard[2])):
            best = np.argsort(-ONSET[row])[:expected]
            assert {step for each, step in cells if each == row} == set(best.tolist())


def test_a_melody_gets_more_or_fewer_steps():
    densities = [[0], [-0.5], [1], [-1]]
    device_plays, sparse, full, silent = select('melodyvae_improved', densities, 0.8)
    assert silent == set() and sparse < device_plays < full
    assert len(sparse) == round(len(device_plays) / 2)
    assert full == {(int(ONSET[:, step].argmax()), step) for step in range(32)}


@pytest.mark.parametrize('messages', ['monophonic', 'drums'])
def test_a_downbeat_less_than_a_64th_early_starts_at_0(messages):
    system = {'messages': messages, 'loopSteps': 32, 'stepsPerQuarter': 4, 'pitches': [48, 49]}
    cell = {'row': 0, 'step': 0, 'velocity': 100, 'duration': 0.25}
    # Timeshift, and the start in the loop and in a file.
    early = [(-0.1, 0, 0), (-0.4, 0, 0), (-0.5, -60, 0), (-0.9, -108, 0), (0.9, 108, 108)]
    cases = [{'cells': [cell | {'timeshift': shift}], 'system': system} for shift, *_ in early]
    for (_, loop, file), found in zip(early, run_job('place', cases), strict=True):
        for start, (note,) in ((loop, found['loop']), (file, found['file'])):
            assert (note['start'], note['end']) == (start, start + 480)


def note(start, velocity=90, pitch=60, length=120):
    return {'pitch': pitch, 'velocity': velocity, 'start': start, 'end': start + length}


def test_a_feel_changes_times_velocities_and_pitches():
    plain = [note(-100), note(0), note(241, 30), note(7440)]
    sixteenths = [note(240 * number, length=240) for number in range(32)]
    soft_and_loud = [note(0, 60), note(480, 100)]
    asked = [
        (plain, {}),
        (sixteenths, {'swing': 2 / 3}),
        (soft_and_loud, {'dynamics': 0}),
        (soft_and_loud, {'dynamics': 2}),
        ([note(0, 1), note(480, 127)], {'dynamics': 2}),
        ([note(0, pitch=60), note(480, pitch=100)], {'semitones': 36}),
    ]
    no_feel = {'swing': 0.5, 'dynamics': 1, 'semitones': 0}
    cases = [
        {'clip': {'notes': notes, 'length': 7680}, 'feel': no_feel | changes}
        for notes, changes in asked
    ]
    same, swung, even, stretched, limited, high = run_job('feel', cases)
    assert same == plain
    # Every second sixteenth is late, and each still ends where the next one starts.
    starts = [each['start'] for each in swung]
    assert starts[:4] == [0, 320, 480, 800] and starts[-1] == 7680 - 160
    assert [each['end'] for each in swung] == [*starts[1:], 7680]
    # About their mean, and within MIDI.
    velocities = [[each['velocity'] for each in notes] for notes in (even, stretched, limited)]
    assert velocities == [[80, 80], [40, 120], [1, 127]]
    assert [each['pitch'] for each in high] == [96, 127]


def test_a_scale_moves_each_pitch_to_the_nearest_of_its_own():
    pitches = [60, 61, 62, 63, 66, 70, 0, 127]
    asked = [(0, 'major'), (9, 'minor pentatonic'), (1, 'major'), (0, '')]
    cases = [{'key': key, 'scale': scale, 'pitches': pitches} for key, scale in asked]
    major, pentatonic, sharp, free = run_job('lock', cases)
    assert major == [60, 60, 62, 62, 65, 69, 0, 127]
    assert pentatonic == [60, 60, 62, 62, 67, 69, 0, 127]
    assert sharp == [60, 61, 61, 63, 66, 70, 0, 126]
    assert free == pitches


def cells(steps, rows=(0, 0, 0, 0)):
    return [{'row': row, 'step': step} for row, step in zip(rows, steps, strict=False)]


def test_what_sounds_is_compared_with_the_loops_that_were_trained_on():
    rows, steps = [0, 2, 4, 5], [0, 4, 8, 12]
    own = {'file': 0, 'position': 0, 'z': [0, 0], 'rows': rows, 'steps': steps}
    other = own | {'rows': [20, 21, 22, 23], 'steps': [1, 2, 3, 5]}
    higher, highest = ([row + shift for row in rows] for shift in (1, 2))
    changed, new = [0, 2, 9, 9], [0, 9, 9, 9]
    patterns = [cells(steps, each) for each in (rows, higher, highest, changed, new)]
    job = {
        'library': {'files': ['a', 'b'], 'loops': [other, own], 'shifts': [-1, 0, 1]},
        'system': {'rows': 24, 'steps': 32},
        'patterns': [*patterns, []],
    }
    found = run_job('compare', job)
    assert found[0] == {'kind': 'copy', 'loop': 1, 'shift': 0, 'share': 1}
    assert found[1] == {'kind': 'copy', 'loop': 1, 'shift': 1, 'share': 1}
    assert found[2]['kind'] == 'new'
    assert found[3] == {'kind': 'variation', 'loop': 1, 'shift': 0, 'share': 0.5}
    assert found[4]['kind'] == 'new' and found[4]['share'] == 0.25
    assert found[5] is None


def test_at_most_300_dots_are_drawn_and_exact_loops_first():
    few = [{'near': number % 2 == 0} for number in range(10)]
    many = [{'near': number % 10 != 0} for number in range(1000)]
    exact = [{'near': False}] * 900
    found = run_job('dots', [few, many, exact, []])
    assert sorted(found[0]) == list(range(10)) and found[3] == []
    assert [len(set(dots)) for dots in found[1:3]] == [300, 300]
    assert found[1][-100:] == list(range(0, 1000, 10))  # on top of the others
    assert found[2] == list(range(0, 900, 3))


def test_variations_sound_and_differ_as_much_as_they_can():
    patterns = [cells([0, 4, 8]), cells([0, 4, 8]), [], cells([0, 4, 9]), cells([1, 2, 3])]
    for chosen, count, expected in (
        (patterns, 2, [0, 4]),
        (patterns, 8, [0, 4, 3]),
        ([[], cells([3]), cells([4])], 4, [1, 2]),
        ([[], []], 4, []),
    ):
        assert run_job('differ', {'patterns': chosen, 'count': count}) == expected


def test_a_path_leads_straight_from_one_point_to_the_other():
    starts = (-50, 0, 480, 960, 1440)
    clips = [
        {'notes': [note(start, 90, pitch, 100) for start in starts], 'length': 1920}
        for pitch in (60, 61, 62)
    ]
    found = run_job('straightPath', {'from': [0, -1], 'to': [1, 1], 'clips': clips, 'slice': 960})
    np.testing.assert_allclose(found['points'], [[0, -1], [0.5, 0], [1, 1]])
    assert found['clip']['length'] == 2880
    notes = [(each['pitch'], each['start']) for each in found['clip']['notes']]
    # Each clip sounds for a quarter; the early downbeat of a round ends the second one.
    assert notes == [(60, 0), (60, 480), (61, 960), (61, 1440), (61, 1870), (62, 1920), (62, 2400)]


def measure_luminance(colors):
    """Relative luminance of [..., 3] sRGB values from 0 to 255, as WCAG 2.2 defines it."""
    shares = np.asarray(colors) / 255
    linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


@pytest.mark.parametrize('number', [0, 1], ids=['light', 'dark'])
def test_notes_outlines_and_the_playhead_stand_out_from_the_paper(number):
    """By WCAG 2.2, success criterion 1.4.11: a contrast of 3."""
    css = (WEB / 'src/base.css').read_text()
    scheme: dict[str, str] = {}
    for block in re.findall(r':root \{(.*?)\}', css, re.DOTALL)[: number + 1]:
        scheme |= re.findall(r'--([\w-]+): ([^;]+);', block)
    job = {
        'shares': np.linspace(0, 1, 25).tolist(),
        'low': float(scheme['low-note']),
        'high': float(scheme['high-note']),
        'others': [scheme[name] for name in ('strong-line', 'accent', 'ground', 'shade')],
    }
    lights = 0.05 + measure_luminance(run_job('colors', job))
    drawn, papers = lights[:-2], lights[-2:]
    ratios = np.divide.outer(drawn, papers)
    assert np.maximum(ratios, 1 / ratios).min() >= 3
