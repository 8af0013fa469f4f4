"""The arrays of a dataset, and the checks of their values."""

import io
import json
from collections.abc import Mapping, Sequence
from typing import Any, overload

import numpy as np

from melodyvae.config.settings import GridConfig
from melodyvae.loops.loops import Loops
from melodyvae.loops.pattern import NOTE
from melodyvae.midi.piece import DEFAULT_TEMPO

VERSION = 5
NAMES = 'files.jsonl'
READABLE = (4, 5)  # version 4 has the names of its files in dataset.json
LOOP = np.dtype([('end', '<i8'), ('file', '<i4'), ('voice', '<i4'), ('position', '<i4')])
"""One loop: the end of its cells, its file, and its voice and number within the file."""

CELL = np.dtype(
    [('row', 'u1'), ('step', 'u1'), ('velocity', 'u1'), ('duration', '<f4'), ('timeshift', '<f4')]
)
"""A `pattern.NOTE` on disk, with the MIDI velocity, from which the same float is restored."""


class StoredCells:
    """Cells on disk, `[cells]` of `CELL`, that read as an array of `pattern.NOTE`."""

    def __init__(self, stored: np.ndarray):
        self.stored = stored

    def __len__(self) -> int:
        return len(self.stored)

    def __getitem__(self, which) -> np.ndarray:
        """Returns a field of all cells by name, or the cells of any NumPy index."""
        if not isinstance(which, str):
            return unpack(self.stored[which])
        return _scale_velocity(self.stored[which]) if which == 'velocity' else self.stored[which]

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        return self[:]


class Offsets:
    """The ends of loops, `[loops]` int64, that read as the array `Loops.offsets`, if mapped too."""

    def __init__(self, end: np.ndarray):
        self.end = end

    def __len__(self) -> int:
        return len(self.end) + 1

    def __getitem__(self, which) -> np.ndarray:
        """Returns the offsets of a slice, of one place or of an array of places."""
        if isinstance(which, slice):
            which = np.arange(*which.indices(len(self)))
        which = np.asarray(which)
        which = np.where(which < 0, which + len(self), which)
        found = np.zeros(which.shape, np.int64)
        found[which > 0] = self.end[which[which > 0] - 1]
        return found[()]

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        return self[:]


class FileNames(Sequence[str]):
    """The names of the files of a dataset, which stay on disk until they are used.

    Args:
      lines: `[bytes]` uint8, one JSON string per line; may be mapped.
      ends: `[files]` int64, where each line ends.
    """

    def __init__(self, lines: np.ndarray, ends: np.ndarray):
        self.lines, self.ends = lines, ends

    def __len__(self) -> int:
        return len(self.ends)

    @overload
    def __getitem__(self, which: int) -> str: ...

    @overload
    def __getitem__(self, which: slice) -> tuple[str, ...]: ...

    def __getitem__(self, which):
        number = range(len(self))[which]
        if isinstance(number, range):
            return tuple(self[each] for each in number)
        start = self.ends[number - 1] if number else 0
        return json.loads(self.lines[start : self.ends[number]].tobytes())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]  # it may be compared with lists


def encode_names(files: Sequence[str]) -> bytes:
    """Returns the lines of `FileNames`."""
    return ''.join(f'{json.dumps(name)}\n' for name in files).encode()


def find_lines(data: bytes) -> np.ndarray:
    """Returns where the lines of some text end, `[lines]` int64."""
    return np.flatnonzero(np.frombuffer(data, np.uint8) == ord('\n')) + 1


def unpack(stored: np.ndarray) -> np.ndarray:
    """Converts `CELL` to `pattern.NOTE`, of any shape."""
    cells = np.zeros(stored.shape, NOTE)
    for name in CELL.names or ():
        cells[name] = _scale_velocity(stored[name]) if name == 'velocity' else stored[name]
    return cells


def pack(cells: np.ndarray) -> np.ndarray:
    """Converts `pattern.NOTE` to `CELL`, `[cells]` each."""
    stored = np.zeros(len(cells), CELL)
    for name in CELL.names or ():
        stored[name] = np.rint(cells[name] * 127) if name == 'velocity' else cells[name]
    return stored


def _scale_velocity(velocity: np.ndarray) -> np.ndarray:
    return velocity.astype(np.float32) / 127


def make_header(count: int, dtype: np.dtype) -> bytes:
    """Returns the header of an .npy file, which has the same length for any count."""
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        buffer,
        {'descr': np.lib.format.dtype_to_descr(dtype), 'fortran_order': False, 'shape': (count,)},
    )
    return buffer.getvalue()


def check_index(index: np.ndarray, header: dict[str, Any], before: int = 0) -> int:
    """Returns where the cells of part of an index, `[loops]` of `LOOP`, end.

    Raises:
      ValueError: if the part, which follows cells that end at `before`, is impossible.
    """
    ends = np.append(before, index['end'])
    if ends[-1] > header['cells'] or np.any(np.diff(ends) < 0):
        raise ValueError('its arrays do not match')
    files = header['files']
    count = files if isinstance(files, int) else len(files)  # version 4 has their names
    for name, above in (('file', count), ('voice', 2**31), ('position', 2**31)):
        if np.any((index[name] < 0) | (index[name] >= above)):
            raise ValueError(f'loops.npy has a {name} that does not exist')
    return int(ends[-1])


def check_cells(cells: np.ndarray, grid: GridConfig) -> None:
    """Raises a ValueError if cells, `[cells]` of `CELL`, do not lie on the grid."""
    for name, above in (('row', grid.rows), ('step', grid.steps), ('velocity', 128)):
        if np.any(cells[name] >= above):
            raise ValueError(f'cells.npy has a {name} of {above} or more')
    values = [name for name in CELL.names or () if CELL[name].kind == 'f']
    if not all(np.isfinite(cells[name]).all() for name in values):
        raise ValueError('cells.npy has a value that is not a number')


def make_index(loops: Loops) -> np.ndarray:
    """Returns the index of loops, `[loops]` of `LOOP`."""
    index = np.zeros(len(loops), LOOP)
    index['end'] = loops.offsets[1:]
    index['file'], index['voice'], index['position'] = loops.file, loops.voice, loops.position
    return index


def join_arrays(
    index: np.ndarray, cells: np.ndarray | StoredCells, header: Mapping[str, Any], grid: GridConfig
) -> Loops:
    """Returns loops, given their index (`[loops]` of `LOOP`) and cells (as `pattern.NOTE`).

    `header` has 'files' and maybe 'tempo', 'tempos' and 'metres' of `Loops`.
    """
    return Loops(
        cells=cells,  # type: ignore[arg-type]  # it reads as an array
        offsets=Offsets(index['end']),  # type: ignore[arg-type]  # it reads as an array
        file=index['file'],
        voice=index['voice'],
        position=index['position'],
        files=header['files'],
        grid=grid,
        tempo=header.get('tempo', DEFAULT_TEMPO),
        tempos=tuple(header.get('tempos', ())),
        metres=tuple(header.get('metres', ())),
    )
