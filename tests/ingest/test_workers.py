"""Files that are read in several processes."""

import shutil
import subprocess
import sys

import mido
import pytest

import melodyvae.ingest.workers
from melodyvae.config.presets import preset
from melodyvae.ingest.batch import read_batch
from melodyvae.ingest.find import find_named_files, inspect_file
from melodyvae.ingest.ingest import ingest
from melodyvae.system.errors import UserError

import golden_files

MIDI = golden_files.GOLDEN / 'midi'
MELODY = preset('melodyvae_improved').grid


@pytest.fixture
def few_at_once(monkeypatch):
    """So that there is something for several processes."""
    monkeypatch.setattr(melodyvae.ingest.workers, 'FILES_AT_ONCE', 4)


def titled(path, title):
    track = mido.MidiTrack([mido.MetaMessage('track_name', name=title)])
    for kind in ('note_on', 'note_off') * 8:
        track.append(mido.Message(kind, note=60, time=240))
    mido.MidiFile(tracks=[track]).save(path)


@pytest.mark.parametrize('cores', [1, 3])
def test_the_number_of_processes_changes_nothing(library, few_at_once, monkeypatch, cores):
    for file in MIDI.iterdir():
        shutil.copy(file, library)
    (library / 'a.abc').write_text('X:1\nM:4/4\nL:1/4\nK:C\nCDEF|GABc|\n')
    (library / 'bad.mid').write_text('no')
    monkeypatch.setattr(melodyvae.ingest.workers, 'count_cores', lambda: cores)
    loops, reports = ingest([library], MELODY)
    here = read_batch([inspect_file(*file) for file in find_named_files([library])], MELODY)
    assert len(here.reports) == 30
    assert reports == here.reports
    assert loops == here.loops


def test_readers_that_cannot_start_are_not_the_files_fault(library, few_at_once, monkeypatch):
    monkeypatch.setattr(sys, 'executable', '/nowhere/python')
    with pytest.raises(UserError, match='/nowhere/python cannot be started'):
        ingest([library], MELODY)


def test_no_process_is_left_behind(library, few_at_once, monkeypatch):
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
