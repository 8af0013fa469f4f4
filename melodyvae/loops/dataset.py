"""Loops of a library on disk, sparse.

A dataset folder holds `dataset.json` (version, grid, counts, checksums), two NumPy arrays, and the
names of the files, `files.jsonl`. They are looked through once, which takes a second where there
are millions of loops, and then mapped: memory hardly grows with the library.
"""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

from melodyvae.config.settings import GridConfig
from melodyvae.loops.loops import Loops
from melodyvae.loops.remote import download, is_url, locate_copy, read_remote_header
from melodyvae.loops.stored import (
    CELL,
    LOOP,
    NAMES,
    VERSION,
    FileNames,
    StoredCells,
    check_cells,
    check_index,
    check_version,
    encode_names,
    find_lines,
    join_arrays,
    make_header,
    make_index,
    pack,
)
from melodyvae.system.atomic import new_file, new_folder
from melodyvae.system.checked_json import read_checked, write_checked
from melodyvae.system.errors import UserError

CELL_SETTINGS = (
    'rows',
    'steps',
    'steps_per_quarter',
    'lowest_pitch',
    'octaves',
    'voices',
    'bars',
    'rows_from_pitch_0',
    'drum_map',
)
AT_ONCE = 65536  # loops that are written in one go
BYTES_AT_ONCE = 2**20  # that are checked in one go


class LoopsWriter:
    """Writes a dataset folder piece by piece, in memory that does not grow with the loops.

    The folder holds a valid dataset of all that was appended whenever `flush` or `close` returns,
    and the one of the last such time if the process is killed after it.

    Args:
      folder: an existing folder without a dataset.
      grid: of the cells.

    Attributes:
      tempo: quarter notes per minute, to be set by the caller.
    """

    def __init__(self, folder: str | Path, grid: GridConfig):
        self.folder = folder = Path(folder)
        self.grid = grid
        self.tempo = 120.0
        self._file_count = 0
        self._counts = (0, 0, 0)  # loops, cells, bytes of names
        self._cells = (folder / 'cells.npy').open('wb')
        self._loops = (folder / 'loops.npy').open('wb')
        self._names = (folder / NAMES).open('wb')
        self._sums = (hashlib.sha256(), hashlib.sha256(), hashlib.sha256())  # of the same
        self.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error) -> None:
        self.close()

    def append(self, loops: Loops) -> None:
        """Appends loops, and the names of their files."""
        file_count = self._file_count
        loop_count, cell_count, byte_count = self._counts
        names = encode_names(loops.files)
        self._names.seek(byte_count)
        self._names.write(names)
        self._sums[2].update(names)
        self._file_count += len(loops.files)
        self._counts = loop_count, cell_count, byte_count + len(names)
        for start in range(0, len(loops), AT_ONCE):
            self._append(loops[start : start + AT_ONCE], file_count)

    def _append(self, loops: Loops, file_count: int) -> None:
        loop_count, cell_count, byte_count = self._counts
        index, stored = make_index(loops), pack(loops.cells)
        index['end'] += cell_count
        index['file'] += file_count
        _write_at(self._cells, cell_count, stored)
        _write_at(self._loops, loop_count, index)
        sums = self._sums[0].copy(), self._sums[1].copy(), self._sums[2]
        sums[0].update(index.tobytes())
        sums[1].update(stored.tobytes())
        # Last, so that the dataset has no loop of a call that Ctrl-C cuts short.
        self._counts = loop_count + len(index), cell_count + len(stored), byte_count
        self._sums = sums

    def flush(self) -> None:
        """Makes all that was appended a valid dataset."""
        loops, cells, names = self._counts
        _write_header(self._cells, cells, CELL)
        _write_header(self._loops, loops, LOOP)
        self._names.truncate(names)
        self._names.flush()
        header = {
            'version': VERSION,
            'grid': self.grid.to_dict(),
            'loops': loops,
            'cells': cells,
            'loops_checksum': self._sums[0].hexdigest(),
            'cells_checksum': self._sums[1].hexdigest(),
            'files': self._file_count,
            'names': names,
            'names_checksum': self._sums[2].hexdigest(),
            'tempo': self.tempo,
        }
        with new_file(self.folder / 'dataset.json', overwrite=True) as temporary:
            write_checked(header, temporary)

    def close(self) -> None:
        """Flushes and ends."""
        self.flush()
        self._cells.close()
        self._loops.close()
        self._names.close()


def _write_at(file, place: int, values: np.ndarray) -> None:
    file.seek(len(make_header(0, values.dtype)) + place * values.itemsize)
    file.write(values.tobytes())


def _write_header(file, count: int, dtype: np.dtype) -> None:
    header = make_header(count, dtype)
    file.truncate(len(header) + count * dtype.itemsize)
    file.seek(0)
    file.write(header)
    file.flush()


def save_loops(loops: Loops, folder: str | Path) -> None:
    """Writes a dataset folder in one move.

    Raises:
      UserError: if the folder exists.
    """
    with new_folder(Path(folder)) as temporary:
        write_loops(loops, temporary)


def write_loops(loops: Loops, folder: str | Path) -> None:
    """Writes the files of a dataset into an existing folder that holds none."""
    with LoopsWriter(folder, loops.grid) as writer:
        writer.append(loops)
        writer.tempo = loops.tempo


