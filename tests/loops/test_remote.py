"""Datasets at a URL: the same loops, read in blocks when they are needed."""

import shutil
import threading

import fsspec
import numpy as np
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from melodyvae.config.presets import preset
from melodyvae.loops import remote
from melodyvae.loops.dataset import load_loops, read_fingerprint, save_loops
from melodyvae.loops.stored import CELL, make_header
from melodyvae.runs.dataset import find_or_prepare
from melodyvae.runs.train import train
from melodyvae.system.errors import UserError
from melodyvae.training import batches
from melodyvae.training.batches import shuffle_passes, steps_per_epoch, training_batches
from melodyvae.training.split import split

import runs

HEADER = len(make_header(0, CELL))
URL = 'memory://bucket/loops'


@pytest.fixture
def reads(golden_loops, tmp_path, monkeypatch):
    """The tunes at `URL`, in blocks of a few files; the bytes of every reading of their cells."""
    monkeypatch.setattr(remote, 'BLOCK', 200)
    monkeypatch.setattr(batches, 'TOGETHER', 2)
    monkeypatch.setattr(batches, 'READ_AHEAD', 3)
    monkeypatch.setattr(remote, 'MOST_KEPT', 6)
    monkeypatch.setattr(remote, 'PAUSES', (0, 0))
    save_loops(golden_loops, tmp_path / 'loops')
    storage = fsspec.filesystem('memory')
    storage.put(str(tmp_path / 'loops'), '/bucket/loops', recursive=True)
    found, read = [], MemoryFileSystem.cat_file

    def note(self, path, start=None, end=None, **options):
        if path.endswith('cells.npy') and start and end - start > CELL.itemsize:  # a block
            found.append(end - start)
        return read(self, path, start, end, **options)

    monkeypatch.setattr(MemoryFileSystem, 'cat_file', note)
    yield found
    storage.rm('/bucket', recursive=True)


def break_cells(monkeypatch, *, times):
    """Makes so many readings of blocks fail."""
    read, left = MemoryFileSystem.cat_file, list(range(times))

    def fail(self, path, start=None, end=None, **options):
        if path.endswith('cells.npy') and start and left:
            left.pop()
            raise ConnectionError('the line is cut')
        return read(self, path, start, end, **options)

    monkeypatch.setattr(MemoryFileSystem, 'cat_file', fail)


def rows_of(found):
    return sorted(
        np.stack([grid.numpy() for grid in loop]).tobytes()
        for batch in found
        for loop in zip(*batch.values(), strict=True)
    )


