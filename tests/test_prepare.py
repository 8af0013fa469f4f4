"""`melodyvae_prepare` as a user meets it."""

import csv
import json
import shutil
import subprocess
import sys

import pytest

from melodyvae.config import preset, preset_path
from melodyvae.dataset import load_loops
from melodyvae.errors import UserError
from melodyvae.ingest import ingest
from melodyvae.prepare import prepare_folk_tunes, prepare_midi

import golden_files

MIDI = golden_files.GOLDEN / 'midi'
MELODY = preset('melodyvae_improved').grid


def prepare(*arguments, **options):
    return subprocess.run(
        [
            sys.executable,
            '-c',
            'from melodyvae.bin.prepare import run; run()',
            *map(str, arguments),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        **options,
    )


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def check_refused(result, *parts, status=1):
    """One sentence, no traceback, nothing else."""
    assert result.returncode == status, result.stderr
    assert result.stderr.count('\n') == 1 and result.stderr.startswith('melodyvae_prepare: ')
    assert 'Traceback' not in result.stderr
    assert result.stdout == ''
    for part in parts:
        assert part in result.stderr


def test_a_folder_becomes_a_dataset(tmp_path):
    output = tmp_path / 'new' / 'data set'
    result = prepare(MIDI, f'--output={output}')
    assert result.returncode == 0, result.stderr
    assert result.stderr == ''
    assert result.stdout.splitlines()[0].split() == [
        'file',
        'loops',
        'too',
        'few',
        'onsets',
        'left',
        'out',
    ]
    assert '118 loops from 24 of 28 files; 52 loops dropped' in result.stdout
    loops, expected = load_loops(output), ingest([MIDI], MELODY)[0]
    assert loops.files == expected.files
    assert loops.cells.tolist() == expected.cells.tolist()
    assert loops.grid == MELODY
    with (output / 'report.csv').open(newline='') as file:
        report = list(csv.DictReader(file))
    assert len(report) == 28
    assert sum(int(row['kept']) for row in report) == 118


def test_a_bad_file_is_reported_and_the_others_count(tmp_path):
    library = tmp_path / 'my [best] *loops* @home!'
    library.mkdir()
    shutil.copy(MIDI / 'chords.mid', library)
    (library / 'bad.mid').write_text('not MIDI')
    result = prepare(library, f'--output={tmp_path / "out"}', '--json')
    assert result.returncode == 0, result.stderr
    report = json.loads(result.stdout)
    assert (report['files'], report['files_used'], report['loops']) == (2, 1, 3)
    assert report['report'][0]['path'] == 'bad.mid'
    assert 'Probably not a MIDI file' in report['report'][0]['reason']


def test_presets_have_their_own_grids(tmp_path):
    result = prepare(
        MIDI, f'--output={tmp_path / "out"}', f'--config={preset_path("rhythmvae")}:js'
    )
    assert result.returncode == 0, result.stderr
    golden = golden_files.read('rhythmvae.patterns.strict.json')
    count = sum(len(file['patterns'] or []) for file in golden.values())
    assert len(load_loops(tmp_path / 'out')) == count
    assert 'several tempos' in result.stdout


def test_paths_are_read_from_standard_input(tmp_path):
    files = f'{MIDI / "chords.mid"}\n{MIDI / "wide_range.mid"}\n'
    result = prepare('-', f'--output={tmp_path / "out"}', input=files)
    assert result.returncode == 0, result.stderr
    assert load_loops(tmp_path / 'out').files == ('chords.mid', 'wide_range.mid')


def test_what_cannot_be_prepared_is_one_sentence(tmp_path):
    empty = tmp_path / 'empty'
    empty.mkdir()
    text = tmp_path / 'text.mid'
    text.write_text('Dear diary')
    output = f'--output={tmp_path / "out"}'
    check_refused(prepare(tmp_path / 'missing', output), 'missing does not exist')
    check_refused(prepare(empty, output), 'empty holds no file')
    check_refused(prepare(text, output), 'text.mid', 'Probably not a MIDI file')
    check_refused(prepare(output), 'Name files or folders')
    check_refused(prepare(MIDI), '--output', status=2)
    check_refused(prepare(MIDI, output, '--config.grid.rows=many'), 'rows', status=2)
    check_refused(prepare(MIDI, output, '--config.grid.rows=11'), 'rows=11')
    assert sorted(path.name for path in tmp_path.iterdir()) == ['empty', 'text.mid']


def test_nothing_is_overwritten_unasked(tmp_path):
    output = tmp_path / 'out'
    prepare_midi([MIDI / 'chords.mid'], MELODY, output)
    before = contents(output)
    check_refused(prepare(MIDI, f'--output={output}'), 'out exists already')
    assert contents(output) == before
    check_refused(prepare(tmp_path / 'missing', f'--output={output}', '--overwrite'), 'missing')
    assert contents(output) == before
    result = prepare(MIDI, f'--output={output}', '--overwrite')
    assert result.returncode == 0, result.stderr
    assert len(load_loops(output)) == 118
    assert [path.name for path in tmp_path.iterdir()] == ['out']


def test_what_is_no_dataset_is_not_overwritten(tmp_path):
    (tmp_path / 'song.mid').write_bytes(b'mine')
    result = prepare(MIDI, f'--output={tmp_path}', '--overwrite')
    check_refused(result, 'is no dataset')
    assert contents(tmp_path) == {'song.mid': b'mine'}


def test_a_failure_leaves_nothing_behind(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr('melodyvae.prepare.write_report', full)
    with pytest.raises(OSError, match='No space'):
        prepare_midi([MIDI / 'chords.mid'], MELODY, tmp_path / 'out')
    assert list(tmp_path.iterdir()) == []


def test_folk_tunes_become_a_dataset(tmp_path):
    reports = prepare_folk_tunes(MELODY, tmp_path / 'out')
    loops = load_loops(tmp_path / 'out')
    assert len(loops) == sum(report.kept for report in reports) > 1500
    assert (tmp_path / 'out' / 'report.csv').exists()
    with pytest.raises(UserError, match='exists'):
        prepare_folk_tunes(MELODY, tmp_path / 'out')


def test_help_shows_the_flags():
    result = prepare('--help')
    assert result.returncode == 0
    assert 'Example: melodyvae_prepare' in result.stdout and '--output' in result.stdout
