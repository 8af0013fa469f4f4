"""A library in, loops and a report out."""

import csv
import os
import shutil

import mido
import pytest

from melodyvae.config import preset
from melodyvae.errors import UserError
from melodyvae.ingest import (
    FileReport,
    find_files,
    ingest,
    report_table,
    report_totals,
    write_report,
)

import golden_files

MIDI = golden_files.GOLDEN / 'midi'
MELODY = preset('melodyvae_improved').grid
TUNE = 'X:1\nM:4/4\nL:1/4\nK:C\nCDEF|GABc|\n'


@pytest.fixture
def library(tmp_path):
    """A folder with one usable file, which tests add to."""
    folder = tmp_path / 'library'
    folder.mkdir()
    shutil.copy(MIDI / 'chords.mid', folder)
    return folder


def names(files, folder):
    return [str(file.relative_to(folder)) for file in files]


@pytest.mark.parametrize('fidelity', ['documented', 'js'])
def test_golden_library(fidelity):
    grid = preset('melodyvae_improved', fidelity).grid
    golden = golden_files.read('melodyvae_improved.patterns.augment0.json')
    loops, reports = ingest([MIDI], grid)
    kept = {report.path: report.kept for report in reports}
    wanted = {name: len(file['patterns'] or []) for name, file in golden.items()}
    if fidelity == 'documented':
        wanted['multi_tempo.mid'] = 2  # read in beats, where the device gives up
    assert kept == wanted
    assert loops.files == tuple(sorted(name for name, count in wanted.items() if count))
    assert len(loops) == sum(wanted.values())
    assert all(len(loops[index]) >= 6 for index in range(len(loops)))
    assert loops.grid == grid


def test_loops_know_their_file_and_number():
    loops, (report,) = ingest([MIDI / 'gap_of_five_loops.mid'], MELODY)
    assert loops.files == ('gap_of_five_loops.mid',)
    assert loops.file.tolist() == [0, 0]
    assert loops.position.tolist() == [0, 6]
    assert report == FileReport('gap_of_five_loops.mid', kept=2, too_few_onsets=5)


def test_reasons():
    _, reports = ingest([MIDI], preset('melodyvae_improved', 'js').grid)
    reasons = {report.path: report.reason for report in reports if report.reason}
    few = 'fewer than 6 onsets in every loop'
    assert reasons == {
        'empty.mid': 'no notes',
        'essenFolksong_altdeu10_103.mid': few,
        'essenFolksong_altdeu20_196.mid': few,
        'multi_tempo.mid': 'several tempos',
        'sparse_five_onsets.mid': few,
    }


def test_one_bad_file_costs_one_line(library):
    (library / 'a text.mid').write_text('Dear diary')
    (library / 'cut off.mid').write_bytes((MIDI / 'chords.mid').read_bytes()[:100])
    (library / 'nothing.mid').write_bytes(b'')
    (library / 'broken.xml').write_text('<score-partwise>')
    loops, reports = ingest([library], MELODY)
    assert len(loops) == 3
    assert [(report.path, report.kept) for report in reports] == [
        ('a text.mid', 0),
        ('broken.xml', 0),
        ('chords.mid', 3),
        ('cut off.mid', 0),
        ('nothing.mid', 0),
    ]
    assert [report.reason.split(' ')[0] for report in reports] == ['unreadable'] * 2 + [''] + [
        'unreadable'
    ] * 2


def test_tune_books_count_what_was_left_out(library):
    tunes = [TUNE, TUNE.replace('C|', '(3CDE|'), TUNE.replace('CD', '(3CDE CD')]
    (library / 'tunes.abc').write_text('\n'.join(tunes))
    _, reports = ingest([library], MELODY)
    assert reports[1] == FileReport(
        'tunes.abc', kept=2, reason='1 tunes left out (Tuplets are not supported)'
    )


def test_all_kinds_are_found_at_any_depth_in_order(tmp_path):
    wanted = [
        'A.MIDI',
        'b.mid',
        'sub/c.abc',
        'sub/deep/er/d.xml',
        'sub/e.musicxml',
        'z/f.mxl',
    ]
    for name in [*wanted, 'notes.txt', 'sub/._c.abc', 'song.wav']:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    (tmp_path / 'folder.mid').mkdir()
    assert sorted(names(find_files([tmp_path]), tmp_path)) == wanted
    assert find_files([tmp_path]) == find_files([tmp_path])


@pytest.mark.parametrize(
    'name',
    ['with spaces', '[brackets]', 'a*b', 'what?', 'wow!', 'me@home', '{x}$y', '-dash', 'ö é'],
)
def test_folders_of_any_name(tmp_path, name):
    folder = tmp_path / name / name
    folder.mkdir(parents=True)
    shutil.copy(MIDI / 'chords.mid', folder / f'{name}.mid')
    loops, (report,) = ingest([tmp_path / name], MELODY)
    assert len(loops) == 3
    assert report.path == f'{name}/{name}.mid'


def test_a_name_that_is_no_text(tmp_path):
    try:
        shutil.copy(MIDI / 'chords.mid', os.fsencode(tmp_path) + b'/caf\xe9.mid')
    except OSError:
        return  # this file system has only names that are text
    _, (report,) = ingest([tmp_path], MELODY)
    assert report.path == 'caf\N{REPLACEMENT CHARACTER}.mid'
    report_table([report]).encode()


