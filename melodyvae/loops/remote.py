"""Datasets on object storage, or wherever else fsspec reads; no copy of the whole is made.

`dataset.json` and the index are read at once, 20 bytes a loop. The cells are read when they are
needed, in blocks of some megabytes: whole files' loops, so that no loop and no voice lies on two
sides of an edge. The blocks used last stay in memory.
"""

import collections
import concurrent.futures
import hashlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from melodyvae.config.settings import GridConfig
from melodyvae.loops.loops import Loops
from melodyvae.loops.stored import (
    CELL,
    LOOP,
    check_array,
    check_cells,
    check_index,
    check_version,
    join_arrays,
    make_header,
    unpack,
)
from melodyvae.system.checked_json import parse_checked
from melodyvae.system.errors import UserError

BLOCK = 2**22 // CELL.itemsize  # cells, 4 MiB; a block ends where the next file begins
TOGETHER = 16  # blocks whose loops are shuffled together
MOST_KEPT = 3 * TOGETHER  # blocks: those trained on, those read ahead, and some for callbacks
AT_ONCE = 8  # requests
PAUSES = (1, 2, 4)  # seconds before what was in vain is tried again


def is_url(folder: str | Path) -> bool:
    """Whether a dataset is named by a URL; never a `Path`, which would join its slashes."""
    return isinstance(folder, str) and '://' in folder


def load_remote(url: str) -> Loops:
    """Opens the dataset at a URL; its cells are read, and kept for a while, as they are used.

    The checksums of `dataset.json` and of the index are looked at, and that the cells are as many
    as they should be. That of the cells is not, since that would take all of them: each block is
    checked for cells that do not lie on the grid when it is read.

    Raises:
      UserError: if there is no dataset, it is damaged or of another version, its storage cannot be
        reached, or fsspec lacks the package that reads such a URL. Cells raise it as well.
    """
    folder = RemoteFolder(url)
    try:
        header = _read_header(folder)
        grid = GridConfig.from_dict(header['grid'])
        index = _read_index(folder, header)
        start = folder.read('cells.npy', 0, len(make_header(0, CELL)))
        check_array(start, CELL, header['cells'], 'cells.npy')
        if header['cells']:
            folder.read_array('cells.npy', CELL, header['cells'] - 1, header['cells'])
        edges = _find_edges(index, header['cells'])
        cells = RemoteCells(folder, edges, grid)
        return join_arrays(index, cells, header, grid)
    except UserError:
        raise
    except Exception as error:  # NumPy raises whatever a damaged header leads it to
        raise UserError(f'{url} cannot be read as a dataset: {error}. Upload it again.') from error


def read_remote_header(url: str) -> dict[str, Any]:
    """The checked `dataset.json` at a URL.

    Raises:
      UserError: as `load_remote`.
    """
    try:
        return _read_header(RemoteFolder(url))
    except ValueError as error:
        raise UserError(f'{url} cannot be read as a dataset: {error}. Upload it again.') from error


class RemoteFolder:
    """A folder that fsspec reads.

    Args:
      url: of any kind that fsspec knows.
    """

    def __init__(self, url: str):
        import fsspec  # here: who trains on this machine need not wait for it

        self.url = url
        try:
            self.system, self.root = fsspec.url_to_fs(url)
        except ImportError as error:
            raise UserError(
                f'{url} cannot be read without another package: {error} (pip install).'
            ) from error
        except Exception as error:  # each file system has errors of its own
            raise UserError(f'{url} cannot be opened: {error}.') from error

    def read(self, name: str, start: int | None = None, end: int | None = None) -> bytes:
        """A file, or the bytes of it from `start` to before `end`."""
        try:
            data = self.system.cat_file(f'{self.root.rstrip("/")}/{name}', start=start, end=end)
        except FileNotFoundError as error:
            raise UserError(
                f'{self.url} is not a dataset, or does not exist: it has no {name}. Make one with '
                f'melodyvae_prepare, and upload its folder.'
            ) from error
        except Exception as error:
            reason = str(error) or type(error).__name__
            raise UserError(
                f'{self.url} cannot be read: {reason}. Look to the address, your access to it and '
                f'the connection.'
            ) from error
        if end is not None and len(data) != end - (start or 0):
            raise UserError(
                f'{self.url}/{name} cannot be read: it gave {len(data)} bytes where '
                f'{end - (start or 0)} were asked for. Upload it again, whole, to where parts of a '
                f'file can be read.'
            )
        return data

    def read_array(self, name: str, dtype: np.dtype, start: int, stop: int) -> np.ndarray:
        """The values of an .npy file from `start` to before `stop`."""
        first = len(make_header(0, dtype))
        data = self.read(name, first + start * dtype.itemsize, first + stop * dtype.itemsize)
        return np.frombuffer(data, dtype)


