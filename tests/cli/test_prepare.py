"""`melodyvae_prepare` as a user meets it."""

import csv
import json
import shutil
import sys

from melodyvae.config.presets import preset
from melodyvae.ingest.ingest import ingest
from melodyvae.ingest.prepare import prepare_midi
from melodyvae.loops.dataset import load_loops

import golden_files
import programs

MIDI = golden_files.GOLDEN / 'midi'
MELODY = preset('melodyvae').grid


def prepare(*arguments, stdin=''):
    return programs.run_here('prepare', *arguments, check=True, stdin=stdin)


def refuse(*arguments):
    return programs.run_here('prepare', *arguments)


def check_refused(result, *parts, status=1):
    """One sentence, and nothing else."""
    sentence = programs.sentence(result, status)
    assert result.stderr == f'{sentence}\n' and result.stdout == ''
    for part in ('melodyvae_prepare: ', *parts):
        assert part in sentence


def test_a_folder_becomes_a_dataset(tmp_path):
    output = tmp_path / 'new' / 'data set'
    result = prepare(MIDI, f'--output={output}')
    assert result.stderr == ''
    header = result.stdout.splitlines()[0]
    assert header.startswith('file ') and header.endswith('left out')
    assert '127 loops from 23 of 28 files; 58 loops dropped' in result.stdout
    loops, expected = load_loops(output), ingest([MIDI], MELODY)[0]
    assert loops.files == expected.files
    assert loops.cells[:].tolist() == expected.cells.tolist()
    assert loops.grid == MELODY
    with (output / 'report.csv').open(newline='') as file:
        report = list(csv.DictReader(file))
    assert len(report) == 28
    assert sum(int(row['kept']) for row in report) == 127


def test_a_drum_map_is_read_from_a_file(tmp_path):
    groove = golden_files.GOLDEN / 'cases3/d03_mpc/mpc_chromatic.mid'
    output, drums = f'--output={tmp_path / "out"}', tmp_path / 'mpc.csv'
    drums.write_text('note,class\n37,kick\n38,snare\n39,closed hi-hat\n40,open hi-hat\n')
    prepare(groove, output, '--config=drums', f'--drum_map={drums}')
    loops = load_loops(tmp_path / 'out')
    assert loops.grid.drum_classes == ('37 kick', '38 snare', '39 closed hi-hat', '40 open hi-hat')
    assert sorted(set(loops.cells['row'].tolist())) == [0, 1, 2, 3]
    check_refused(refuse(groove, output, f'--drum_map={drums}'), '--config=drums')
    drums.write_text('note,class\nC1,kick\n')
    refused = refuse(groove, output, '--config=drums', f'--drum_map={drums}')
    check_refused(refused, 'mpc.csv, line 2', 'number from 0 to 127')


def test_paths_are_read_from_standard_input(tmp_path):
    files = f'{MIDI / "chords.mid"}\n{MIDI / "wide_range.mid"}\n'
    prepare('-', f'--output={tmp_path / "out"}', stdin=files)
    assert load_loops(tmp_path / 'out').files == ('chords.mid', 'wide_range.mid')


def test_what_cannot_be_prepared_is_one_sentence(tmp_path):
    empty = tmp_path / 'empty'
    empty.mkdir()
    text = tmp_path / 'text.mid'
    text.write_text('Dear diary')
    output = f'--output={tmp_path / "out"}'
    check_refused(refuse(tmp_path / 'missing', output), 'missing does not exist')
    check_refused(refuse(empty, output), 'empty holds no file')
    check_refused(refuse(text, output), 'text.mid', 'no MIDI file')
    check_refused(refuse(output), 'Name files or folders')
    check_refused(refuse(MIDI), '--output', status=2)
    check_refused(refuse(MIDI, output, '--config.grid.rows=many'), 'rows', status=2)
    check_refused(refuse(MIDI, output, '--config.grid.rows=11'), 'rows=11')
    assert sorted(path.name for path in tmp_path.iterdir()) == ['empty', 'text.mid']


