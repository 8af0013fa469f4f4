"""A library becomes a dataset: whole, interrupted and gone on with."""

import concurrent.futures
import csv
import os
import shutil
import signal
from pathlib import Path

import mido
import pytest

import melodyvae.ingest.prepare
import melodyvae.ingest.reader
from melodyvae.config.presets import preset
from melodyvae.ingest.file_report import format_reports
from melodyvae.ingest.ingest import ingest
from melodyvae.ingest.prepare import Interrupted, prepare_midi
from melodyvae.ingest.reader import Reader
from melodyvae.loops.dataset import load_loops
from melodyvae.system.atomic import lock
from melodyvae.system.errors import UserError

import golden_files
import programs

MIDI = golden_files.GOLDEN / 'midi'
MELODY = preset('melodyvae').grid


@pytest.fixture(scope='module')
def whole(tmp_path_factory):
    """The dataset of the golden files, and so of their copies, which have the same times."""
    folder = tmp_path_factory.mktemp('whole') / 'loops'
    prepare_midi([MIDI], MELODY, folder)
    return folder


@pytest.mark.parametrize('place', ['ingest.prepare.write_report_csv', 'loops.writer._write_at'])
def test_a_full_disk_leaves_nothing_behind(tmp_path, monkeypatch, place):
    def full(*_):
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr(f'melodyvae.{place}', full)
    with pytest.raises(UserError, match='out cannot be written: No space left on device'):
        prepare_midi([MIDI / 'chords.mid'], MELODY, tmp_path / 'out')
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize('how', ['resume', 'overwrite'])
def test_nothing_of_a_dataset_is_open_when_another_takes_its_place(
    library, whole, tmp_path, monkeypatch, how
):
    """On Windows a file that is open or mapped into memory can be neither moved nor removed."""
    shutil.copytree(whole, tmp_path / 'loops')
    before = len(load_loops(tmp_path / 'loops').files)
    shutil.copy(MIDI / 'swing_120.mid', library / 'new.mid')
    rename, held = Path.rename, []

    def look_and_rename(path, target):
        process = Path('/proc/self')
        mapped = (process / 'maps').read_text().splitlines()
        held.extend(line for line in mapped if f'{tmp_path}/loops/' in line)
        opened = [os.path.realpath(link) for link in (process / 'fd').iterdir()]
        held.extend(file for file in opened if file.startswith(f'{tmp_path}/loops/'))
        return rename(path, target)

    monkeypatch.setattr(Path, 'rename', look_and_rename)
    prepare_midi([library], MELODY, tmp_path / 'loops', **{how: True})
    assert held == []
    assert len(load_loops(tmp_path / 'loops').files) == before + 1


def test_one_program_prepares_a_dataset_at_a_time(tmp_path):
    with lock(tmp_path / 'out'), pytest.raises(UserError, match='program is writing'):
        prepare_midi([MIDI / 'chords.mid'], MELODY, tmp_path / 'out')


def test_a_linked_output_is_prepared_where_it_leads(tmp_path):
    (tmp_path / 'large disk').mkdir()
    (tmp_path / 'out').symlink_to(tmp_path / 'large disk')
    for options in ({'overwrite': True}, {'resume': True}):
        prepare_midi([MIDI / 'chords.mid'], MELODY, tmp_path / 'out', **options)
        assert (tmp_path / 'out').is_symlink()
        assert len(load_loops(tmp_path / 'large disk')) == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ['large disk', 'out']


@pytest.fixture
def library(tmp_path, monkeypatch):
    """The golden files, which one process reads, two at once."""
    monkeypatch.setattr(melodyvae.ingest.reader, 'MAX_CHUNK_FILES', 2)
    monkeypatch.setattr(melodyvae.ingest.reader, 'count_cores', lambda: 1)
    return shutil.copytree(MIDI, tmp_path / 'library')


@pytest.fixture
def files_read(monkeypatch):
    """Names of files that are read from now on."""
    names, read = [], Reader.read

    def recorded(self, sources):
        names.extend(source.name for source in sources)
        return read(self, sources)

    monkeypatch.setattr(Reader, 'read', recorded)
    return names


def after_batches(monkeypatch, count, act):
    """Has `act` called when so many batches have been written."""
    read_all = melodyvae.ingest.reader.read_all

    def read(*arguments):
        for number, batch in enumerate(read_all(*arguments)):
            if number == count:
                act()
            yield batch

    monkeypatch.setattr(melodyvae.ingest.prepare, 'read_all', read)


