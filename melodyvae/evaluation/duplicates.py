"""Which loops duplicate loops of a library, whole, in one half or nearly. NumPy only.

Two loops are duplicates if they have the same onsets. On a grid of pitches, transposed loops are
duplicates too. Velocities, durations and timeshifts do not count.
"""

import numpy as np

from melodyvae.evaluation.melodies import Onsets, number_figures
from melodyvae.loops.loops import Loops

MIN_BAR_NOTES = 4  # halves with fewer notes are not compared
NEAR = 0.7  # minimum share of figures that a near duplicate has in common with one file


def find_copies(loops: Loops, library: Loops) -> np.ndarray:
    """Finds the loops that are duplicates of library loops, `[loops]` bool.

    A device that plays one note per step can only duplicate the highest notes of a chord: give
    `Loops.keep_highest` of the library then.
    """
    return _find_known(_split_onsets(loops, 1), _split_onsets(library, 1))


def measure_bar_copies(loops: Loops, library: Loops) -> float:
    """Returns the share of halves that are duplicates of a half of a library loop, 0 for no halves.

    A half of a two-bar loop is a bar. Halves with fewer than 4 notes do not count.
    """
    ours, theirs = (
        [bar for bar in _split_onsets(some, 2) if len(bar) >= MIN_BAR_NOTES]
        for some in (loops, library)
    )
    return float(_find_known(ours, theirs).mean()) if ours else 0.0


def count_distinct(loops: Loops) -> int:
    """Counts the loops that differ in their onsets; a transposed loop differs."""
    return len({onsets.tobytes() for onsets in _split_onsets(loops, 1, transposed=False)})


def share_figures(loops: Onsets, others: Onsets, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Finds the files that have the most figures in common with each loop.

    A figure of a melody is four notes: three intervals and the times between their onsets.

    Args:
      loops: any number.
      others: the loops of the files; `group` is the file of each.
      count: files to find for each loop.

    Returns:
      Numbers of files, `[loops, count]` int64, the nearest first, -1 if no more files have a
      figure in common; and the share of the figures that the nearest file has, `[loops]` float64,
      0 for loops without figures.
    """
    (ours, owner), (theirs, their_owner) = number_figures([loops, others])
    files = int(others.group.max(initial=0)) + 1
    known = np.unique(theirs * files + others.group[their_owner])  # each figure once per file
    first, end = (np.searchsorted(known, (ours + more) * files) for more in (0, 1))
    found = np.repeat(np.arange(len(ours)), end - first)
    within = np.arange(len(found)) - np.repeat(np.cumsum(end - first) - (end - first), end - first)
    file = known[first[found] + within] % files
    pair, shared = np.unique(owner[found] * files + file, return_counts=True)
    loop = pair // files
    order = np.lexsort((-shared, loop))
    loop, file, shared = loop[order], (pair % files)[order], shared[order]
    rank = np.arange(len(loop)) - np.searchsorted(loop, loop)
    nearest = np.full((len(loops), count), -1)
    kept = rank < count
    nearest[loop[kept], rank[kept]] = file[kept]
    share = np.zeros(len(loops))
    best = rank == 0
    share[loop[best]] = shared[best]
    return nearest, share / np.maximum(1, np.bincount(owner, minlength=len(loops)))


def _split_onsets(loops: Loops, parts: int, *, transposed: bool = True) -> list[np.ndarray]:
    """Cuts loops into equal parts: a sorted array of the onsets of each part.

    Equal arrays mean the same onsets; if `transposed`, relative to the lowest pitch of the part.
    """
    length = loops.grid.steps // parts
    step, row = (loops.cells[name].astype(np.int64) for name in ('step', 'row'))
    owner = np.repeat(np.arange(len(loops)), np.diff(loops.offsets)) * parts + step // length
    owner = np.where(step < parts * length, owner, parts * len(loops))  # beyond the last part
    if transposed and not loops.grid.drum_map:
        lowest = np.full(parts * len(loops) + 1, loops.grid.rows)
        np.minimum.at(lowest, owner, row)
        row -= lowest[owner]
    onsets = row * length + step % length
    order = np.lexsort((onsets, owner))
    counts = np.bincount(owner, minlength=parts * len(loops) + 1)
    return np.split(onsets[order].astype(np.int32), np.cumsum(counts)[:-1])[:-1]


def _find_known(ours: list[np.ndarray], theirs: list[np.ndarray]) -> np.ndarray:
    known = {onsets.tobytes() for onsets in theirs}
    return np.array([onsets.tobytes() in known for onsets in ours], bool)