class RemoteCells:
    """Cells on remote storage that read as an array of `pattern.NOTE`, from several threads too.

    Args:
      folder: has them in `cells.npy`.
      edges: `[blocks + 1]` int64, the cells where blocks begin, and how many cells there are.
      grid: of the cells.

    Attributes:
      failure: the last block that could not be read, if any: TensorFlow hides errors of a batch.
    """

    def __init__(self, folder: RemoteFolder, edges: np.ndarray, grid: GridConfig):
        self.folder, self.edges, self.grid = folder, edges, grid
        self.failure: UserError | None = None
        self._threads = concurrent.futures.ThreadPoolExecutor(AT_ONCE)
        self._lock = threading.Lock()
        self._blocks: collections.OrderedDict[int, concurrent.futures.Future[np.ndarray]] = (
            collections.OrderedDict()  # the one used last at the end
        )

    def __len__(self) -> int:
        return int(self.edges[-1])

    def __getitem__(self, which) -> np.ndarray:
        """A field of all cells, by its name; or the cells of a slice or of places from 0 on."""
        if isinstance(which, str):
            return self[:][which]
        if isinstance(which, slice):
            start, stop, step = which.indices(len(self))
            if step == 1:
                return unpack(self._join(start, stop))
            which = np.arange(start, stop, step)
        places = np.asarray(which)
        blocks = self.find_blocks(places)
        order = np.argsort(blocks, kind='stable')
        needed, first = np.unique(blocks[order], return_index=True)
        stored = np.empty(len(places), CELL)
        parts = np.split(order, first[1:])
        for block, cells, part in zip(needed, self._read(needed), parts, strict=False):
            stored[part] = cells[places[part] - self.edges[block]]
        return unpack(stored)

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        return self[:]

    def find_blocks(self, places: np.ndarray) -> np.ndarray:
        """Which block each of some cells lies in, int32."""
        return (np.searchsorted(self.edges, places, side='right') - 1).astype(np.int32)

    def read_ahead(self, places: np.ndarray) -> None:
        """Begins to read the blocks of cells that will be needed soon."""
        for block in np.unique(self.find_blocks(places)):
            self._request(int(block))

    def _join(self, start: int, stop: int) -> np.ndarray:
        """Cells in a row, as they are stored."""
        first, last = self.find_blocks(np.array([start, stop - 1]))
        blocks = np.arange(first, last + 1) if start < stop else np.arange(0)
        parts = [
            cells[max(0, start - self.edges[block]) : stop - self.edges[block]]
            for block, cells in zip(blocks, self._read(blocks), strict=True)
        ]
        return np.concatenate([np.zeros(0, CELL), *parts])

    def _read(self, blocks: np.ndarray) -> Iterator[np.ndarray]:
        """Blocks one after the other, the next of them being on their way."""
        coming: collections.deque[concurrent.futures.Future[np.ndarray]] = collections.deque()
        for block in blocks.tolist():
            coming.append(self._request(block))
            if len(coming) > AT_ONCE:
                yield coming.popleft().result()
        while coming:
            yield coming.popleft().result()

    def _request(self, block: int) -> concurrent.futures.Future[np.ndarray]:
        with self._lock:
            future = self._blocks.pop(block, None)
            if future is None or (future.done() and future.exception()):
                future = self._threads.submit(self._fetch, block)
            self._blocks[block] = future
            while len(self._blocks) > MOST_KEPT:
                self._blocks.popitem(last=False)
            return future

    def _fetch(self, block: int) -> np.ndarray:
        try:
            cells = self._try_to_read(*self.edges[block : block + 2].tolist())
            check_cells(cells, self.grid)
        except UserError as error:
            self.failure = error
            raise
        except ValueError as error:
            self.failure = UserError(f'{self.folder.url} is damaged: {error}. Upload it again.')
            raise self.failure from error
        return cells

    def _try_to_read(self, start: int, stop: int) -> np.ndarray:
        """What breaks is tried again: a training takes hours."""
        for pause in PAUSES:
            try:
                return self.folder.read_array('cells.npy', CELL, start, stop)
            except UserError:
                time.sleep(pause)
        return self.folder.read_array('cells.npy', CELL, start, stop)


def _read_header(folder: RemoteFolder) -> dict[str, Any]:
    header = parse_checked(folder.read('dataset.json'), 'dataset.json')
    check_version(header, folder.url)
    return header


def _read_index(folder: RemoteFolder, header: dict[str, Any]) -> np.ndarray:
    name, count = 'loops.npy', header['loops']
    check_array(folder.read(name, 0, len(make_header(0, LOOP))), LOOP, count, name)
    index, found = np.empty(count, LOOP), hashlib.sha256()
    for start in range(0, count, BLOCK):
        some = slice(start, min(start + BLOCK, count))
        index[some] = folder.read_array(name, LOOP, some.start, some.stop)
        found.update(index[some].tobytes())
    if found.hexdigest() != header['loops_checksum']:
        raise ValueError(f'the checksum of {name} is wrong')
    check_index(index, header)
    return index


def _find_edges(index: np.ndarray, cells: int) -> np.ndarray:
    """Where blocks begin: where the loops of a file do, about every `BLOCK` cells."""
    begins = np.diff(index['file'], prepend=-1) != 0
    starts = np.append(np.append(0, index['end'])[:-1][begins], cells)
    wished = np.arange(0, cells + BLOCK, BLOCK).clip(max=cells)
    return np.unique(starts[np.searchsorted(starts, wished)])