def test_remote_loops_are_those_on_disk(reads, tmp_path):
    local, found = load_loops(tmp_path / 'loops'), load_loops(URL)
    assert not reads
    assert found == local and found.tempo == local.tempo
    assert load_loops(f'file://{tmp_path}/loops') == local
    for ours, theirs in zip(found.row_range(), local.row_range(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert found[-1].tobytes() == local[-1].tobytes()
    random = np.random.default_rng(0).integers(len(local), size=100)
    assert found.take(random) == local.take(random)
    for some in (slice(150, 650), slice(150, 650, 3), slice(650, 150, -1), slice(5, 5)):
        assert found.cells[some].tobytes() == local.cells[some].tobytes()
    assert found.cells['velocity'].tobytes() == local.cells['velocity'].tobytes()
    assert read_fingerprint(URL) == read_fingerprint(tmp_path / 'loops')


def test_a_file_lies_in_one_block(reads):
    loops = load_loops(URL)
    blocks = loops.cells.find_blocks(loops.offsets[:-1])
    assert blocks.max() > 8 and (np.diff(blocks) >= 0).all()
    assert all(len(set(blocks[loops.file == file])) == 1 for file in np.unique(loops.file))
    last = loops.cells.find_blocks(loops.offsets[1:] - 1)
    np.testing.assert_array_equal(blocks, last)


@pytest.mark.parametrize('name', ['melodyvae_improved', 'melodyvae'])
def test_an_epoch_has_every_loop_once_and_reads_every_block_once(name, reads, tmp_path):
    config = preset(name)
    config.training.least_steps, config.training.batch_size = 0, 4
    config.data.recombination = 0.0
    local, loops = load_loops(tmp_path / 'loops'), load_loops(URL)
    training, validation = split(local, config)
    steps = steps_per_epoch(training, validation, config)
    expected = local.to_dense(training.loop, training.shift)
    expected = sorted(np.stack(loop).tobytes() for loop in zip(*expected.values(), strict=True))
    stream = training_batches(loops, training, validation, config)
    assert not reads
    assert rows_of(stream.take(steps)) == expected
    cells = (tmp_path / 'loops' / 'cells.npy').stat().st_size - HEADER
    # What is made ahead belongs to the next epoch.
    assert cells * 0.8 < sum(reads) <= cells + 2 * batches.TOGETHER * max(reads)
    assert len(loops.cells._blocks) <= remote.MOST_KEPT


def test_halves_are_exchanged_without_reading_more(reads, tmp_path):
    config = preset('melodyvae')
    config.training.least_steps, config.training.batch_size = 0, 4
    assert config.data.recombination
    loops = load_loops(URL)
    training, validation = split(load_loops(tmp_path / 'loops'), config)
    steps = steps_per_epoch(training, validation, config)
    list(training_batches(loops, training, validation, config).take(steps))
    assert sum(reads) <= loops.cells.edges[-1] * CELL.itemsize + 2 * batches.TOGETHER * max(reads)


def test_blocks_are_shuffled_and_then_the_loops_of_some(monkeypatch):
    monkeypatch.setattr(batches, 'TOGETHER', 2)
    blocks = np.repeat(np.arange(6), 10)
    order = shuffle_passes(60, 0, 120, seed=1, blocks=blocks)
    for one in order.reshape(2, 60):
        assert sorted(one) == list(range(60))
        groups = [set(blocks[part]) for part in one.reshape(3, 20)]
        assert all(len(group) == 2 for group in groups) and set.union(*groups) == set(range(6))
        assert all((np.diff(blocks[part]) != 0).sum() > 4 for part in one.reshape(3, 20))
    assert order[:60].tolist() != order[60:].tolist()
    np.testing.assert_array_equal(shuffle_passes(60, 50, 30, 1, blocks), order[50:80])


def test_blocks_come_before_they_are_needed(reads):
    loops = load_loops(URL)
    loops.cells.read_ahead(loops.offsets[:3])
    assert len(loops[0]) and len(reads) == 1
    loops.cells.read_ahead(loops.offsets[:3])
    assert len(reads) == 1


def test_many_threads_read_the_same(reads, tmp_path):
    local, loops = load_loops(tmp_path / 'loops'), load_loops(URL)
    wrong = []

    def read(seed):
        chosen = np.random.default_rng(seed).integers(len(local), size=200)
        if loops.take(chosen) != local.take(chosen):
            wrong.append(seed)

    threads = [threading.Thread(target=read, args=[seed]) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_what_breaks_is_tried_again(reads, tmp_path, monkeypatch):
    loops = load_loops(URL)
    break_cells(monkeypatch, times=2)
    assert loops[0].tobytes() == load_loops(tmp_path / 'loops')[0].tobytes()


def test_a_connection_that_is_gone_is_one_sentence_and_can_come_back(reads, monkeypatch):
    loops = load_loops(URL)
    break_cells(monkeypatch, times=3)
    with pytest.raises(UserError, match=rf'^{URL} cannot be read: the line is cut\. Look to'):
        loops[0]
    assert len(loops[0])


@pytest.mark.parametrize(
    ('url', 'reason'),
    [
        (
            'memory://bucket/none',
            'is not a dataset, or does not exist: it has no dataset.json',
        ),
        ('nowhere://bucket/loops', 'loops cannot be opened: Protocol not known: nowhere'),
        ('shelf://bucket/loops', r'without another package: Install shelfs \(pip install\)'),
    ],
)
def test_what_cannot_be_opened_is_one_sentence(url, reason):
    missing = 'no_such_package.Files'
    fsspec.register_implementation('shelf', missing, errtxt='Install shelfs', clobber=True)
    for use in (load_loops, read_fingerprint):
        with pytest.raises(UserError, match=rf'^{url.split("/")[0]}.*{reason}'):
            use(url)


@pytest.mark.parametrize(
    ('name', 'damage', 'reason'),
    [
        ('dataset.json', lambda data: b'{', r'dataset\.json is damaged'),
        ('loops.npy', lambda data: data[:-1] + b'\x01', r'the checksum of loops\.npy is wrong'),
        ('loops.npy', lambda data: data[:200], 'gave 8 bytes where'),
        ('cells.npy', lambda data: data[:-1], 'gave 10 bytes where 11 were asked for'),
        ('cells.npy', lambda data: b'nothing' * 99, r'Upload it again'),
    ],
)
def test_a_damaged_dataset_is_one_sentence(reads, name, damage, reason):
    storage = fsspec.filesystem('memory')
    path = f'/bucket/loops/{name}'
    storage.pipe_file(path, damage(storage.cat_file(path)))
    with pytest.raises(UserError, match=reason) as error:
        load_loops(URL)
    assert str(error.value).startswith(URL)


def test_cells_that_no_grid_has_are_refused_when_they_are_read(reads):
    storage, path = fsspec.filesystem('memory'), '/bucket/loops/cells.npy'
    data = bytearray(storage.cat_file(path))
    data[HEADER] = 99  # the row of the first cell
    storage.pipe_file(path, bytes(data))
    loops = load_loops(URL)
    assert len(loops[-1])
    with pytest.raises(UserError, match=rf'^{URL} is damaged: cells\.npy has a row of 24 or more'):
        loops[0]


def test_the_program_leaves_a_url_as_it_is(reads, tmp_path):
    config = preset('melodyvae_improved')
    config.grid = load_loops(URL).grid
    assert find_or_prepare(config, tmp_path / 'run', [], URL, quiet=True) == URL
    with pytest.raises(UserError, match=rf'{URL} was prepared with grid\.rows=24'):
        find_or_prepare(preset('rhythmvae'), tmp_path / 'run', [], URL, quiet=True)


def test_a_run_trains_and_is_measured_from_a_url(reads, tmp_path, monkeypatch):
    config = runs.small_config()
    config.grid = load_loops(URL).grid
    config.training.epochs, config.data.path = 1, URL
    shutil.rmtree(tmp_path / 'loops')
    run = train(config, tmp_path / 'run', quiet=True)
    assert run.finished and not run.data.exists()
    assert run.config.data.path == URL
    loops = run.loops()
    assert (
        sum(map(len, run.split(loops)))
        == run.summary['training_loops'] + (run.summary['validation_loops'])
    )
    assert f'The dataset is remote: see {URL}/report.csv' in (run.path / 'report.html').read_text()
    break_cells(monkeypatch, times=10**6)
    with pytest.raises(UserError, match=rf'^{URL} cannot be read: the line is cut'):
        train(config, tmp_path / 'broken', quiet=True)
