"""`melodyvae_generate` as learned, and as Live plays."""

import json

import mido
import numpy as np
import pytest

from melodyvae.playing.live import live_notes
from melodyvae.playing.player import load_player, play

import programs
import runs

Z = ('--z=-2,1', '--z=2,2')
POINTS = np.array([[-2.0, 1.0], [2.0, 2.0]])


@pytest.fixture(scope='module')
def melody(tmp_path_factory):
    run = runs.make_run(tmp_path_factory.mktemp('runs') / 'melody')
    run.write_summary(run.summary | {'tempo': 93.0})
    return run


@pytest.fixture(scope='module')
def drums(tmp_path_factory):
    return runs.make_run(tmp_path_factory.mktemp('runs') / 'drums', runs.small_config('rhythmvae'))


def generate(run, folder, *flags):
    rows = json.loads(
        programs.run('generate', run.path, f'--output={folder}', '--json', *flags).stdout
    )
    return [mido.MidiFile(folder / row['file']) for row in rows if row['file']]


def notes(file):
    """(start in quarter notes, pitch, length), by start, then pitch."""
    sounding, found, tick = {}, [], 0
    for message in file.tracks[0]:
        tick += message.time
        if message.type == 'note_on':
            sounding[message.note] = tick
        elif message.type == 'note_off':
            start = sounding.pop(message.note)
            found.append((start, message.note, tick - start))
    per = file.ticks_per_beat
    return sorted((start / per, pitch, length / per) for start, pitch, length in found)


def lasts(file):
    return sum(message.time for message in file.tracks[0]) / file.ticks_per_beat


def tempo(file):
    return [mido.tempo2bpm(m.tempo) for m in file.tracks[0] if m.type == 'set_tempo']


def test_melodies_as_live_plays_them(melody, tmp_path):
    player = load_player(melody.path)
    files = generate(melody, tmp_path / 'out', *Z, '--as_live')
    for file, pattern in zip(files, play(player, POINTS), strict=True):
        expected = live_notes(pattern, player.config)
        pairs = sorted(zip(expected.start, expected.pitch, expected.length, strict=True))
        written = notes(file)
        assert [note[:2] for note in written] == [pair[:2] for pair in pairs]
        assert len(written) > 0
        assert all(start * 4 == round(start * 4) for start, _, _ in written)  # on the grid
        for (_, _, length), (_, _, lasting) in zip(written, pairs, strict=True):
            assert length <= max(lasting, 1 / 960) + 1 / 960
        assert lasts(file) == 8
        assert tempo(file) == pytest.approx([93], abs=0.01)  # the library's


def test_drums_as_live_plays_them_with_its_box_as_it_loads(drums, tmp_path):
    player = load_player(drums.path)
    files = generate(drums, tmp_path / 'out', *Z, '--as_live', '--grid_offset=1')
    for file, pattern in zip(files, play(player, POINTS), strict=True):
        expected = live_notes(pattern, player.config, grid_offset=1)
        at = sorted(zip(expected.start % 8, expected.pitch, strict=True))
        found = [note[:2] for note in notes(file)]
        assert len(found) == len(at) > 0
        np.testing.assert_allclose(found, at, atol=1 / 960)
        assert lasts(file) == 8


def test_drum_notes_of_the_strict_map_by_flag(drums, tmp_path):
    device, strict = (
        {
            pitch
            for file in generate(drums, tmp_path / str(len(flags)), *Z, *flags)
            for _, pitch, _ in notes(file)
        }
        for flags in ((), ('--strict_drum_notes',))
    )
    assert device <= {36, 38, 42, 46, 41, 45, 48, 39, 37} and 37 in device
    assert strict <= {36, 38, 42, 46, 45, 48, 50, 39, 51} and 51 in strict


def test_clips_as_learned_are_two_bars_at_the_asked_tempo(melody, tmp_path):
    for file in generate(
        melody, tmp_path / 'out', '--num_outputs=8', '--temperature=2', '--tempo=140'
    ):
        assert lasts(file) == 8
        assert tempo(file) == pytest.approx([140], abs=0.01)
        assert file.tracks[0].name.startswith('00')


@pytest.mark.parametrize(
    ('system', 'flags', 'said'),
    [
        ('melody', ('--duration_dial=2',), '--duration_dial goes with --as_live'),
        (
            'melody',
            ('--as_live', '--grid_offset=1'),
            '--grid_offset cannot be heard with --as_live',
        ),
        ('drums', ('--as_live', '--duration_dial=2'), '--duration_dial cannot be heard'),
    ],
)
def test_dials_that_the_device_lacks_are_refused(system, flags, said, request, tmp_path):
    run = request.getfixturevalue(system)
    done = programs.run(
        'generate', run.path, f'--output={tmp_path / "out"}', *Z, *flags, check=False
    )
    assert said in programs.sentence(done)
    assert not (tmp_path / 'out').exists()
