"""Loops of a library on disk, sparse.

A dataset folder holds `dataset.json` (version, grid, counts, file names, checksums) and two NumPy
arrays. They are looked through once, which takes a second where there are millions of loops, and
then mapped: memory does not grow with the library.
"""

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import numpy as np

from melodyvae.atomic import new_file, new_folder
from melodyvae.checked_json import read_checked, write_checked
from melodyvae.config.settings import GridConfig
from melodyvae.errors import UserError
from melodyvae.loops.loops import Loops
from melodyvae.loops.pattern import NOTE, Cells

VERSION = 4
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
LOOP = np.dtype([('end', '<i8'), ('file', '<i4'), ('voice', '<i4'), ('position', '<i4')])
"""One loop: where its cells end, the file it is from, its voice and its number within the file."""


CELL = np.dtype(
    [('row', 'u1'), ('step', 'u1'), ('velocity', 'u1'), ('duration', '<f4'), ('timeshift', '<f4')]
)
"""A `pattern.NOTE` on disk: the same, but for its velocity, which is the MIDI velocity again.

Every file's velocities are whole numbers up to 127, so they come back bit for bit.
"""


class StoredCells:
    """Cells on disk that read as an array of `pattern.NOTE`.

    Args:
      stored: `[cells]` of `CELL`, mapped.
    """

    def __init__(self, stored: np.ndarray):
        self.stored = stored

    def __len__(self) -> int:
        return len(self.stored)

    def __getitem__(self, which) -> np.ndarray:
        """A field of all cells, by its name; or some of the cells, by anything NumPy takes."""
        if not isinstance(which, str):
            return _unpack(self.stored[which])
        return _scale_velocity(self.stored[which]) if which == 'velocity' else self.stored[which]

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        return self[:]


def _unpack(stored: np.ndarray) -> np.ndarray:
    cells = np.empty(stored.shape, NOTE)
    for name in CELL.names or ():
        cells[name] = _scale_velocity(stored[name]) if name == 'velocity' else stored[name]
    return cells


def _pack(cells: Cells) -> np.ndarray:
    stored = np.empty(len(cells), CELL)
    for name in CELL.names or ():
        stored[name] = np.rint(cells[name] * 127) if name == 'velocity' else cells[name]
    return stored


def _scale_velocity(velocity: np.ndarray) -> np.ndarray:
    return velocity.astype(np.float32) / 127


class LoopsWriter:
    """Writes a dataset folder piece by piece, in memory that does not grow with the loops.

    The folder holds a valid dataset of all that was appended whenever `flush` or `close` returns,
    and the one of the last such time if the process is killed after it.

    Args:
      folder: an existing folder without a dataset.
      grid: of the cells.

    Attributes:
      files: names of the files that loops have been appended of, which the caller keeps.
      tempo: of the library, quarter notes a minute, likewise.
    """

    def __init__(self, folder: str | Path, grid: GridConfig):
        self.folder = folder = Path(folder)
        self.grid = grid
        self.files: list[str] = []
        self.tempo = 120.0
        self._counts = (0, 0)  # loops, cells
        self._cells = (folder / 'cells.npy').open('wb')
        self._loops = (folder / 'loops.npy').open('wb')
        self._sums = (hashlib.sha256(), hashlib.sha256())  # of the loops, the cells
        self.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error) -> None:
        self.close()

    def append(self, index: np.ndarray, cells: Cells) -> None:
        """Appends loops.

        Args:
          index: `[loops]` of `LOOP`; `end` counts from 0 here, and is changed. `files` must name
            what `file` counts before the next `flush`.
          cells: `[cells]` of `pattern.NOTE`, those of all these loops.
        """
        loop_count, cell_count = self._counts
        index['end'] += cell_count
        stored = _pack(cells)
        _write_at(self._cells, cell_count, stored)
        _write_at(self._loops, loop_count, index)
        sums = self._sums[0].copy(), self._sums[1].copy()
        sums[0].update(index.tobytes())
        sums[1].update(stored.tobytes())
        # The last thing: of a call that Ctrl-C cuts short, no loop is in the dataset.
        self._counts, self._sums = (loop_count + len(index), cell_count + len(cells)), sums

    def flush(self) -> None:
        """Makes all that was appended a valid dataset."""
        loops, cells = self._counts
        _write_header(self._cells, cells, CELL)
        _write_header(self._loops, loops, LOOP)
        header = {
            'version': VERSION,
            'grid': self.grid.to_dict(),
            'loops': loops,
            'cells': cells,
            'loops_checksum': self._sums[0].hexdigest(),
            'cells_checksum': self._sums[1].hexdigest(),
            'files': self.files,
            'tempo': self.tempo,
        }
        with new_file(self.folder / 'dataset.json', overwrite=True) as temporary:
            write_checked(header, temporary)

    def close(self) -> None:
        """Flushes and ends."""
        self.flush()
        self._cells.close()
        self._loops.close()


def _make_header(count: int, dtype: np.dtype) -> bytes:
    """The start of an .npy file; as long for any count, since NumPy leaves room for it to grow."""
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        buffer,
        {'descr': np.lib.format.dtype_to_descr(dtype), 'fortran_order': False, 'shape': (count,)},
    )
    return buffer.getvalue()


