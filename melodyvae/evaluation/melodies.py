"""Loops as sequences of onsets: as melodies, or as the rhythms of all hits. NumPy only."""

import dataclasses
from collections.abc import Sequence
from typing import Self

import numpy as np

from melodyvae.loops.loops import Loops

FIGURE = 3  # intervals of a figure, the unit in which melodies are compared: four notes


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Onsets:
    """Loops as sequences of onsets, each with a symbol: what begins, and how long after the last.

    Attributes:
      what: `[onsets]` int64, what begins: the row of a melody, or the sum of 2^row over all hits.
      step, owner: `[onsets]` int64, step and loop of each, by loop and step.
      group: `[loops]` int64, the file of each.
      rows, steps: of the grid.
      is_melody: whether a symbol has the interval from the note before, not what begins.
    """

    what: np.ndarray
    step: np.ndarray
    owner: np.ndarray
    group: np.ndarray
    rows: int
    steps: int
    is_melody: bool

    def __len__(self) -> int:
        return len(self.group)

    @property
    def links(self) -> np.ndarray:
        """Whether an onset follows another in its loop, `[onsets]` bool."""
        return np.concatenate([[False], self.owner[1:] == self.owner[:-1]])[: len(self.owner)]

    @property
    def interval(self) -> np.ndarray:
        """Semitones from the note before, of melodies, `[links]` int64."""
        return np.diff(self.what, prepend=0)[self.links]

    @property
    def symbols(self) -> np.ndarray:
        """What follows, and how many steps later, as one number from 0, `[links]` int64."""
        what = self.interval + self.rows - 1 if self.is_melody else self.what[self.links]
        return what * self.steps + np.diff(self.step, prepend=0)[self.links]

    @property
    def alphabet(self) -> int:
        """Number of different symbols."""
        return (2 * self.rows - 1 if self.is_melody else 2**self.rows) * self.steps

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


def take_melodies(loops: Loops) -> Onsets:
    """Takes the highest note of each step of each loop."""
    highest = loops.keep_highest()
    step = highest.cells['step'].astype(np.int64)
    return _build_onsets(
        loops, highest.cells['row'].astype(np.int64), step, _find_owners(highest), True
    )


def take_rhythms(loops: Loops) -> Onsets:
    """Collects the hits of each step of each loop."""
    steps = loops.grid.steps
    place, onset = np.unique(_find_owners(loops) * steps + loops.cells['step'], return_inverse=True)
    hits = np.zeros(len(place), np.int64)
    np.add.at(hits, onset, 1 << loops.cells['row'].astype(np.int64))
    return _build_onsets(loops, hits, place % steps, place // steps, False)


def _find_owners(loops: Loops) -> np.ndarray:
    """Returns the loop of each cell."""
    return np.repeat(np.arange(len(loops)), np.diff(loops.offsets))


def _build_onsets(
    loops: Loops, what: np.ndarray, step: np.ndarray, owner: np.ndarray, is_melody: bool
) -> Onsets:
    group, grid = loops.file.astype(np.int64), loops.grid
    return Onsets(what, step, owner, group, grid.rows, grid.steps, is_melody)


def number_figures(loops: Sequence[Onsets]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Numbers the figures of several sets of loops: equal figures have equal numbers.

    Args:
      loops: sets on the same grid.

    Returns:
      For each set: `[figures]` int64, the numbers of its figures, and the loop of each.
    """
    known = np.unique(np.concatenate([one.symbols for one in loops]))  # chords have many others
    codes, owners = [], []
    for one in loops:
        owner, symbols = one.owner[one.links], np.searchsorted(known, one.symbols)
        starts = np.flatnonzero(owner[: len(owner) - FIGURE + 1] == owner[FIGURE - 1 :])
        code = np.zeros(len(starts), np.int64)
        for place in range(FIGURE):
            code = code * len(known) + symbols[starts + place]
        codes.append(code)
        owners.append(owner[starts])
    _, numbers = np.unique(np.concatenate(codes), return_inverse=True)
    ends = np.cumsum([len(code) for code in codes])[:-1]
    return list(zip(np.split(numbers, ends), owners, strict=True))
