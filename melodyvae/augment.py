"""More patterns out of few: transposition, where the whole loop stays inside the grid."""

from collections.abc import Sequence

import numpy as np


def transpose(pattern: np.ndarray, semitones: int) -> np.ndarray:
    """The pattern, `semitones` rows up, as a new `[cells]` array of `NOTE`."""
    moved = pattern.copy()
    moved['row'] = (pattern['row'].astype(np.int16) + semitones).astype(np.uint8)
    return moved


def fitting_shifts(
    lowest: np.ndarray, highest: np.ndarray, shifts: Sequence[int], rows: int
) -> tuple[np.ndarray, np.ndarray]:
    """Which transposed copies of which loops stay inside the grid.

    Args:
      lowest: `[loops]` lowest row of each loop.
      highest: `[loops]` highest row of each loop.
      shifts: semitones to try, in this order.
      rows: height of the grid.

    Returns:
      `[copies]` int64 index of the loop and `[copies]` int8 semitones, loop by loop. A shift of 0
      doubles a loop, as the Original device does.
    """
    steps = np.asarray(shifts, np.int16)
    fits = (lowest[:, None] + steps >= 0) & (highest[:, None] + steps < rows)
    loop, choice = np.nonzero(fits)
    return loop, steps[choice].astype(np.int8)


def augment(patterns: list[np.ndarray], shifts: Sequence[int], rows: int) -> list[np.ndarray]:
    """All patterns, then the transposed copies of each, as the devices append them."""
    lowest = np.array([pattern['row'].min() for pattern in patterns], np.int64)
    highest = np.array([pattern['row'].max() for pattern in patterns], np.int64)
    copies = zip(*fitting_shifts(lowest, highest, shifts, rows), strict=True)
    return patterns + [transpose(patterns[loop], int(shift)) for loop, shift in copies]