def _write_at(file, place: int, values: np.ndarray) -> None:
    file.seek(len(_make_header(0, values.dtype)) + place * values.itemsize)
    file.write(values.tobytes())


def _write_header(file, count: int, dtype: np.dtype) -> None:
    header = _make_header(count, dtype)
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
        writer.files = list(loops.files)
        writer.tempo = loops.tempo
        for start in range(0, len(loops), AT_ONCE):
            some = loops.take(np.arange(start, min(start + AT_ONCE, len(loops))))
            index = np.zeros(len(some), LOOP)
            index['end'] = some.offsets[1:]
            index['file'] = some.file
            index['voice'] = some.voice
            index['position'] = some.position
            writer.append(index, some.cells)


def load_loops(folder: str | Path) -> Loops:
    """Opens what `save_loops` wrote; the cells stay on disk until they are used.

    Raises:
      UserError: if the folder is no dataset, is damaged or is of another version.
    """
    folder = Path(folder)
    try:
        header = _read_header(folder)
        grid = GridConfig.from_dict(header['grid'])
        loops, cells = (
            _map_array(folder / name, dtype, header[count])
            for name, dtype, count in (('loops.npy', LOOP, 'loops'), ('cells.npy', CELL, 'cells'))
        )
        _check_index(folder / 'loops.npy', loops, header)
        _check_cells(folder / 'cells.npy', header, grid)
        return Loops(
            cells=StoredCells(cells),
            offsets=np.concatenate([np.zeros(1, np.int64), loops['end']]),
            file=loops['file'],
            voice=loops['voice'],
            position=loops['position'],
            files=tuple(header['files']),
            grid=grid,
            tempo=float(header['tempo']),
        )
    except FileNotFoundError as error:
        raise UserError(
            f'{folder} is not a dataset: it has no {Path(error.filename).name}. '
            f'Make one with melodyvae_prepare.'
        ) from error
    except UserError:
        raise
    except Exception as error:  # NumPy raises whatever a damaged header leads it to
        raise UserError(
            f'{folder} cannot be read as a dataset: {error}. Prepare it again.'
        ) from error


def read_fingerprint(folder: str | Path) -> str:
    """What differs wherever two datasets do: a checksum of all that is in them.

    Raises:
      UserError: if `folder` is no dataset.
    """
    try:
        return _read_header(Path(folder))['checksum']
    except (OSError, ValueError) as error:
        raise UserError(f'{folder} cannot be read as a dataset: {error}.') from error


def _read_header(folder: Path) -> dict[str, Any]:
    header = read_checked(folder / 'dataset.json')
    if header['version'] != VERSION:
        raise UserError(
            f'{folder} holds a dataset of version {header["version"]}, and this is for version '
            f'{VERSION}: prepare it again.'
        )
    return header


def _map_array(path: Path, dtype: np.dtype, count: int) -> np.ndarray:
    """The first values of an array on disk; a writer that was killed may have left more."""
    values = np.load(path, mmap_mode='r')
    if values.dtype != dtype or values.ndim != 1 or len(values) < count:
        raise ValueError(f'{path.name} is damaged, or holds something else')
    return np.asarray(values[:count])


def _check_index(path: Path, loops: np.ndarray, header: dict[str, Any]) -> None:
    """Refuses an index that was not written like this, or that no dataset can have."""
    for _ in _read_stored(path, LOOP, header['loops'], header['loops_checksum']):
        pass
    ends = np.append(0, loops['end'])
    if ends[-1] != header['cells'] or np.any(np.diff(ends) < 0):
        raise ValueError('its arrays do not belong together')
    for name, above in (('file', len(header['files'])), ('voice', 2**31), ('position', 2**31)):
        if np.any((loops[name] < 0) | (loops[name] >= above)):
            raise ValueError(f'{path.name} has a {name} that does not exist')


def _check_cells(path: Path, header: dict[str, Any], grid: GridConfig) -> None:
    """Refuses cells that were not written like this, or that do not lie on the grid."""
    for cells in _read_stored(path, CELL, header['cells'], header['cells_checksum']):
        for name, above in (('row', grid.rows), ('step', grid.steps), ('velocity', 128)):
            if np.any(cells[name] >= above):
                raise ValueError(f'{path.name} has a {name} of {above} or more')
        if not all(np.isfinite(cells[name]).all() for name in ('duration', 'timeshift')):
            raise ValueError(f'{path.name} has a value that is no number')


def _read_stored(path: Path, dtype: np.dtype, count: int, checksum: str) -> Iterator[np.ndarray]:
    """Goes through an array on disk, some of it at a time: what is mapped would fill the memory.

    Raises:
      ValueError: at the end, if the checksum is another.
    """
    found = hashlib.sha256()
    step = BYTES_AT_ONCE // dtype.itemsize
    with path.open('rb') as file:
        file.seek(len(_make_header(0, dtype)))
        for start in range(0, count, step):
            data = file.read(min(step, count - start) * dtype.itemsize)
            found.update(data)
            yield np.frombuffer(data, dtype)
    if found.hexdigest() != checksum:
        raise ValueError(f'the checksum of {path.name} is wrong')


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
