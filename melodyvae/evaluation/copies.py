"""Which melodies are copies of others, whole or in part, transposed or not. NumPy only."""

import numpy as np

from melodyvae.evaluation.melodies import FIGURE, Melodies, Onsets, number_figures

FEWEST_NOTES = 4  # of a bar that counts
NEAR = 0.7  # share of the figures that a near copy has in common with one tune


def find_copies(melodies: Melodies, others: Melodies) -> np.ndarray:
    """Whether each melody is one of the others, transposed or not: `[melodies]` bool."""
    ours, theirs = (_transpose(one.lay_out()) for one in (melodies, others))
    return _find_rows(ours, theirs)


def measure_bar_copies(melodies: Melodies, others: Melodies) -> float:
    """Share of the halves of melodies that occur as a half of others, transposed or not.

    In a two-bar loop a half is a bar. Those of fewer than four notes do not count.
    """
    ours, theirs = (_cut_halves(one) for one in (melodies, others))
    return float(np.mean(_find_rows(ours, theirs))) if len(ours) else 0.0


def share_figures(loops: Onsets, others: Onsets, most: int) -> tuple[np.ndarray, np.ndarray]:
    """The files that have most of each loop's figures.

    A figure of a melody is four notes: three intervals and the times between their onsets.

    Args:
      loops: any number.
      others: whose `group` says which file they are of.
      most: files to find for each loop.

    Returns:
      Numbers of files, `[loops, most]` int64, the nearest first, -1 where no other has any; and
      the share of the figures that the nearest one has, `[loops]` float64, 0 where there are no
      figures.
    """
    (ours, owner), (theirs, their_owner) = number_figures([loops, others], FIGURE)
    files = int(others.group.max(initial=0)) + 1
    known = np.unique(theirs * files + others.group[their_owner])  # a figure once a file
    first, end = (np.searchsorted(known, (ours + more) * files) for more in (0, 1))
    found = np.repeat(np.arange(len(ours)), end - first)
    within = np.arange(len(found)) - np.repeat(np.cumsum(end - first) - (end - first), end - first)
    file = known[first[found] + within] % files
    pair, shared = np.unique(owner[found] * files + file, return_counts=True)
    loop = pair // files
    order = np.lexsort((-shared, loop))
    loop, file, shared = loop[order], (pair % files)[order], shared[order]
    rank = np.arange(len(loop)) - np.searchsorted(loop, loop)
    nearest = np.full((len(loops), most), -1)
    kept = rank < most
    nearest[loop[kept], rank[kept]] = file[kept]
    share = np.zeros(len(loops))
    best = rank == 0
    share[loop[best]] = shared[best]
    return nearest, share / np.maximum(1, np.bincount(owner, minlength=len(loops)))


def _transpose(laid: np.ndarray) -> np.ndarray:
    """Melodies laid out, `[n, steps]`, counted from their first note; rests are -128."""
    first = laid[np.arange(len(laid)), (laid >= 0).argmax(axis=1)]
    return np.where(laid >= 0, laid - first[:, None], -128)


def _cut_halves(melodies: Melodies) -> np.ndarray:
    laid = melodies.lay_out()
    halves = laid[:, : melodies.steps // 2 * 2].reshape(-1, melodies.steps // 2)
    return _transpose(halves[np.count_nonzero(halves >= 0, axis=1) >= FEWEST_NOTES])


def _find_rows(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    known = {row.tobytes() for row in theirs}
    return np.array([row.tobytes() in known for row in ours], bool)