def load_loops(folder: str | Path) -> Loops:
    """Opens what `save_loops` wrote; the cells stay on disk until they are used.

    Args:
      folder: a dataset; or its URL, such as `s3://bucket/loops`, which is copied to the cache
        folder of the user first, unless its copy is there already.

    Raises:
      UserError: if the folder is not a dataset, is damaged or is of another version, or the URL
        cannot be read.
    """
    if not is_url(folder):
        return _open_folder(Path(folder), str(folder))
    url = str(folder)
    header = read_remote_header(url)
    copy = locate_copy(header)
    if not copy.exists():
        with new_folder(copy) as temporary:
            download(url, header, temporary)
            _open_folder(temporary, url)  # a damaged dataset leaves no copy
    return _open_folder(copy, f'{copy}, the copy of {url},')


def _open_folder(folder: Path, name: str) -> Loops:
    """Opens a dataset on disk, which messages call `name`."""
    try:
        header = _read_header(folder)
        grid = GridConfig.from_dict(header['grid'])
        index, cells = (
            _map_array(folder / file, dtype, header[count])
            for file, dtype, count in (('loops.npy', LOOP, 'loops'), ('cells.npy', CELL, 'cells'))
        )
        end = 0
        for some in _read_stored(
            folder / 'loops.npy', LOOP, header['loops'], header['loops_checksum']
        ):
            end = check_index(some, header, end)
        if end != header['cells']:
            raise ValueError('its arrays do not belong together')
        path, checksum = folder / 'cells.npy', header['cells_checksum']
        for some in _read_stored(path, CELL, header['cells'], checksum):
            check_cells(some, grid)
        files = _read_names(folder / NAMES, header)
        return join_arrays(index, StoredCells(cells), files, grid, header['tempo'])
    except FileNotFoundError as error:
        raise UserError(
            f'{name} is not a dataset: it has no {Path(error.filename).name}. '
            f'Make one with melodyvae_prepare.'
        ) from error
    except UserError:
        raise
    except Exception as error:  # NumPy raises whatever a damaged header leads it to
        raise UserError(
            f'{name} cannot be read as a dataset: {error}. Prepare it again.'
        ) from error


def locate_dataset(name: str, run_dir: Path) -> Path | str:
    """What a run's config names: a URL, which is no `Path`, or a folder, maybe within the run."""
    return name if is_url(name) else run_dir / name


def read_fingerprint(folder: str | Path) -> str:
    """What differs wherever two datasets do: a checksum of all that is in them.

    Raises:
      UserError: if `folder` is no dataset.
    """
    if is_url(folder):
        return read_remote_header(str(folder))['checksum']
    try:
        return _read_header(Path(folder))['checksum']
    except (OSError, ValueError) as error:
        raise UserError(f'{folder} cannot be read as a dataset: {error}.') from error


def _read_header(folder: Path) -> dict[str, Any]:
    header = read_checked(folder / 'dataset.json')
    check_version(header, folder)
    return header


def _map_array(path: Path, dtype: np.dtype, count: int) -> np.ndarray:
    """The first values of an array on disk; a writer that was killed may have left more."""
    values = np.load(path, mmap_mode='r')
    if values.dtype != dtype or values.ndim != 1 or len(values) < count:
        raise ValueError(f'{path.name} is damaged, or holds something else')
    return np.asarray(values[:count])


def _read_stored(path: Path, dtype: np.dtype, count: int, checksum: str) -> Iterator[np.ndarray]:
    """Yields an array on disk piece by piece: what is mapped would fill the memory.

    Raises:
      ValueError: at the end, if the checksum is another.
    """
    size, start = dtype.itemsize, len(make_header(0, dtype))
    for data in _read_pieces(path, start, count * size, BYTES_AT_ONCE // size * size, checksum):
        yield np.frombuffer(data, dtype)


def _read_pieces(path: Path, start: int, count: int, piece: int, checksum: str) -> Iterator[bytes]:
    found = hashlib.sha256()
    with path.open('rb') as file:
        file.seek(start)
        for done in range(0, count, piece):
            data = file.read(min(piece, count - done))
            found.update(data)
            yield data
    if found.hexdigest() != checksum:
        raise ValueError(f'the checksum of {path.name} is wrong')


def _read_names(path: Path, header: dict[str, Any]) -> Sequence[str]:
    """Returns the names of the files, mapped; of a dataset of version 4, those of its header."""
    if not isinstance(header['files'], int):
        return tuple(header['files'])
    size, start = header['names'], 0
    ends = [np.zeros(0, np.int64)]
    for data in _read_pieces(path, 0, size, BYTES_AT_ONCE, header['names_checksum']):
        ends.append(start + find_lines(data))
        start += len(data)
    lines = np.memmap(path, np.uint8, 'r', shape=(size,)) if size else np.zeros(0, np.uint8)
    return FileNames(lines, np.concatenate(ends))


def check_grid(loops: Loops, grid: GridConfig, folder: str | Path) -> None:
    """Refuses loops that were cut for another grid.

    Which files and loops were let in (`minimum_onsets` and the like) is the dataset's business.

    Raises:
      UserError: names the first setting that differs.
    """
    theirs, ours = loops.grid.to_dict(), grid.to_dict()
    for name in CELL_SETTINGS:
        if theirs[name] != ours[name]:
            raise UserError(
                f'{folder} was prepared with grid.{name}={theirs[name]}, and the config has '
                f'{ours[name]}: prepare it again with this config.'
            )
