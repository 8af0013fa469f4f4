"""New loops, pieced together from segments of a library's loops. NumPy only.

A loop is cut into segments, one per beat. What may follow a segment is known from the library: a
Markov chain of segments, with the notes and rhythms on both sides of the cut where the pair itself
is unknown (back-off, as in S. Katz, "Estimation of probabilities from sparse data", 1987). What
the second half takes over of the first is known too: see `Segments.form`.
"""

import dataclasses
import itertools

import numpy as np

from melodyvae.loops.loops import Loops

MAX_KINDS = 800  # of segments at one place
BORROWED = 0.25  # weight of a segment that comes from the other half of a loop
BACK_OFF = 1.0  # loops that the back-off counts as
FORBIDDEN = -30.0  # natural log of the probability of what no loop of the library does
MAX_FORM = 4.0  # natural log of how much likelier a relation may make a pair
NO_ROW = -1


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Segments:
    """The kinds of segments that a library has at each place of a loop.

    Attributes:
      bounds: `[places + 1]` int64, the steps at which segments begin, and the end.
      on: per place, `[kinds, rows, steps of the segment]` bool, its onsets.
      source: per place, `[kinds, 2]` int64: a loop, and the first step there, that have it.
      of: per place, `[loops]` int64, the kind that each loop has there, or -1 if it was left out.
      rhythm: per place, `[kinds]` int64, the same number for the same onset times.
      prior: per place, `[kinds]` float64, log probability of a kind.
      follow: per place, `[kinds, kinds of the next place]` float32, log probability of the next;
        the last place is followed by the first, since loops go round.
      twins: per place of the first half, `[kinds]` int64, the same kind in the second half; 0 where
        that has none.
      form: per place of the first half, `[kinds, kinds of the same place in the second half]`
        float32: how much likelier their relation is than by chance, as a natural log.
    """

    bounds: np.ndarray
    on: list[np.ndarray]
    source: list[np.ndarray]
    of: list[np.ndarray]
    rhythm: list[np.ndarray]
    prior: list[np.ndarray]
    follow: list[np.ndarray]
    twins: list[np.ndarray]
    form: list[np.ndarray]

    @property
    def places(self) -> int:
        return len(self.on)


def cut_segments(loops: Loops, kept: int) -> Segments:
    """Cuts loops into segments and counts what follows what.

    Args:
      loops: at least one, one note per step where the device plays one.
      kept: of how many of the first loops every segment is kept, however rare it is.
    """
    steps, length = loops.grid.steps, loops.grid.steps_per_quarter
    bounds = np.unique([*range(0, steps, length), steps]).astype(np.int64)
    onset = loops.to_dense(np.arange(len(loops)))['onset'] > 0
    places, half = len(bounds) - 1, (len(bounds) - 1) // 2
    cuts = [onset[:, :, a:b] for a, b in itertools.pairwise(bounds)]
    on, source, of, weight = [], [], [], []
    for place in range(places):
        other = (place + half) % places if places == 2 * half else place
        borrowed = other != place and cuts[other].shape == cuts[place].shape
        drawn = [place, other] if borrowed else [place]
        kinds, number, counts, first = _find_kinds(cuts, drawn, kept)
        on.append(kinds)
        of.append(number)
        weight.append(counts)
        which = first // len(loops)
        source.append(np.stack([first % len(loops), bounds[np.array(drawn)[which]]], axis=1))
    prior = [np.log(counts / counts.sum()) for counts in weight]
    pairs = _NotePairs(loops)
    halves = [(place, place + half) for place in range(half)]
    if any(cuts[a].shape != cuts[b].shape for a, b in halves) or places % 2:
        halves = []
    return Segments(
        bounds=bounds,
        on=on,
        source=source,
        of=of,
        rhythm=[_number_rhythms(kinds) for kinds in on],
        prior=prior,
        follow=[
            _count_following(on, of, weight, place, (place + 1) % places, pairs)
            for place in range(places)
        ],
        twins=[_find_twins(on[a], on[b]) for a, b in halves],
        form=[_compare_halves(on, of, a, b) for a, b in halves],
    )


