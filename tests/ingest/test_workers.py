"""Files that are read in several processes."""

import shutil
import subprocess
import sys

import mido
import numpy as np
import pytest

import melodyvae.ingest.workers
from melodyvae.config.presets import preset
from melodyvae.errors import UserError
from melodyvae.ingest.find import find_named_files
from melodyvae.ingest.ingest import ingest

import golden_files

MIDI = golden_files.GOLDEN / 'midi'
MELODY = preset('melodyvae_improved').grid


@pytest.fixture
def processes(monkeypatch):
    """Other processes read even small libraries, and few files at once."""
    monkeypatch.setattr(melodyvae.ingest.workers, 'ALONE', 0)
    monkeypatch.setattr(melodyvae.ingest.workers, 'FILES_AT_ONCE', 4)


@pytest.fixture
def crashing(tmp_path_factory, monkeypatch):
    """A symusic, for other processes only, that crashes on some files and declines all others."""
    folder = tmp_path_factory.mktemp('path') / 'symusic'
    folder.mkdir()
    (folder / '__init__.py').touch()
    (folder / 'core.py').write_text(
        'import os\n'
        'class ScoreTick:\n'
        '    def from_midi(data):\n'
        '        if b"crash" in data:\n'
        '            os._exit(6)\n'
        '        raise RuntimeError\n'
    )
    monkeypatch.syspath_prepend(folder.parent)


def titled(path, title):
    track = mido.MidiTrack([mido.MetaMessage('track_name', name=title)])
    for kind in ('note_on', 'note_off') * 8:
        track.append(mido.Message(kind, note=60, time=240))
    mido.MidiFile(tracks=[track]).save(path)


@pytest.mark.parametrize('cores', [1, 3])
def test_the_number_of_processes_changes_nothing(library, processes, monkeypatch, cores):
    for file in MIDI.iterdir():
        shutil.copy(file, library)
    (library / 'a.abc').write_text('X:1\nM:4/4\nL:1/4\nK:C\nCDEF|GABc|\n')
    (library / 'bad.mid').write_text('no')
    monkeypatch.setattr(melodyvae.ingest.workers, 'count_cores', lambda: cores)
    loops, reports = ingest([library], MELODY)
    monkeypatch.setattr(melodyvae.ingest.workers, 'ALONE', 1000)
    expected, expected_reports = ingest([library], MELODY)
    assert len(expected_reports) == 30
    assert reports == expected_reports
    assert loops.files == expected.files
    assert loops.cells.tobytes() == expected.cells.tobytes()
    for name in ('offsets', 'file', 'position'):
        assert np.array_equal(getattr(loops, name), getattr(expected, name))


def test_a_file_that_crashes_its_reader_costs_no_other(tmp_path, processes, crashing):
    for number in range(20):
        titled(tmp_path / f'{number:02}.mid', 'crash' if number in (5, 6, 19) else 'good')
    loops, reports = ingest([tmp_path], MELODY)
    crashed = [number for number, report in enumerate(reports) if report.reason]
    assert crashed == [5, 6, 19]
    assert {reports[number].reason for number in crashed} == {'unreadable (its reader crashed)'}
    assert len(loops.files) == 17


def test_readers_that_cannot_start_are_not_the_files_fault(library, processes, monkeypatch):
    monkeypatch.setattr(sys, 'executable', '/nowhere/python')
    with pytest.raises(UserError, match='/nowhere/python cannot be started'):
        ingest([library], MELODY)


def test_no_process_is_left_behind(library, processes, monkeypatch):
    started = []
    popen = subprocess.Popen
    monkeypatch.setattr(
        subprocess,
        'Popen',
        lambda *args, **more: started.append(popen(*args, **more)) or started[-1],
    )
    for number in range(60):
        titled(library / f'{number}.mid', 'good')
    batches = melodyvae.ingest.workers.read_all(find_named_files([library]), MELODY)
    next(batches)
    batches.close()
    assert started and all(process.returncode is not None for process in started)


def test_readers_import_neither_tensorflow_nor_note_seq():
    heavy = "{'tensorflow', 'keras', 'note_seq'}"
    program = f'import sys, melodyvae.ingest.workers; assert not {heavy} & set(sys.modules)'
    subprocess.run([sys.executable, '-c', program], check=True, timeout=60)
