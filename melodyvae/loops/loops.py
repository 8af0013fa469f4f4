"""The loops of a library: sparse in memory, dense only in batches for a model."""

import dataclasses
import operator
from collections.abc import Iterable, Sequence
from typing import Self, SupportsIndex, overload

import numpy as np

from melodyvae.config.settings import GridConfig
from melodyvae.loops.pattern import NOTE, to_dense

CHUNK_LOOPS = 65536  # loops whose cells are read at a time


def choose_evenly(count: int, maximum: int) -> np.ndarray:
    """Returns at most `maximum` indices below `count`, evenly spaced, int64."""
    return np.linspace(0, count - 1, min(count, maximum)).astype(np.int64)


@dataclasses.dataclass(frozen=True, slots=True, eq=False, repr=False)
class Loops(Sequence[np.ndarray]):
    """The loops of a library, without their transposed copies.

    A sequence: `loops[3]` and `loops[-1]` are patterns, `[cells]` of `pattern.NOTE`, and
    `loops[:10]` are `Loops`. Two are equal if all of their values are, in memory or on disk.

    Attributes:
      cells: `[cells]` of `pattern.NOTE`, loop by loop; on disk after `dataset.load_loops`.
      offsets: `[loops + 1]` int64; loop i has the cells from `offsets[i]` to `offsets[i + 1]`.
      file: `[loops]` int32, index into `files`.
      voice: `[loops]` int32, number of its voice within its file, from 0.
      position: `[loops]` int32, number of the loop within its file, from 0.
      files: names of the files, relative to the folder of the library.
      grid: of the cells.
      tempo: quarter notes per minute, the median over the files.
      tempos: of each file; empty if unknown.
      metres: the time signature that each file begins with; empty if unknown.
    """

    cells: np.ndarray
    offsets: np.ndarray
    file: np.ndarray
    voice: np.ndarray
    position: np.ndarray
    files: Sequence[str]
    grid: GridConfig
    tempo: float = 120.0
    tempos: tuple[float, ...] = ()
    metres: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.file)

    @overload
    def __getitem__(self, which: SupportsIndex) -> np.ndarray: ...

    @overload
    def __getitem__(self, which: slice) -> 'Loops': ...

    def __getitem__(self, which):
        if isinstance(which, slice):
            return self.take(np.arange(len(self))[which])
        try:
            loop = operator.index(which)
        except TypeError:
            raise TypeError(
                'Loops are indexed by a number or a slice: for several numbers, or a mask, use '
                'take(numbers) or take(np.flatnonzero(mask))'
            ) from None
        if not -len(self) <= loop < len(self):
            raise IndexError(f'there is no loop {loop} among {len(self)}')
        loop %= len(self)
        return self.cells[self.offsets[loop] : self.offsets[loop + 1]]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Loops):
            return NotImplemented
        arrays = ('file', 'voice', 'position', 'offsets', 'cells')
        values = ('files', 'grid', 'tempo', 'tempos', 'metres')
        return all(getattr(self, name) == getattr(other, name) for name in values) and all(
            np.array_equal(getattr(self, name), getattr(other, name)) for name in arrays
        )

    def __contains__(self, pattern: object) -> bool:
        return any(np.array_equal(own, pattern) for own in self)  # type: ignore[arg-type]

    def index(self, pattern: np.ndarray, start: int = 0, stop: int | None = None) -> int:
        """Returns the number of the first loop equal to `pattern`, in `range(start, stop)`."""
        for loop in range(len(self))[start:stop]:
            if np.array_equal(self[loop], pattern):
                return loop
        raise ValueError('the pattern is not one of the loops')

    def count(self, pattern: np.ndarray) -> int:
        """Counts the loops equal to `pattern`."""
        return sum(np.array_equal(own, pattern) for own in self)

    __hash__ = None  # type: ignore[assignment]  # arrays can change

    def __repr__(self) -> str:
        files = len(np.unique(self.file))
        return f'Loops({len(self):,} of {files:,} files, {self.grid.rows} x {self.grid.steps})'

    @classmethod
    def from_files(
        cls, entries: Iterable[tuple[str, Sequence[tuple[int, np.ndarray]]]], grid: GridConfig
    ) -> Self:
        """Collects `(file name, [(position, pattern), ...])`, in order; a file is one voice."""
        files: list[str] = []
        file, position, patterns = [], [], []
        for name, loops in entries:
            for number, pattern in loops:
                file.append(len(files))
                position.append(number)
                patterns.append(pattern)
            files.append(name)
        lengths = np.array([0, *map(len, patterns)], np.int64)
        return cls(
            cells=np.concatenate([np.zeros(0, NOTE), *patterns]),
            offsets=np.cumsum(lengths),
            file=np.array(file, np.int32),
            voice=np.zeros(len(file), np.int32),
            position=np.array(position, np.int32),
            files=tuple(files),
            grid=grid,
        )

    def to_dense(
        self, loops: np.ndarray, shifts: np.ndarray | None = None
    ) -> dict[str, np.ndarray]:
        """Returns dense grids of some loops.

        Args:
          loops: `[batch]` integers, indices of loops.
          shifts: `[batch]` integers, semitones to transpose each by; none if not given.

        Returns:
          onset, velocity, duration, timeshift: `[batch, rows, steps]` float32.
        """
        cells, owner = self.gather_cells(loops, shifts)
        return to_dense(cells, owner, len(loops), self.grid)

    def gather_cells(
        self, loops: np.ndarray, shifts: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Returns the cells of some loops, loop by loop.

        Args:
          loops, shifts: as in `to_dense`.

        Returns:
          `[cells]` of `pattern.NOTE`, and `[cells]` int64 in [0, batch): which of these loops each
          cell belongs to.
        """
        lengths = self.offsets[loops + 1] - self.offsets[loops]
        owner = np.repeat(np.arange(len(loops)), lengths)
        first = self.offsets[loops] - np.cumsum(lengths) + lengths
        cells = self.cells[first[owner] + np.arange(len(owner))]
        if shifts is not None:
            cells['row'] = (cells['row'].astype(np.int16) + shifts[owner]).astype(np.uint8)
        return cells, owner

    def take(self, loops: np.ndarray, shifts: np.ndarray | None = None) -> 'Loops':
        """Returns some loops, in the given order, in memory; `loops` and `shifts` as in `to_dense`.

        File names stay as they are.
        """
        lengths = self.offsets[loops + 1] - self.offsets[loops]
        return dataclasses.replace(
            self,
            cells=self.gather_cells(loops, shifts)[0],
            offsets=np.append(0, np.cumsum(lengths)),
            file=self.file[loops],
            voice=self.voice[loops],
            position=self.position[loops],
        )

    @property
    def metre(self) -> str:
        """Returns the most common time signature of the loops."""
        if not (self.metres and len(self)):
            return '4/4'
        metres, counts = np.unique(np.array(self.metres)[self.file], return_counts=True)
        return str(metres[counts.argmax()])

    def take_at_most(self, count: int) -> 'Loops':
        """Returns all loops or, if there are more than `count`, as many of them, evenly chosen."""
        return self if len(self) <= count else self.take(choose_evenly(len(self), count))

    def keep_highest(self) -> 'Loops':
        """Returns loops with only the highest note of each step, step by step, in memory."""
        cells, owner = self.gather_cells(np.arange(len(self)))
        order = np.lexsort((-cells['row'].astype(np.int64), cells['step'], owner))
        place = owner[order] * self.grid.steps + cells['step'][order]
        kept = order[np.diff(place, prepend=-1) > 0]
        return self.replace_cells(cells[kept], owner[kept])

    def replace_cells(self, cells: np.ndarray, owner: np.ndarray) -> 'Loops':
        """Returns the loops with other cells, loop by loop; as returned by `gather_cells`."""
        offsets = np.append(0, np.cumsum(np.bincount(owner, minlength=len(self))))
        return dataclasses.replace(self, cells=cells, offsets=offsets)

    def row_range(self) -> tuple[np.ndarray, np.ndarray]:
        """Returns the lowest and the highest row of each loop, `[loops]` int16 each."""
        lowest, highest = np.zeros((2, len(self)), np.int16)
        for start in range(0, len(self), CHUNK_LOOPS):
            edges = self.offsets[start : start + CHUNK_LOOPS + 1]
            rows = self.cells[edges[0] : edges[-1]]['row']
            some = slice(start, start + len(edges) - 1)
            lowest[some] = np.minimum.reduceat(rows, edges[:-1] - edges[0])
            highest[some] = np.maximum.reduceat(rows, edges[:-1] - edges[0])
        return lowest, highest


def join_loops(several: Sequence[Loops], grid: GridConfig) -> Loops:
    """Joins loops of one grid, in memory; files of the same name stay apart.

    Args:
      several: may be empty.
      grid: of all of them.
    """
    none = np.zeros(0, np.int32)
    files = np.cumsum([0, *(len(loops.files) for loops in several)])
    lengths = [np.diff(loops.offsets) for loops in several]
    return Loops(
        cells=np.concatenate([np.zeros(0, NOTE), *(loops.cells for loops in several)]),
        offsets=np.cumsum(np.concatenate([np.zeros(1, np.int64), *lengths])),
        file=np.concatenate(
            [none, *(loops.file + np.int32(n) for loops, n in zip(several, files, strict=False))]
        ),
        voice=np.concatenate([none, *(loops.voice for loops in several)]),
        position=np.concatenate([none, *(loops.position for loops in several)]),
        grid=grid,
        files=tuple([file for loops in several for file in loops.files]),
        tempos=_join_known([(loops.files, loops.tempos) for loops in several]),
        metres=_join_known([(loops.files, loops.metres) for loops in several]),
    )


def _join_known(several: Sequence[tuple[Sequence[str], tuple]]) -> tuple:
    """Joins values of files; nothing is known if those of some are not."""
    is_known = all(len(values) == len(files) for files, values in several)
    return tuple([value for _, values in several for value in values if is_known])