def test_nothing_is_overwritten_unasked(tmp_path):
    output = tmp_path / 'out'
    prepare_midi([MIDI / 'chords.mid'], MELODY, output)
    before = programs.read_folder(output)
    check_refused(refuse(MIDI, f'--output={output}'), 'out exists already')
    assert programs.read_folder(output) == before
    check_refused(refuse(tmp_path / 'missing', f'--output={output}', '--overwrite'), 'missing')
    assert programs.read_folder(output) == before
    prepare(MIDI, f'--output={output}', '--overwrite')
    assert len(load_loops(output)) == 127
    refused = refuse(MIDI, f'--output={tmp_path}', '--overwrite')
    check_refused(refused, 'is not a dataset')
    assert [path.name for path in tmp_path.iterdir()] == ['out']


def test_what_cannot_be_resumed_is_one_sentence(tmp_path):
    library = shutil.copytree(MIDI, tmp_path / 'library')
    output = tmp_path / 'out'
    arguments = [library, f'--output={output}', '--resume']
    check_refused(refuse(*arguments), 'out does not exist', 'leave out --resume')
    prepare_midi([library], MELODY, output)
    before = programs.read_folder(output)
    check_refused(refuse(*arguments, '--overwrite'), '--overwrite or --resume')
    check_refused(refuse(*arguments, '--config.grid.minimum_onsets=3'), 'grid.minimum_onsets=6')
    assert programs.read_folder(output) == before
    (output / 'sources.csv').unlink()
    check_refused(refuse(*arguments), 'it has no sources.csv')


def test_the_check_up_follows_the_report(tmp_path):
    library = tmp_path / 'library'
    library.mkdir()
    shutil.copy(MIDI / 'waltz_3_4.mid', library)
    (library / 'song.als').touch()
    result = prepare(library, f'--output={tmp_path / "out"}')
    lines = result.stdout.splitlines()
    assert lines[0].startswith('4 loops from 1 of 1 files')
    assert lines[1].startswith('Not read: 1 .als.')
    assert any('3/4' in line and '--config.grid.bars=fitting' in line for line in lines[2:])
    report = json.loads(prepare(library, f'--output={tmp_path / "again"}', '--json').stdout)
    assert report['check_up'] == lines[1:-1]
    assert report['report'][0]['metre'] == '3/4'


def test_tracks_are_chosen_by_flag(tmp_path):
    song = golden_files.GOLDEN / 'cases' / 'music' / 'm05_song_4tracks.mid'
    for number, tracks in enumerate(('lead', '2', 'ch1,flute')):
        output = tmp_path / str(number)
        result = prepare(song, f'--output={output}', f'--tracks={tracks}')
        assert '4 loops from 1 of 1 files' in result.stdout
        assert load_loops(output).grid.tracks == tuple(tracks.split(','))
    check_refused(refuse(song, f'--output={tmp_path / "no"}', '--tracks=flute'), "'Lead', 'Bass'")
    check_refused(
        refuse(song, f'--output={tmp_path / "0"}', '--tracks=bass', '--resume'), 'grid.tracks'
    )


def test_beam_makes_the_same_dataset(tmp_path):
    prepare_midi([MIDI], MELODY, tmp_path / 'expected')
    output = tmp_path / 'out'
    result = prepare(MIDI, f'--output={output}', '--runner=direct', '--', '--direct_num_workers=1')
    assert result.stderr == ''
    assert '127 loops from 23 of 28 files' in result.stdout
    assert 'Beam counted: 28 files, 23 files_used, 127 loops' in result.stdout
    assert result.stdout.endswith(f'--dataset={output} --run_dir=runs/NAME\n')
    assert programs.read_folder(output) == programs.read_folder(tmp_path / 'expected')


def test_what_beam_cannot_do_is_one_sentence(tmp_path):
    arguments = (MIDI, f'--output={tmp_path / "out"}', '--runner=direct')
    check_refused(refuse(*arguments, '--resume'), '--resume does not work with Beam')
    check_refused(refuse(*arguments, '--', '--outpt=x'), '--outpt is not an option of Beam')
    assert list(tmp_path.iterdir()) == []


def test_beam_that_is_missing_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, 'apache_beam', None)
    for name in ('beam', 'beam_runner', 'buckets'):
        monkeypatch.delitem(sys.modules, f'melodyvae.ingest.{name}', raising=False)
    result = refuse(MIDI, f'--output={tmp_path / "out"}', '--runner=direct')
    check_refused(result, 'pip install "melodyvae[beam]"', 'leave --runner out')