def interrupt():
    signal.raise_signal(signal.SIGINT)


def resume(library, folder, files_read):
    """Goes on; returns the names of the files that are read, and the dataset."""
    files_read.clear()
    prepare_midi([library], MELODY, folder, resume=True)
    return files_read, programs.read_folder(folder)


def test_ctrl_c_leaves_a_dataset_of_what_is_done_and_resume_the_whole(
    tmp_path, library, whole, files_read, monkeypatch
):
    output = tmp_path / 'out'
    with monkeypatch.context() as patched:
        after_batches(patched, 4, interrupt)
        with pytest.raises(Interrupted, match=r'out holds .* of 10 of 28 files; add --resume') as e:
            prepare_midi([library], MELODY, output, keep_partial=True)
    assert e.value.exit_status == 130
    names = sorted(path.name for path in library.iterdir())
    assert set(load_loops(output).files) < set(names[:10])
    with (output / 'report.csv').open(newline='') as file:
        assert [row['path'] for row in csv.DictReader(file)] == names[:10]
    assert resume(library, output, files_read) == (names[10:], programs.read_folder(whole))
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_resume_reads_what_is_new_or_changed_and_forgets_what_is_gone(
    tmp_path, library, whole, files_read
):
    output = shutil.copytree(whole, tmp_path / 'out')
    shutil.copy(MIDI / 'chords.mid', library / 'a new one.mid')
    shutil.copy(MIDI / 'swing_120.mid', library / 'wide_range.mid')
    os.utime(library / 'slow_61_tpq96.mid', (1, 1))
    (library / 'waltz_3_4.mid').unlink()
    names, dataset = resume(library, output, files_read)
    assert names == ['a new one.mid', 'slow_61_tpq96.mid', 'wide_range.mid']
    prepare_midi([library], MELODY, tmp_path / 'expected')
    assert dataset == programs.read_folder(tmp_path / 'expected')


def test_resume_that_is_interrupted_loses_nothing(
    tmp_path, library, whole, files_read, monkeypatch
):
    expected, output = programs.read_folder(whole), shutil.copytree(whole, tmp_path / 'out')
    for name in ('airdsAirs_book1_1.mid', 'swing_120.mid'):
        os.utime(library / name, (1, 1))
    with monkeypatch.context() as patched:
        after_batches(patched, 1, interrupt)
        with pytest.raises(Interrupted, match='of 27 of 28 files'):
            prepare_midi([library], MELODY, output, resume=True, keep_partial=True)
    names, final = resume(library, output, files_read)
    assert names == ['swing_120.mid']
    changed = {name for name in final if final[name] != expected[name]}
    assert changed == {'sources.csv', 'checksums.json'}  # the times of the files


def test_resume_goes_on_from_what_a_killed_run_has_left(
    tmp_path, library, whole, files_read, monkeypatch
):
    output = tmp_path / 'out'
    killed = tmp_path / '.out.0123456789abcdef.part'

    def kill():
        (running,) = tmp_path.glob('.out.*.part')
        shutil.copytree(running, killed)
        raise RuntimeError('killed')

    with monkeypatch.context() as patched:
        patched.setattr(melodyvae.ingest.prepare, 'SAVED_EVERY', 0)
        after_batches(patched, 5, kill)
        with pytest.raises(RuntimeError, match='killed'):
            prepare_midi([library], MELODY, output)
    with (killed / 'sources.csv').open('a') as journal:
        journal.write('half a li')
    names, dataset = resume(library, output, files_read)
    assert (len(names), dataset) == (18, programs.read_folder(whole))
    assert sorted(path.name for path in tmp_path.iterdir()) == ['library', 'out']


def test_a_journal_ahead_of_the_loops_is_not_believed(tmp_path, library, whole, files_read):
    output = shutil.copytree(whole, tmp_path / 'out')
    prepare_midi([library / 'airdsAirs_book1_1.mid'], MELODY, tmp_path / 'one')
    for name in ('cells.npy', 'loops.npy', 'files.jsonl', 'dataset.json'):
        shutil.copy(tmp_path / 'one' / name, output)
    names, dataset = resume(library, output, files_read)
    assert (len(names), dataset) == (27, programs.read_folder(whole))


