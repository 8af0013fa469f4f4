"""`melodyvae_generate` as learned, and as Live plays."""

import importlib.util
import json
import shutil

import mido
import numpy as np
import pytest
from clips import note_starts

from melodyvae.playing.latent import add_noise, z_grid
from melodyvae.playing.live import make_live_notes
from melodyvae.playing.outputs import name_files
from melodyvae.playing.player import play
from melodyvae.playing.threshold import load_as_calibrated
from melodyvae.runs.export import export

import programs
import runs

Z = ('--z=-2,1', '--z=2,2')
POINTS = np.array([[-2.0, 1.0], [2.0, 2.0]])


@pytest.fixture(scope='module')
def melody(tmp_path_factory):
    """A finished run, which needs no TensorFlow."""
    run = runs.make_run(tmp_path_factory.mktemp('runs') / 'melody')
    run.write_summary(run.summary | {'tempo': 93.0})
    export(run, run.path)
    return run


@pytest.fixture(scope='module')
def drums(tmp_path_factory):
    run = runs.make_run(tmp_path_factory.mktemp('runs') / 'drums', runs.small_config('rhythmvae'))
    export(run, run.path)
    return run


def run_program(source, folder, *flags):
    return programs.run_here('generate', source, f'--output={folder}', *flags, check=True)


def list_clips(source, folder, *flags):
    return json.loads(run_program(source, folder, '--json', *flags).stdout)


def generate(run, folder, *flags):
    rows = list_clips(run.path, folder, *flags)
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


def test_clips_have_the_tempo_and_metre_of_their_loops(tmp_path):
    run = runs.make_run(tmp_path / 'run')
    own = {'z': [[-2, 1], [2, 2]], 'tempos': [90, 172], 'metres': ['3/4', '4/4']}
    run.write_summary(run.summary | {'tempo': 93.0, 'own_loops': own})
    export(run, run.path / 'max')
    for number, source in enumerate([run.path, run.path / 'max' / f'{run.config.name}.model']):
        folder = tmp_path / str(number)
        run_program(source, folder, *Z, '--tempo=own')
        files = [mido.MidiFile(path) for path in sorted(folder.iterdir())]
        assert [round(*tempo(file)) for file in files] == [90, 172]
        metres = [m.dict() for f in files for m in f.tracks[0] if m.type == 'time_signature']
        assert [(m['numerator'], m['denominator']) for m in metres] == [(3, 4), (4, 4)]


def test_melodies_as_live_plays_them(melody, tmp_path):
    player = load_as_calibrated(melody.own_export)
    files = generate(melody, tmp_path / 'out', *Z, '--as_live')
    for file, pattern in zip(files, play(player, POINTS), strict=True):
        expected = make_live_notes(pattern, player.config)
        pairs = sorted(zip(expected.start, expected.pitch, expected.length, strict=True))
        written = notes(file)
        assert [note[:2] for note in written] == [pair[:2] for pair in pairs]
        assert len(written) > 0
        assert all(start * 4 == round(start * 4) for start, _, _ in written)  # on the grid
        for (_, _, length), (_, _, lasting) in zip(written, pairs, strict=True):
            assert length <= max(lasting, 1 / 960) + 1 / 960
        assert lasts(file) == 8
        assert tempo(file) == pytest.approx([93], abs=0.01)  # the library's


def test_drums_as_live_plays_them_as_learned_or_with_the_strict_map(drums, tmp_path):
    as_live = generate(drums, tmp_path / 'live', *Z, '--as_live', '--grid_offset=1')
    player = load_as_calibrated(drums.own_export)
    for file, pattern in zip(as_live, play(player, POINTS), strict=True):
        expected = make_live_notes(pattern, player.config, grid_offset=1)
        at = sorted(zip(expected.start % 8, expected.pitch, strict=True))
        found = [note[:2] for note in notes(file)]
        assert len(found) == len(at) > 0
        np.testing.assert_allclose(found, at, atol=1 / 960)
        assert lasts(file) == 8
    learned = generate(drums, tmp_path / 'learned', *Z)
    strict = generate(drums, tmp_path / 'strict', *Z, '--strict_drum_notes')
    for files, drum, drum_notes in (
        (learned, 51, {36, 38, 42, 46, 41, 47, 50, 39, 51}),
        (as_live, 37, {36, 38, 42, 46, 41, 45, 48, 39, 37}),
        (strict, 51, {36, 38, 42, 46, 45, 48, 50, 39, 51}),
    ):
        pitches = {pitch for file in files for _, pitch, _ in notes(file)}
        assert drum in pitches and pitches <= drum_notes


