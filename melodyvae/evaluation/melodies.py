"""Loops as melodies: one note a step, and what lies between notes. NumPy only."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from melodyvae.loops.loops import Loops

FIGURE = 3  # intervals of a figure, which is what melodies are compared by: four notes


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Melodies:
    """Loops, of each step the highest note.

    Attributes:
      row, step, owner: `[notes]` int64, loop after loop and step after step; the owner is a loop.
      group: `[melodies]` int64, the file that each is from.
      rows, steps: of the grid.
    """

    row: np.ndarray
    step: np.ndarray
    owner: np.ndarray
    group: np.ndarray
    rows: int
    steps: int

    def __len__(self) -> int:
        return len(self.group)

    @property
    def links(self) -> np.ndarray:
        """Whether a note has another before it in its loop, `[notes]` bool."""
        return np.concatenate([[False], self.owner[1:] == self.owner[:-1]])[: len(self.owner)]

    @property
    def interval(self) -> np.ndarray:
        """Semitones from the note before, `[links]` int64."""
        return np.diff(self.row, prepend=0)[self.links]

    @property
    def symbols(self) -> np.ndarray:
        """Interval and steps since the note before as one number from 0, `[links]` int64."""
        inter_onset = np.diff(self.step, prepend=0)[self.links]
        return (self.interval + self.rows - 1) * self.steps + inter_onset

    @property
    def alphabet(self) -> int:
        """How many symbols there are."""
        return (2 * self.rows - 1) * self.steps

    def take(self, which: np.ndarray) -> 'Melodies':
        """Those of a mask, `[melodies]` bool; they are numbered anew."""
        notes = which[self.owner]
        owner = (np.cumsum(which) - 1)[self.owner[notes]]
        return dataclasses.replace(
            self,
            row=self.row[notes],
            step=self.step[notes],
            owner=owner,
            group=self.group[which],
        )

    def lay_out(self) -> np.ndarray:
        """The row at every step, -1 for none: `[melodies, steps]` int64."""
        laid = np.full((len(self), self.steps), -1)
        laid[self.owner, self.step] = self.row
        return laid


def take_melodies(loops: Loops) -> Melodies:
    """The highest note of each step of each loop."""
    highest = loops.keep_highest()
    return Melodies(
        row=highest.cells['row'].astype(np.int64),
        step=highest.cells['step'].astype(np.int64),
        owner=np.repeat(np.arange(len(loops)), np.diff(highest.offsets)),
        group=loops.file.astype(np.int64),
        rows=loops.grid.rows,
        steps=loops.grid.steps,
    )


def number_figures(
    melodies: Sequence[Melodies], length: int = FIGURE
) -> list[tuple[np.ndarray, np.ndarray]]:
    """The same number for figures that are alike, in whichever set of melodies they are.

    Args:
      melodies: sets of the same grid.
      length: symbols of a figure.

    Returns:
      For each set: `[figures]` int64, the figures' numbers, and which melody each belongs to.
    """
    codes, owners = [], []
    for one in melodies:
        owner, symbols = one.owner[one.links], one.symbols
        starts = np.flatnonzero(owner[: len(owner) - length + 1] == owner[length - 1 :])
        code = np.zeros(len(starts), np.int64)
        for place in range(length):
            code = code * one.alphabet + symbols[starts + place]
        codes.append(code)
        owners.append(owner[starts])
    _, numbers = np.unique(np.concatenate(codes), return_inverse=True)
    ends = np.cumsum([len(code) for code in codes])[:-1]
    return list(zip(np.split(numbers, ends), owners, strict=True))