@pytest.mark.parametrize('killed, count', [(True, 18), (False, 28)])
def test_a_damaged_line_of_the_journal_is_not_believed(
    tmp_path, library, whole, files_read, killed, count
):
    output = shutil.copytree(whole, tmp_path / 'out')
    journal = output / 'sources.csv'
    lines = journal.read_text().splitlines()
    name, kept, *rest = lines[10].split(',')
    journal.write_text('\n'.join([*lines[:10], ','.join([name, f'{kept}1', *rest]), *lines[11:]]))
    if killed:
        (output / 'checksums.json').unlink()  # it is written last
    names, dataset = resume(library, output, files_read)
    assert (len(names), dataset) == (count, programs.read_folder(whole))


def test_the_second_ctrl_c_and_others_leave_nothing(tmp_path, library, monkeypatch):
    output = tmp_path / 'out'
    for keep_partial, times in ((True, 2), (False, 1)):
        with monkeypatch.context() as patched:
            after_batches(patched, 3, lambda times=times: [interrupt() for _ in range(times)])
            with pytest.raises(KeyboardInterrupt):
                prepare_midi([library], MELODY, output, keep_partial=keep_partial)
        assert [path.name for path in tmp_path.iterdir()] == ['library']


def test_ctrl_c_does_not_put_a_part_over_a_whole(tmp_path, library, whole, monkeypatch):
    output = shutil.copytree(whole, tmp_path / 'out')
    after_batches(monkeypatch, 3, interrupt)
    with pytest.raises(KeyboardInterrupt):
        prepare_midi([library], MELODY, output, overwrite=True, keep_partial=True)
    assert programs.read_folder(output) == programs.read_folder(whole)


def test_ctrl_c_before_the_first_loop_leaves_nothing(tmp_path, monkeypatch):
    shutil.copy(MIDI / 'empty.mid', tmp_path / 'a.mid')
    after_batches(monkeypatch, 0, interrupt)
    with pytest.raises(KeyboardInterrupt):
        prepare_midi([tmp_path], MELODY, tmp_path / 'out', keep_partial=True)
    assert [path.name for path in tmp_path.iterdir()] == ['a.mid']


def test_names_that_are_no_text_are_known_again(tmp_path, files_read):
    library = tmp_path / 'library'
    library.mkdir()
    try:
        for name in (b'/caf\xe8.mid', b'/caf\xe9.mid'):
            shutil.copy(MIDI / 'chords.mid', os.fsencode(library) + name)
    except OSError:
        return  # this file system has only names that are text
    reports = prepare_midi([library], MELODY, tmp_path / 'out')
    assert [report.path for report in reports] == ['caf\N{REPLACEMENT CHARACTER}.mid'] * 2
    format_reports(reports).encode()
    expected = programs.read_folder(tmp_path / 'out')
    assert resume(library, tmp_path / 'out', files_read) == ([], expected)


def test_another_thread_than_the_main_one_can_prepare(library, tmp_path):
    with concurrent.futures.ThreadPoolExecutor(1) as threads:
        grid = preset('melodyvae_improved').grid
        done = threads.submit(prepare_midi, [library], grid, tmp_path / 'loops', keep_partial=True)
        assert done.result()[0].kept


def test_a_dataset_has_the_median_tempo_of_its_files(tmp_path):
    midi = tmp_path / 'midi'
    midi.mkdir()
    source = mido.MidiFile(MIDI / 'chords.mid')
    for number, tempo in enumerate((90, 95, 174)):
        for track in source.tracks:
            track[:] = [message for message in track if message.type != 'set_tempo']
        source.tracks[0].insert(0, mido.MetaMessage('set_tempo', tempo=mido.bpm2tempo(tempo)))
        source.save(midi / f'{number}.mid')
    assert ingest([midi], MELODY)[0].tempo == 95
    prepare_midi([midi], MELODY, tmp_path / 'data')
    assert load_loops(tmp_path / 'data').tempo == 95
    # What is known from before counts as well.
    source.save(midi / 'again.mid')
    (midi / '0.mid').unlink()
    reports = prepare_midi([midi], MELODY, tmp_path / 'data', resume=True)
    assert [report.tempo for report in reports] == [95, 174, 174]
    assert load_loops(tmp_path / 'data').tempo == 174
    assert load_loops(tmp_path / 'data')[:2].tempo == 174
    assert load_loops(tmp_path / 'data').tempos == (95, 174, 174)
    assert load_loops(tmp_path / 'data').metres == ('4/4',) * 3
