"""How many steps two loops differ in, and what that makes of one: new, a variation or a copy."""

from typing import Literal

import numpy as np

from melodyvae.evaluation.rhythms import take_rhythms
from melodyvae.loops.loops import Loops

MAX_VARIATION = 2  # steps that a variation of a loop differs in
AT_ONCE = 1 << 24  # steps compared in one go
Kind = Literal['new', 'variation', 'copy']


def find_nearest(loops: Loops, library: Loops) -> tuple[np.ndarray, np.ndarray]:
    """Finds the loop of a library that differs from each loop in the fewest steps.

    A step differs if not exactly the same rows begin on it. Velocities, durations and timeshifts
    do not count.

    Args:
      loops: any number; some may be empty.
      library: at least one.

    Returns:
      Index of the nearest loop of the library, `[loops]` int64, the first of several; and the
      steps that differ, `[loops]` int64, 0 for a copy.
    """
    ours, theirs = (take_rhythms(one).lay_out() for one in (loops, library))
    # Whole steps as small numbers compare faster.
    _, numbers = np.unique(np.concatenate([ours, theirs]), return_inverse=True)
    numbers = numbers.reshape(-1, loops.grid.steps).astype(np.int32)
    ours, theirs = numbers[: len(ours)], np.ascontiguousarray(numbers[len(ours) :].T)
    nearest, apart = np.zeros((2, len(ours)), np.int64)
    for start in range(0, len(ours), max(1, AT_ONCE // theirs.size)):
        some = slice(start, start + max(1, AT_ONCE // theirs.size))
        differ = np.zeros((len(ours[some]), theirs.shape[1]), np.int16)
        for step, row in enumerate(theirs):
            differ += ours[some, step, None] != row
        nearest[some] = differ.argmin(axis=1)
        apart[some] = differ.min(axis=1)
    return nearest, apart


def name_kind(apart: int) -> Kind:
    """Names what a loop is that differs from its nearest in so many steps."""
    if not apart:
        return 'copy'
    return 'variation' if apart <= MAX_VARIATION else 'new'
