"""Files that are read in several processes, and files that end a process."""

import shutil
import subprocess
import sys

import pytest

import melodyvae.ingest.reader
import melodyvae.system.workers
from melodyvae.config.presets import preset
from melodyvae.ingest import READER
from melodyvae.ingest.batch import read_batch
from melodyvae.ingest.find import find_named_files, inspect_file
from melodyvae.ingest.ingest import ingest
from melodyvae.ingest.reader import read_all
from melodyvae.system.errors import UserError
from melodyvae.system.workers import start_early

import golden_files
import midi_bytes

MELODY = preset('melodyvae_improved').grid


@pytest.fixture
def small_chunks(monkeypatch):
    """Gives several processes something to do."""
    monkeypatch.setattr(melodyvae.ingest.reader, 'MAX_CHUNK_FILES', 4)


@pytest.fixture
def started(monkeypatch):
    """The reader processes that have been started."""
    found = []
    start = melodyvae.system.workers.start_process

    def note(*arguments):
        found.append(start(*arguments))
        return found[-1]

    monkeypatch.setattr(melodyvae.system.workers, 'start_process', note)
    return found


def write_files(folder, count):
    for number in range(count):
        midi_bytes.write_titled(folder / f'{number}.mid', 'good')
    return find_named_files([folder])


def test_a_file_that_ends_its_reader_costs_no_other(tmp_path, symusic):
    bad = {3: 'crash', 4: 'fill', 6: 'hang', 9: 'crash'}
    for number in range(10):
        midi_bytes.write_titled(tmp_path / f'{number}.mid', bad.get(number, 'good'))
    loops, reports = ingest([tmp_path], MELODY)
    reasons = {number: report.reason for number, report in enumerate(reports) if report.reason}
    assert reasons == {
        3: 'unreadable (its reader crashed)',
        4: 'unreadable (it takes more than 1536 MB of memory)',
        6: 'unreadable (it takes more than 2 s)',
        9: 'unreadable (its reader crashed)',
    }
    assert len(loops.files) == 6


def test_a_score_that_fills_the_memory_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(melodyvae.ingest.reader, 'MAX_MEMORY', 576 * 2**20)
    body = '<note><rest/></note>' * 1_500_000
    (tmp_path / 'a.xml').write_text(f'<score-partwise><part>{body}</part></score-partwise>')
    (tmp_path / 'b.abc').write_text('X:1\nM:4/4\nL:1/4\nK:C\nCDEF|GABc|\n')
    reports = ingest([tmp_path], MELODY)[1]
    assert reports[0].reason == 'unreadable (it takes more than 576 MB of memory)'
    assert reports[1].kept == 1


@pytest.mark.parametrize('early', [False, True])
def test_small_libraries_have_one_reader(tmp_path, started, early):
    files = write_files(tmp_path, 9)
    if early:
        start_early(READER)
    assert sum(len(sources) for sources, _ in read_all(files, MELODY)) == 9
    assert len(started) == 1
    assert started[0].returncode is not None


def test_the_number_of_processes_changes_nothing(library, small_chunks, monkeypatch):
    for file in (golden_files.GOLDEN / 'midi').iterdir():
        shutil.copy(file, library)
    (library / 'a.abc').write_text('X:1\nM:4/4\nL:1/4\nK:C\nCDEF|GABc|\n')
    (library / 'bad.mid').write_text('no')
    monkeypatch.setattr(melodyvae.ingest.reader, 'count_cores', lambda: 3)
    loops, reports = ingest([library], MELODY)
    here = read_batch([inspect_file(*file) for file in find_named_files([library])], MELODY)
    assert len(here.reports) == 30
    assert reports == here.reports
    assert loops == here.loops


def test_readers_that_cannot_start_are_not_the_files_fault(library, monkeypatch):
    monkeypatch.setattr(sys, 'executable', '/nowhere/python')
    with pytest.raises(UserError, match='cannot be started with /nowhere/python'):
        ingest([library], MELODY)


def test_no_process_is_left_behind(tmp_path, small_chunks, started):
    batches = read_all(write_files(tmp_path, 60), MELODY)
    next(batches)
    batches.close()
    assert started and all(process.returncode is not None for process in started)


def test_readers_import_neither_tensorflow_nor_note_seq():
    heavy = "{'tensorflow', 'keras', 'note_seq'}"
    program = f'import sys, melodyvae.ingest.reader; assert not {heavy} & set(sys.modules)'
    subprocess.run([sys.executable, '-c', program], check=True, timeout=60)