def _find_kinds(
    cuts: list[np.ndarray], drawn: list[int], kept: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Kinds, the number of each loop's own, their weights, and where each occurs first."""
    every = np.concatenate([cuts[place] for place in drawn])
    loops = len(cuts[drawn[0]])
    packed = np.packbits(every.reshape(len(every), -1), axis=1)
    _, first, number = np.unique(packed, axis=0, return_index=True, return_inverse=True)
    number = number.ravel()
    counts = np.bincount(number[:loops], minlength=len(first)).astype(float)
    counts += BORROWED * np.bincount(number[loops:], minlength=len(first))
    rank = counts.copy()
    rank[number[:kept]] = np.inf
    taken = np.sort(np.argsort(-rank, kind='stable')[: max(MAX_KINDS, np.isinf(rank).sum())])
    renumbered = np.full(len(first), -1)
    renumbered[taken] = np.arange(len(taken))
    return every[first[taken]], renumbered[number[:loops]], counts[taken], first[taken]


class _NotePairs:
    """How often one row follows another in a library, and how wide its intervals are."""

    def __init__(self, loops: Loops):
        self.single = not loops.grid.drum_map
        owner = np.repeat(np.arange(len(loops)), np.diff(loops.offsets))
        order = np.lexsort((loops.cells['row'], loops.cells['step'], owner))
        row, owner = loops.cells['row'][order].astype(np.int64), owner[order]
        self.single &= len(np.unique(owner * 256 + loops.cells['step'][order])) == len(row)
        linked = owner[1:] == owner[:-1]
        rows = loops.grid.rows
        before, after = row[:-1][linked], row[1:][linked]
        interval = after - before
        self.widest = int(np.abs(interval).max(initial=0))
        counts = np.zeros((rows, rows))
        np.add.at(counts, (before, after), 1)
        share = np.bincount(row, minlength=rows) / max(1, len(row))
        by_interval = np.bincount(interval + rows, minlength=2 * rows) / max(1, len(interval))
        every = np.arange(rows)
        expected = by_interval[every[None] - every[:, None] + rows] * share[None]
        expected /= np.maximum(expected.sum(axis=1, keepdims=True), 1e-9)
        total = counts.sum(axis=1, keepdims=True)
        given = (counts + 4 * expected) / (total + 4)
        with np.errstate(divide='ignore', invalid='ignore'):
            self.ratio = np.where(share > 0, np.log(given) - np.log(share), FORBIDDEN)
        self.ratio = np.clip(np.nan_to_num(self.ratio, neginf=FORBIDDEN), FORBIDDEN, 5)
        self.ratio[np.abs(every[:, None] - every[None]) > self.widest] = FORBIDDEN

    def judge(self, last: np.ndarray, first: np.ndarray, *, any_step: bool) -> np.ndarray:
        """Log ratio of each pair over chance, `[last, first]`; 0 where a side has no note.

        With `any_step`, all pairs count alike that are not too wide for the library.
        """
        if not self.single:
            return np.zeros((len(last), len(first)))
        found = self.ratio[last[:, None], first[None]]
        if any_step:
            found = np.where(found > FORBIDDEN, 0, FORBIDDEN)
        return np.where((last[:, None] == NO_ROW) | (first[None] == NO_ROW), 0, found)


def _count_following(on, of, weight, place, after, pairs) -> np.ndarray:
    kinds, others = len(on[place]), len(on[after])
    both = (of[place] >= 0) & (of[after] >= 0)
    counts = np.zeros((kinds, others), np.float32)
    np.add.at(counts, (of[place][both], of[after][both]), 1)
    rhythm, next_rhythm = _number_rhythms(on[place]), _number_rhythms(on[after])
    chance = np.outer(np.bincount(rhythm, weight[place]), np.bincount(next_rhythm, weight[after]))
    chance = np.asarray(chance / chance.sum())
    joint = 2 * chance
    np.add.at(joint, (rhythm[of[place][both]], next_rhythm[of[after][both]]), 1)
    ratio = np.log(joint / joint.sum()) - np.log(chance)
    last, first = _find_end(on[place], last=True), _find_end(on[after], last=False)
    back_off = ratio[rhythm[:, None], next_rhythm[None]]
    back_off += pairs.judge(last, first, any_step=after == 0)  # a loop may leap where it goes round
    back_off += np.log(weight[after] / weight[after].sum())
    allowed = back_off > FORBIDDEN / 2
    back_off = np.exp(back_off)
    back_off /= np.maximum(back_off.sum(axis=1, keepdims=True), 1e-12)
    total = counts.sum(axis=1, keepdims=True)
    with np.errstate(divide='ignore'):
        found = np.log((counts + BACK_OFF * back_off) / (total + BACK_OFF))
    return np.where(allowed | (counts > 0), np.maximum(found, FORBIDDEN), FORBIDDEN).astype(
        np.float32
    )


def _find_twins(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    numbers = {one.tobytes(): number for number, one in enumerate(theirs)}
    return np.array([numbers.get(one.tobytes(), 0) for one in ours])


def _compare_halves(on, of, place, other) -> np.ndarray:
    """See `Segments.form`: the same, the same transposed, the same rhythm, or another."""
    relation = np.zeros((len(on[place]), len(on[other])), np.int8)
    for level, number in enumerate((_number_rhythms, _number_contours, _number_kinds), 1):
        joined = number(np.concatenate([on[place], on[other]]))
        ours, theirs = joined[: len(on[place])], joined[len(on[place]) :]
        relation[ours[:, None] == theirs[None]] = level
    both = (of[place] >= 0) & (of[other] >= 0)
    a, b = of[place][both], of[other][both]
    seen = np.bincount(relation[a, b], minlength=4) + 0.5
    shares = [
        np.bincount(x, minlength=n) / max(1, len(x))
        for x, n in ((a, len(relation)), (b, relation.shape[1]))
    ]
    by_chance = np.array([(shares[0] @ (relation == level) @ shares[1]) for level in range(4)])
    by_chance = by_chance * len(a) + 0.5
    gain = np.log(seen / seen.sum()) - np.log(by_chance / by_chance.sum())
    return np.clip(gain, -MAX_FORM, MAX_FORM)[relation].astype(np.float32)


def _number_rhythms(on: np.ndarray) -> np.ndarray:
    return _number(np.asarray(on.any(axis=1)))


def _number_contours(on: np.ndarray) -> np.ndarray:
    """The same for those that are the same from their lowest row on."""
    rows = on.shape[1]
    lowest = np.where(on.any(axis=(1, 2)), on.any(axis=2).argmax(axis=1), 0)
    shifted = (np.arange(rows)[None] + lowest[:, None]) % rows
    return _number(np.take_along_axis(on, shifted[:, :, None], axis=1))


def _number_kinds(on: np.ndarray) -> np.ndarray:
    return _number(on)


def _number(values: np.ndarray) -> np.ndarray:
    packed = np.packbits(values.reshape(len(values), -1), axis=1)
    return np.unique(packed, axis=0, return_inverse=True)[1].ravel()


def _find_end(on: np.ndarray, *, last: bool) -> np.ndarray:
    """The highest row of the last, or first, onset of each kind; NO_ROW where it has none."""
    begins = np.asarray(on.any(axis=1))
    step = begins.shape[1] - 1 - begins[:, ::-1].argmax(axis=1) if last else begins.argmax(axis=1)
    column = np.take_along_axis(on, step[:, None, None], axis=2)[:, :, 0]
    highest = on.shape[1] - 1 - column[:, ::-1].argmax(axis=1)
    return np.where(begins.any(axis=1), highest, NO_ROW)
