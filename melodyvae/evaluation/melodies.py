"""Loops as melodies: one note per step, and the intervals between notes. NumPy only."""

import dataclasses
from collections.abc import Sequence
from typing import Self

import numpy as np

from melodyvae.loops.loops import Loops

FIGURE = 3  # intervals of a figure, the unit in which melodies are compared: four notes


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Onsets:
    """Loops as sequences of onsets; subclasses define the symbols.

    Attributes:
      what: `[onsets]` int64, what begins: a row, or a number for several rows.
      step, owner: `[onsets]` int64, step and loop of each, by loop and step.
      group: `[loops]` int64, the file of each.
      rows, steps: of the grid.
    """

    what: np.ndarray
    step: np.ndarray
    owner: np.ndarray
    group: np.ndarray
    rows: int
    steps: int

    def __len__(self) -> int:
        return len(self.group)

    @property
    def links(self) -> np.ndarray:
        """Whether an onset follows another in its loop, `[onsets]` bool."""
        return np.concatenate([[False], self.owner[1:] == self.owner[:-1]])[: len(self.owner)]

    @property
    def inter_onset(self) -> np.ndarray:
        """Steps since the onset before, `[links]` int64."""
        return np.diff(self.step, prepend=0)[self.links]

    @property
    def symbols(self) -> np.ndarray:
        """What follows, and when, as one number from 0, `[links]` int64."""
        raise NotImplementedError

    @property
    def alphabet(self) -> int:
        """Number of different symbols."""
        raise NotImplementedError

    def take(self, which: np.ndarray) -> Self:
        """Returns the loops of a mask, `[loops]` bool, renumbered."""
        kept = which[self.owner]
        return dataclasses.replace(
            self,
            what=self.what[kept],
            step=self.step[kept],
            owner=(np.cumsum(which) - 1)[self.owner[kept]],
            group=self.group[which],
        )

    def lay_out(self) -> np.ndarray:
        """Returns what begins at every step, -1 for nothing: `[loops, steps]` int64."""
        laid = np.full((len(self), self.steps), -1)
        laid[self.owner, self.step] = self.what
        return laid


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Melodies(Onsets):
    """Loops as their highest note of each step."""

    @property
    def row(self) -> np.ndarray:
        """`[onsets]` int64."""
        return self.what

    @property
    def interval(self) -> np.ndarray:
        """Semitones from the note before, `[links]` int64."""
        return np.diff(self.row, prepend=0)[self.links]

    @property
    def symbols(self) -> np.ndarray:
        """Interval and steps since the note before as one number from 0, `[links]` int64."""
        return (self.interval + self.rows - 1) * self.steps + self.inter_onset

    @property
    def alphabet(self) -> int:
        """Number of different symbols."""
        return (2 * self.rows - 1) * self.steps


def take_melodies(loops: Loops) -> Melodies:
    """Takes the highest note of each step of each loop."""
    highest = loops.keep_highest()
    return Melodies(
        what=highest.cells['row'].astype(np.int64),
        step=highest.cells['step'].astype(np.int64),
        owner=np.repeat(np.arange(len(loops)), np.diff(highest.offsets)),
        group=loops.file.astype(np.int64),
        rows=loops.grid.rows,
        steps=loops.grid.steps,
    )


def number_figures(
    loops: Sequence[Onsets], length: int = FIGURE
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Numbers the figures of several sets of loops: equal figures have equal numbers.

    Args:
      loops: sets on the same grid.
      length: symbols per figure.

    Returns:
      For each set: `[figures]` int64, the numbers of its figures, and the loop of each.
    """
    known = np.unique(np.concatenate([one.symbols for one in loops]))  # chords have many others
    codes, owners = [], []
    for one in loops:
        owner, symbols = one.owner[one.links], np.searchsorted(known, one.symbols)
        starts = np.flatnonzero(owner[: len(owner) - length + 1] == owner[length - 1 :])
        code = np.zeros(len(starts), np.int64)
        for place in range(length):
            code = code * len(known) + symbols[starts + place]
        codes.append(code)
        owners.append(owner[starts])
    _, numbers = np.unique(np.concatenate(codes), return_inverse=True)
    ends = np.cumsum([len(code) for code in codes])[:-1]
    return list(zip(np.split(numbers, ends), owners, strict=True))
