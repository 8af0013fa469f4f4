"""Statistics of many loops, which compare a pad with its library. NumPy only."""

import dataclasses

import numpy as np

from melodyvae.training.compose import Segments

FIGURE = 4  # notes
SPAN = 256  # more than any interval or distance of notes


@dataclasses.dataclass(slots=True, eq=False)
class Statistics:
    """Shares of loops, or the potentials that adjust them: see `fill.TileFiller`.

    Attributes:
      notes: `[notes + 1]` float64, of each number of notes in a loop.
      rhythms: per segment, `[rhythms]` float64.
      rows: per segment, `[rows]` float64, mean notes in each row.
      matches: `[2 * half]` float64, of each number of `count_matches` of rhythms between halves.
      repeats: mean of the same of whole segments.
      pitches: mean number of different rows in a loop.
      returning: share of the figures of the first half that occur in the second one, transposed or
        not. A figure is four notes: three intervals and the times between them.
    """

    notes: np.ndarray
    rhythms: list[np.ndarray]
    rows: list[np.ndarray]
    matches: np.ndarray
    repeats: float
    pitches: float
    returning: float


def count_statistics(segments: Segments, kinds: np.ndarray, weight: np.ndarray) -> Statistics:
    """Counts what `Statistics` holds.

    Args:
      segments: of a library.
      kinds: `[loops, segments]` int64, the kind of each segment of each loop.
      weight: `[loops]` float64, how much each loop counts; sum 1.
    """
    each = list(zip(segments.on, kinds.T, strict=True))
    notes = np.stack([on.sum(axis=(1, 2))[kind] for on, kind in each]).sum(axis=0)
    used = np.any([np.asarray(on.any(axis=2))[kind] for on, kind in each], axis=0)
    matches = count_matches(match_halves(segments.half_rhythm, kinds))
    repeats = count_matches(match_halves(segments.half_kind, kinds))
    loops = np.concatenate([on[kind] for on, kind in each], axis=2)
    return Statistics(
        notes=np.bincount(notes, weight, minlength=segments.max_notes + 1),
        rhythms=[
            np.bincount(rhythm[kind], weight, minlength=rhythm.max() + 1)
            for rhythm, kind in zip(segments.rhythm, kinds.T, strict=True)
        ],
        rows=[weight @ on.sum(axis=2)[kind] for on, kind in each],
        matches=np.bincount(matches, weight, minlength=max(1, segments.places)),
        repeats=float(weight @ repeats),
        pitches=float(weight @ used.sum(axis=1)),
        returning=_share_returning(loops, weight),
    )


def match_halves(labels: list[np.ndarray], kinds: np.ndarray) -> np.ndarray:
    """Returns whether segments have the same label in both halves, `[loops, half]` bool."""
    half = len(labels) // 2
    pairs = [
        labels[place][kinds[:, place]] == labels[place + half][kinds[:, place + half]]
        for place in range(half)
    ]
    return np.stack(pairs, axis=1) if pairs else np.zeros((len(kinds), 0), bool)


def count_matches(same: np.ndarray) -> np.ndarray:
    """Counts the segments that match, plus the neighboring pairs that match: `[loops]` int64.

    Two beats in a row count more than two that are apart, since only they make a figure.
    """
    return same.sum(axis=1) + (same[:, 1:] & same[:, :-1]).sum(axis=1)


def _share_returning(loops: np.ndarray, weight: np.ndarray) -> float:
    half = loops.shape[2] // 2
    highest = loops.shape[1] - 1 - loops[:, ::-1].argmax(axis=1)
    owner, step = np.nonzero(loops.any(axis=1))
    row = highest[owner, step]
    count = max(0, len(row) - FIGURE + 1)
    code = np.zeros(count, np.int64)
    for more in range(1, FIGURE):
        for value in (row, step):
            code = code * SPAN + value[more : more + count] - value[:count] + SPAN // 2
    begin, end = step[:count], step[FIGURE - 1 :]
    whole = owner[:count] == owner[FIGURE - 1 :]
    first, second = whole & (end < half), whole & (begin >= half)
    _, number = np.unique(code, return_inverse=True)
    figure = owner[:count] * (count + 1) + number
    counted = weight[owner[:count][first]]
    returns = np.isin(figure[first], figure[second])
    return float((counted @ returns) / counted.sum()) if counted.any() else 0.0
