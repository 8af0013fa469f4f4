"""Loops of literal notes."""

import numpy as np

from melodyvae.config.settings import GridConfig
from melodyvae.loops.loops import Loops
from melodyvae.loops.pattern import NOTE


def make_loops(tunes: list[list[tuple[int, int]]]) -> Loops:
    """A loop of (step, row) for each tune, each a file of its own, on the default's grid."""
    entries = []
    for number, tune in enumerate(tunes):
        cells = np.zeros(len(tune), NOTE)
        for index, (step, row) in enumerate(tune):
            cells[index] = (row, step, 0.8, 0.25, 0.0)
        entries.append((f'{number}', [(0, cells)]))
    return Loops.from_files(entries, GridConfig())
