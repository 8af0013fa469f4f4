"""Loops of a library: sparse on disk, dense when a model looks at them.

A dataset folder holds `dataset.json` (version, grid, file names) and two NumPy arrays, which are
mapped and not read: opening a large library costs nothing.
"""

import dataclasses
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Self

import numpy as np

from melodyvae.config import GridConfig
from melodyvae.errors import UserError
from melodyvae.files import new_folder
from melodyvae.pattern import NOTE, dense

VERSION = 1
CELL_SETTINGS = ('rows', 'steps', 'steps_per_quarter', 'lowest_pitch', 'drum_map')
LOOP = np.dtype([('end', '<i8'), ('file', '<i4'), ('position', '<i4')])
"""One loop: where its cells end, the file it is from, its number within the file from 0."""


@dataclasses.dataclass(frozen=True, slots=True)
class Loops:
    """The loops of a library, without their transposed copies.

    Attributes:
      cells: `[cells]` of `pattern.NOTE`, loop after loop.
      offsets: `[loops + 1]` int64; loop i has the cells from `offsets[i]` to `offsets[i + 1]`.
      file: `[loops]` int32, index into `files`.
      position: `[loops]` int32, number of the loop within its file, from 0.
      files: names of the files, without their folders' path above the library.
      grid: of the cells.
    """

    cells: np.ndarray
    offsets: np.ndarray
    file: np.ndarray
    position: np.ndarray
    files: tuple[str, ...]
    grid: GridConfig

    def __len__(self) -> int:
        return len(self.file)

    def __getitem__(self, loop: int) -> np.ndarray:
        return self.cells[self.offsets[loop] : self.offsets[loop + 1]]

    @classmethod
    def from_files(
        cls, entries: Iterable[tuple[str, Sequence[tuple[int, np.ndarray]]]], grid: GridConfig
    ) -> Self:
        """Collects `(file name, [(position, pattern), ...])`, in order."""
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
            position=np.array(position, np.int32),
            files=tuple(files),
            grid=grid,
        )

    def dense(self, loops: np.ndarray, shifts: np.ndarray | None = None) -> dict[str, np.ndarray]:
        """Grids of some loops.

        Args:
          loops: `[batch]` integers, indices of loops.
          shifts: `[batch]` integers, semitones to transpose each by; none if not given.

        Returns:
          onset, velocity, duration, timeshift: `[batch, rows, steps]` float32.
        """
        lengths = self.offsets[loops + 1] - self.offsets[loops]
        owner = np.repeat(np.arange(len(loops)), lengths)
        cells = self.cells[self._cells_of(loops, lengths)]
        if shifts is not None:
            cells['row'] = (cells['row'].astype(np.int16) + shifts[owner]).astype(np.uint8)
        return dense(cells, owner, len(loops), self.grid)

    def take(self, loops: np.ndarray) -> 'Loops':
        """Some of the loops, `[loops]` indices, in the given order; file names stay as they are."""
        lengths = self.offsets[loops + 1] - self.offsets[loops]
        return Loops(
            cells=self.cells[self._cells_of(loops, lengths)],
            offsets=np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)]),
            file=self.file[loops],
            position=self.position[loops],
            files=self.files,
            grid=self.grid,
        )

    def _cells_of(self, loops: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        """Where the cells of some loops lie, loop after loop."""
        first = np.repeat(self.offsets[loops] - np.cumsum(lengths) + lengths, lengths)
        return first + np.arange(len(first))

    def row_range(self) -> tuple[np.ndarray, np.ndarray]:
        """Lowest and highest row of each loop, `[loops]` int64 each."""
        rows = self.cells['row']
        lowest = np.minimum.reduceat(rows, self.offsets[:-1]) if len(self) else rows
        highest = np.maximum.reduceat(rows, self.offsets[:-1]) if len(self) else rows
        return lowest.astype(np.int64), highest.astype(np.int64)


def save_loops(loops: Loops, folder: Path, *, overwrite: bool = False) -> None:
    """Writes a dataset folder in one move.

    Raises:
      UserError: if the folder exists and `overwrite` is False.
    """
    with new_folder(folder, overwrite=overwrite) as temporary:
        write_loops(loops, temporary)


def write_loops(loops: Loops, folder: Path) -> None:
    """Writes the files of a dataset into an existing folder."""
    index = np.zeros(len(loops), LOOP)
    index['end'], index['file'], index['position'] = loops.offsets[1:], loops.file, loops.position
    np.save(folder / 'cells.npy', loops.cells)
    np.save(folder / 'loops.npy', index)
    header = {'version': VERSION, 'grid': loops.grid.to_dict(), 'files': loops.files}
    (folder / 'dataset.json').write_text(json.dumps(header, indent=1) + '\n')


def load_loops(folder: Path) -> Loops:
    """Opens what `save_loops` wrote; the cells stay on disk until they are used.

    Raises:
      UserError: if the folder is no dataset, is damaged or is of another version.
    """
    try:
        header = json.loads((folder / 'dataset.json').read_text())
        if header['version'] != VERSION:
            raise UserError(
                f'{folder} holds a dataset of version {header["version"]}, and this is for '
                f'version {VERSION}: prepare it again.'
            )
        index = np.load(folder / 'loops.npy')
        cells = np.load(folder / 'cells.npy', mmap_mode='r')
        if index.dtype != LOOP or cells.dtype != NOTE:
            raise ValueError('its arrays hold something else')
        offsets = np.concatenate([np.zeros(1, np.int64), index['end']])
        if offsets[-1] != len(cells) or np.any(np.diff(offsets) < 0):
            raise ValueError('its arrays do not belong together')
        grid = GridConfig.from_dict(header['grid'])
        return Loops(cells, offsets, index['file'], index['position'], tuple(header['files']), grid)
    except FileNotFoundError as error:
        raise UserError(
            f'{folder} is not a dataset: it has no {Path(error.filename).name}. '
            f'Make one with melodyvae_prepare.'
        ) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f'{folder} cannot be read as a dataset: {error}.') from error


def check_grid(loops: Loops, grid: GridConfig, folder: Path) -> None:
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
