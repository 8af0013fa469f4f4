"""Loops of drums as rhythms: which classes are hit together, and when. NumPy only."""

import dataclasses

import numpy as np

from melodyvae.evaluation.melodies import Onsets
from melodyvae.loops.loops import Loops


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Rhythms(Onsets):
    """Loops as all hits of each step: the sum of 2^row over the rows."""

    @property
    def symbols(self) -> np.ndarray:
        """Hits and steps since the hits before as one number from 0, `[links]` int64."""
        return self.what[self.links] * self.steps + self.inter_onset

    @property
    def alphabet(self) -> int:
        """Number of different symbols."""
        return 2**self.rows * self.steps


def take_rhythms(loops: Loops) -> Rhythms:
    """Collects the hits of each step of each loop."""
    steps, owner = loops.grid.steps, np.repeat(np.arange(len(loops)), np.diff(loops.offsets))
    place, onset = np.unique(owner * steps + loops.cells['step'], return_inverse=True)
    hits = np.zeros(len(place), np.int64)
    np.add.at(hits, onset, 1 << loops.cells['row'].astype(np.int64))
    return Rhythms(
        what=hits,
        step=place % steps,
        owner=place // steps,
        group=loops.file.astype(np.int64),
        rows=loops.grid.rows,
        steps=steps,
    )