def test_several_paths_are_named_below_what_they_share(tmp_path):
    for folder in ('one', 'two'):
        (tmp_path / folder).mkdir()
        shutil.copy(MIDI / 'chords.mid', tmp_path / folder / 'a.mid')
    loops, _ = ingest([tmp_path / 'two', tmp_path / 'one' / 'a.mid'], MELODY)
    assert loops.files == ('two/a.mid', 'one/a.mid')


def test_a_file_counts_once(library):
    (library / 'again').symlink_to(library)  # a folder that holds itself
    (library / 'link.mid').symlink_to(library / 'chords.mid')
    (library / 'broken.mid').symlink_to(library / 'nowhere.mid')
    files = find_files([library, library / 'chords.mid', library / '..' / 'library'])
    assert names(files, library) == ['chords.mid']


def test_folders_are_found_through_links(library, tmp_path):
    (tmp_path / 'elsewhere').mkdir()
    (tmp_path / 'elsewhere' / 'a.mid').touch()
    (library / 'link').symlink_to(tmp_path / 'elsewhere')
    assert names(find_files([library]), library) == ['chords.mid', 'link/a.mid']


def test_a_pipe_is_not_waited_for(library):
    os.mkfifo(library / 'pipe.mid')
    assert names(find_files([library]), library) == ['chords.mid']


def test_what_is_missing_is_said(tmp_path):
    with pytest.raises(UserError, match='nowhere does not exist'):
        find_files([tmp_path / 'nowhere'])
    with pytest.raises(UserError, match='Name files or folders'):
        find_files([])
    (tmp_path / 'a.txt').touch()
    with pytest.raises(UserError, match=r'no file whose name ends in \.mid, .* and 1 others'):
        find_files([tmp_path])


def test_a_named_file_of_another_kind_is_reported(library):
    (library / 'song.wav').touch()
    _, reports = ingest([library, library / 'song.wav'], MELODY)
    assert reports[1].reason == 'its name does not end like that of MIDI, ABC or MusicXML'


def test_no_loop_at_all_says_what_was_found(tmp_path):
    for name in ('empty.mid', 'sparse_five_onsets.mid', 'essenFolksong_altdeu10_103.mid'):
        shutil.copy(MIDI / name, tmp_path)
    (tmp_path / 'a.abc').write_text('hello')
    with pytest.raises(UserError) as error:
        ingest([tmp_path], MELODY)
    sentence = str(error.value)
    assert sentence.startswith('No loop of at least 6 onsets in ')
    for part in ('3 .mid', '1 .abc', '2 x fewer than 6 onsets', 'no notes', 'no tune in it'):
        assert part in sentence
    assert '\n' not in sentence


def test_drums_only_is_nothing_for_a_melody(tmp_path):
    path = tmp_path / 'drums.mid'
    beats = [
        mido.Message(kind, note=36, channel=9, time=time)
        for _ in range(16)
        for kind, time in (('note_on', 0), ('note_off', 240))
    ]
    mido.MidiFile(tracks=[mido.MidiTrack(beats)]).save(path)
    with pytest.raises(UserError, match='only drums'):
        ingest([path], MELODY)
    loops, _ = ingest([path], preset('rhythmvae').grid)
    assert len(loops) == 1 and len(loops[0]) == 16


# --- The report ----------------------------------------------------------------------------------

REPORTS = [FileReport('a.mid', 12, 3), FileReport('b, c.mid', 0, reason='no notes')]


def test_the_table_has_a_line_a_file_and_totals():
    assert report_table(REPORTS).splitlines() == [
        'file      loops  too few onsets  left out',
        'a.mid        12               3',
        'b, c.mid      0               0  no notes',
        '12 loops from 1 of 2 files; 3 loops dropped with too few onsets.',
    ]


def test_a_long_table_shows_what_was_left_out():
    reports = REPORTS * 30
    lines = report_table(reports, rows=40).splitlines()
    assert [line.split('.mid')[0] for line in lines[1:-1]] == ['b, c'] * 30
    lines = report_table(reports, rows=20).splitlines()
    assert len(lines) == 23
    assert lines[-2] == '... and 10 more files with something left out'
    assert lines[-1].startswith('360 loops from 30 of 60 files')


def test_a_long_table_of_good_files_is_its_totals():
    assert report_table(REPORTS[:1] * 50).splitlines() == [
        '600 loops from 50 of 50 files; 150 loops dropped with too few onsets.'
    ]


def test_totals():
    assert report_totals(REPORTS) == {
        'files': 2,
        'files_used': 1,
        'loops': 12,
        'too_few_onsets': 3,
    }


def test_the_report_as_csv(tmp_path):
    write_report(REPORTS, tmp_path / 'report.csv')
    with (tmp_path / 'report.csv').open(newline='') as file:
        assert list(csv.DictReader(file)) == [
            {'path': 'a.mid', 'kept': '12', 'too_few_onsets': '3', 'reason': ''},
            {'path': 'b, c.mid', 'kept': '0', 'too_few_onsets': '0', 'reason': 'no notes'},
        ]