def test_it_writes_what_it_lists(melody, tmp_path):
    player = load_as_calibrated(melody.own_export)
    # On the grid: two notes of a pitch that meet between two steps would be one in the file.
    rows = list_clips(melody.path, tmp_path / 'out', '--grid=3', '--grid_offset=0')
    z = z_grid(3, 2)
    assert [row['z'] for row in rows] == z.tolist()
    expected = list(play(player, z, grid_offset=0))
    assert [row['notes'] for row in rows] == [len(pattern) for pattern in expected]
    files = {path.name: len(note_starts(path)) for path in (tmp_path / 'out').iterdir()}
    assert files == {row['file']: row['notes'] for row in rows if row['file']}
    assert [row['file'] for row in rows if not row['notes']] == [None]  # z = 0, 0 is silent


def test_only_new_clips_on_request(melody, golden_loops, tmp_path):
    run = runs.make_run_with_loops(tmp_path / 'run', golden_loops)
    rows = list_clips(run.path, tmp_path / 'out', '--new_only', '--num_outputs=3')
    assert 0 < len(rows) <= 3 and {row['origin'] for row in rows} == {'new'}


def test_it_obeys_its_flags(melody, tmp_path):
    player = load_as_calibrated(melody.own_export)
    flags = ['--z=-2,1', '--z=3,3', '--threshold_min=0.05', '--threshold_max=0.9', '--tempo=90']
    flags += ['--polyphonic', '--grid_offset=0', '--noise=0.5', '--seed=4']
    run_program(melody.path, tmp_path / 'out', *flags)
    z = add_noise(np.array([[-2.0, 1.0], [3.0, 3.0]]), 0.5, seed=4)
    options = {'threshold_min': 0.05, 'threshold_max': 0.9, 'grid_offset': 0, 'polyphonic': True}
    paths = sorted((tmp_path / 'out').iterdir())
    assert [path.name for path in paths] == name_files(z)
    for path, pattern in zip(paths, play(player, z, **options), strict=True):
        starts = [note[0] for note in note_starts(path)]
        assert starts == sorted((pattern['step'] / 4).tolist())  # grid offset 0: on the steps
        tempos = [m.tempo for m in mido.MidiFile(path) if m.type == 'set_tempo']
        assert tempos == [mido.bpm2tempo(90)]


def test_it_plays_a_model_that_a_device_saved(tmp_path):
    runs.lay_made_weights('rhythmvae.model_2020128_15444.model.json', tmp_path / 'drums.model')
    flags = ('--interpolate=-1,0:1,0', '--num_outputs=2', '--threshold_min=0.5')
    run_program(tmp_path / 'drums.model', tmp_path / 'out', *flags)
    paths = sorted((tmp_path / 'out').iterdir())
    assert [path.name for path in paths] == ['001_z-1.00+0.00.mid', '002_z+1.00+0.00.mid']
    assert {note[1] for path in paths for note in note_starts(path)} == {9}


def test_it_plays_an_exported_model_without_tensorflow_and_note_seq(melody, tmp_path):
    heavy = ('keras', 'librosa', 'note_seq', 'pretty_midi', 'pydub', 'tensorflow')
    assert all(map(importlib.util.find_spec, heavy))  # these are their names
    flags = [str(melody.own_export / 'model.json'), f'--output={tmp_path / "out"}', '--z=3,3']
    done = programs.run_python(
        f'import sys; sys.argv = {["generate", *flags]}\n'
        f'from melodyvae.cli.main import run\n'
        f'try: run()\n'
        f'except SystemExit: print([name for name in {heavy} if name in sys.modules])'
    )
    assert len(note_starts(tmp_path / 'out' / '001_z+3.00+3.00.mid')) > 0  # it did all of its work
    assert done.stdout.splitlines()[-1] == '[]'


