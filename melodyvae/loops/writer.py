"""Writes datasets."""

import hashlib
from pathlib import Path
from typing import Any, Self

import numpy as np

from melodyvae.config.settings import GridConfig
from melodyvae.loops import stored
from melodyvae.loops.loops import Loops
from melodyvae.system.atomic import new_file
from melodyvae.system.checked_json import write_checked

MAX_TIMED = 20_000  # files whose tempos and time signatures are kept
CHUNK_LOOPS = 65536  # loops written at a time


class LoopsWriter:
    """Writes a dataset folder piece by piece, in memory that does not grow with the loops.

    When `flush` or `close` returns, the folder is a valid dataset of all appended loops. It stays
    one if the process is killed later.

    Args:
      folder: an existing folder without a dataset.
      grid: of the cells.

    Attributes:
      tempo: quarter notes per minute, to be set by the caller.
    """

    def __init__(self, folder: str | Path, grid: GridConfig):
        self.folder = folder = Path(folder)
        self.grid = grid
        self._timing: dict[str, list[Any]] | None = {'tempos': [], 'metres': []}  # of the files
        self.tempo = 120.0
        self._file_count = 0
        self._counts = (0, 0, 0)  # loops, cells, bytes of names
        self._cells = (folder / 'cells.npy').open('wb')
        self._loops = (folder / 'loops.npy').open('wb')
        self._names = (folder / stored.NAMES).open('wb')
        self._sums = (hashlib.sha256(), hashlib.sha256(), hashlib.sha256())  # of the same
        self.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error) -> None:
        self.close()

    def append(self, loops: Loops) -> None:
        """Appends loops, and the names of their files."""
        self._keep_timing(loops)
        file_count = self._file_count
        loop_count, cell_count, byte_count = self._counts
        names = stored.encode_names(loops.files)
        self._names.seek(byte_count)
        self._names.write(names)
        self._sums[2].update(names)
        self._file_count += len(loops.files)
        self._counts = loop_count, cell_count, byte_count + len(names)
        starts = range(0, len(loops), CHUNK_LOOPS)
        # A slice is a copy, which a single chunk can do without.
        chunks = [loops] if len(starts) == 1 else (loops[i : i + CHUNK_LOOPS] for i in starts)
        for chunk in chunks:
            self._append(chunk, file_count)

    def _append(self, loops: Loops, file_count: int) -> None:
        loop_count, cell_count, byte_count = self._counts
        index, packed = stored.make_index(loops), stored.pack(loops.cells)
        index['end'] += cell_count
        index['file'] += file_count
        _write_at(self._cells, cell_count, packed)
        _write_at(self._loops, loop_count, index)
        sums = self._sums[0].copy(), self._sums[1].copy(), self._sums[2]
        sums[0].update(index.tobytes())
        sums[1].update(packed.tobytes())
        # Last, so that Ctrl-C leaves no part of a call in the dataset.
        self._counts = loop_count + len(index), cell_count + len(packed), byte_count
        self._sums = sums

    def _keep_timing(self, loops: Loops) -> None:
        """Keeps the timing of files, unless that of some is unknown or there are too many."""
        is_known = len(loops.tempos) == len(loops.metres) == len(loops.files)
        if not is_known or self._file_count + len(loops.files) > MAX_TIMED:
            self._timing = None
        if self._timing:
            self._timing['tempos'] += loops.tempos
            self._timing['metres'] += loops.metres

    def flush(self) -> None:
        """Makes the folder a valid dataset of all appended loops."""
        loops, cells, names = self._counts
        _write_header(self._cells, cells, stored.CELL)
        _write_header(self._loops, loops, stored.LOOP)
        self._names.truncate(names)
        self._names.flush()
        header = {
            'version': stored.VERSION,
            'grid': self.grid.to_dict(),
            'loops': loops,
            'cells': cells,
            'loops_checksum': self._sums[0].hexdigest(),
            'cells_checksum': self._sums[1].hexdigest(),
            'files': self._file_count,
            'names': names,
            'names_checksum': self._sums[2].hexdigest(),
            'tempo': self.tempo,
            **(self._timing or {}),
        }
        with new_file(self.folder / 'dataset.json', overwrite=True) as temporary:
            write_checked(header, temporary)

    def close(self) -> None:
        """Flushes, and closes the files."""
        self.flush()
        self._cells.close()
        self._loops.close()
        self._names.close()


def _write_at(file, place: int, values: np.ndarray) -> None:
    file.seek(len(stored.make_header(0, values.dtype)) + place * values.itemsize)
    file.write(values.tobytes())


def _write_header(file, count: int, dtype: np.dtype) -> None:
    header = stored.make_header(count, dtype)
    file.truncate(len(header) + count * dtype.itemsize)
    file.seek(0)
    file.write(header)
    file.flush()