def test_a_finished_run_plays_the_same_without_tensorflow(tmp_path):
    run = runs.make_run(tmp_path / 'run')
    flags = ('--grid=3', '--threshold_min=0.1', '--json')
    unfinished = run_program(run.path, tmp_path / 'one', *flags)
    assert 'Starting TensorFlow' in unfinished.stderr
    export(run, run.path)
    finished = run_program(run.path, tmp_path / 'two', *flags)
    assert finished.stderr == ''
    assert json.loads(finished.stdout) == json.loads(unfinished.stdout)


def test_points_off_the_pad_are_played_and_told(melody, tmp_path):
    (tmp_path / 'out').mkdir()
    (tmp_path / 'out' / '.DS_Store').touch()  # of the Finder, which has looked into the folder
    done = run_program(melody.path, tmp_path / 'out', '--z=5,0', '--threshold_min=0')
    assert 'off the pad, which extends from -2 to 2' in done.stderr
    assert (tmp_path / 'out' / '001_z+5.00+0.00.mid').is_file()


def test_it_keeps_what_is_in_the_output_folder(melody, tmp_path):
    folder = tmp_path / 'mine'
    folder.mkdir()
    (folder / 'song.mid').write_text('mine')
    refused = programs.run_here('generate', melody.path, f'--output={folder}', '--z=3,3')
    assert 'is not empty: name another --output, or add' in programs.sentence(refused)
    run_program(melody.path, folder, '--z=3,3', '--overwrite')
    assert (folder / 'song.mid').read_text() == 'mine'
    assert sorted(path.name for path in folder.iterdir()) == ['001_z+3.00+3.00.mid', 'song.mid']


def test_it_says_so_when_nothing_sounds(melody, tmp_path):
    flags = (f'--output={tmp_path / "out"}', '--z=0,0', '--z=0,0.1')
    done = programs.run_here('generate', melody.path, *flags)
    assert 'Every pattern is silent' in programs.sentence(done)
    assert done.stdout.count('silent, no file') == 2
    assert not (tmp_path / 'out').exists()


@pytest.mark.parametrize(
    ('arguments', 'status', 'said'),
    [
        (['RUN'], 2, '--output'),
        (['--output=out'], 1, 'Name a run folder'),
        (['UNTRAINED', '--output=out'], 1, 'has no checkpoint'),
        (['RUN', '--output=out', '--threshold_min=1.5'], 2, '--threshold_min=1.5'),
        (['RUN', '--output=out', '--tempo=0'], 2, '--tempo=0'),
        (['RUN', '--output=out', '--tempo=slow'], 2, '--tempo'),
        (['RUN', '--output=out', '--grid=0'], 2, '--grid=0'),
        (['RUN', '--output=out', '--threshold_min=0.5', '--threshold_max=0.4'], 1, 'threshold_max'),
        (['RUN', '--output=out', '--z=1'], 1, '--z=1 is no point: write 2 numbers'),
        (['RUN', '--output=out', '--duration_dial=2'], 1, '--duration_dial needs --as_live'),
        (['RUN', '--output=out', '--as_live', '--grid_offset=1'], 1, '--grid_offset has no effect'),
        (['DRUMS', '--output=out', '--as_live', '--duration_dial=2'], 1, '--duration_dial has no'),
        (['MODEL', '--output=out', '--new_only'], 1, '--new_only needs the loops of a run'),
    ],
)
def test_it_refuses_wrong_input_in_a_sentence(arguments, status, said, melody, drums, tmp_path):
    (tmp_path / 'UNTRAINED').mkdir()
    shutil.copy(melody.path / 'config.json', tmp_path / 'UNTRAINED')
    places = {'RUN': melody.path, 'DRUMS': drums.path, 'MODEL': melody.own_export}
    places['UNTRAINED'] = tmp_path / 'UNTRAINED'
    command = [
        str(places.get(argument, argument)).replace('=out', f'={tmp_path / "out"}')
        for argument in arguments
    ]
    done = programs.run_here('generate', *command)
    assert said in programs.sentence(done, status)
    assert not (tmp_path / 'out').exists()
