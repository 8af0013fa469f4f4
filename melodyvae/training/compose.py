"""Cuts loops into segments, and counts which segments follow each other. NumPy only.

There is one segment per beat. The library gives a Markov chain of segments. For unknown pairs, it
backs off to the notes and rhythms on both sides of the cut: S. Katz, "Estimation of probabilities
from sparse data", 1987.
"""

import dataclasses
import itertools

import numpy as np

from melodyvae.loops.loops import Loops

MAX_KINDS = 800  # of segments at one place
MAX_CROSSED = 20  # in libraries of up to so many loops, halves of segments are joined, too
BORROWED = 0.25  # weight of a segment that comes from the other half of a loop
BACK_OFF = 1.0  # loops that the back-off counts as
FORBIDDEN = -60.0  # natural log of the probability of pairs that are not allowed
CROSSED = 0.1  # weight of a segment that is joined from two halves
NO_ROW = -1


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Segments:
    """The kinds of segments that a library has at each place of a loop.

    Attributes:
      bounds: `[places + 1]` int64, the steps at which segments begin, and the end of the loop.
      on: per place, `[kinds, rows, steps of the segment]` bool, its onsets.
      source: per place, `[kinds, 2, steps of the segment]` int64: the loop that each step is taken
        from, and the step there.
      of: per place, `[loops]` int64, the kind that each loop has there, or -1 if it was left out.
      rhythm: per place, `[kinds]` int64, the same number for the same onset times.
      prior: per place, `[kinds]` float64, log probability of a kind.
      follow: per place, `[kinds, kinds of the next place]` float32, log probability of the next;
        the last place is followed by the first, since loops go round.
      half_rhythm, half_kind: per place, `[kinds]` int64, numbers of its rhythm and of itself that
        are comparable with those of the same place in the other half. Empty if there is none.
      ends: per place, the highest rows of the first and of the last onset of each kind, `[kinds]`
        int64 each; NO_ROW where it has none.
      widest: the widest interval of the library, in rows.
    """

    bounds: np.ndarray
    on: list[np.ndarray]
    source: list[np.ndarray]
    of: list[np.ndarray]
    rhythm: list[np.ndarray]
    prior: list[np.ndarray]
    follow: list[np.ndarray]
    half_rhythm: list[np.ndarray]
    half_kind: list[np.ndarray]
    ends: list[tuple[np.ndarray, np.ndarray]]
    widest: int

    @property
    def places(self) -> int:
        return len(self.on)

    @property
    def max_notes(self) -> int:
        """Returns the maximum number of notes of a loop of these segments."""
        return sum(int(on.sum(axis=(1, 2)).max()) for on in self.on)


def cut_segments(loops: Loops, kept: int) -> Segments:
    """Cuts loops into segments and counts what follows what.

    Args:
      loops: at least one, one note per step where the device plays one.
      kept: the number of first loops that keep all their segments, however rare these are.
    """
    steps, length = loops.grid.steps, loops.grid.steps_per_quarter
    bounds = np.unique([*range(0, steps, length), steps]).astype(np.int64)
    onset = loops.to_dense(np.arange(len(loops)))['onset'] > 0
    places, half = len(bounds) - 1, (len(bounds) - 1) // 2
    cuts = [onset[:, :, a:b] for a, b in itertools.pairwise(bounds)]
    halves = [(place, place + half) for place in range(half)]
    if any(cuts[a].shape != cuts[b].shape for a, b in halves) or places % 2:
        halves = []
    pairs = _NotePairs(loops)
    on, source, of, weight = [], [], [], []
    for place in range(places):
        drawn = [place, (place + half) % places] if halves else [place]
        kinds, number, counts, origin = _find_kinds([cuts[one] for one in drawn], kept, pairs)
        on.append(kinds)
        of.append(number)
        weight.append(counts)
        begin = bounds[np.array(drawn)[origin[:, 0]]]
        middle = np.arange(kinds.shape[2]) >= kinds.shape[2] // 2
        loop = np.where(middle, origin[:, 2, None], origin[:, 1, None])
        step = begin[:, None] + np.arange(kinds.shape[2])
        source.append(np.stack([loop, step], axis=1))
    return Segments(
        bounds=bounds,
        on=on,
        source=source,
        of=of,
        rhythm=[_number_rhythms(kinds) for kinds in on],
        prior=[np.log(counts / counts.sum()) for counts in weight],
        follow=[
            _count_following(on, of, weight, place, (place + 1) % places, pairs)
            for place in range(places)
        ],
        half_rhythm=_number_halves(on, halves, _number_rhythms),
        half_kind=_number_halves(on, halves, _number),
        ends=[(_find_end(kinds, last=False), _find_end(kinds, last=True)) for kinds in on],
        widest=pairs.widest if pairs.single else loops.grid.rows,
    )


def _find_kinds(
    cuts: list[np.ndarray], kept: int, pairs: '_NotePairs'
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Finds kinds in the cuts of one place and, if there is one, of the other half's place.

    Returns:
      The kinds; the number of each loop's own; their weights; and where each comes from: a cut, and
      the loops that its first and second half are taken from.
    """
    loops = len(cuts[0])
    every = np.arange(loops)
    origin = [np.stack([np.full(loops, cut), every, every], axis=1) for cut in range(len(cuts))]
    segments, weights = list(cuts), [1.0, BORROWED][: len(cuts)]
    if loops <= MAX_CROSSED:
        crossed, whose = _cross(cuts[0], pairs)
        segments.append(crossed)
        origin.append(whose)
        weights.append(CROSSED)
    joined = np.concatenate(segments)
    packed = np.packbits(joined.reshape(len(joined), -1), axis=1)
    _, first, number = np.unique(packed, axis=0, return_index=True, return_inverse=True)
    weight = np.repeat(weights, [len(one) for one in segments])
    number = number.ravel()
    counts = np.bincount(number, weight)
    rank = counts.copy()
    rank[number[:kept]] = np.inf
    taken = np.sort(np.argsort(-rank, kind='stable')[: max(MAX_KINDS, np.isinf(rank).sum())])
    renumbered = np.full(len(first), -1)
    renumbered[taken] = np.arange(len(taken))
    first = first[taken]
    return joined[first], renumbered[number[:loops]], counts[taken], np.concatenate(origin)[first]


def _cross(cut: np.ndarray, pairs: '_NotePairs') -> tuple[np.ndarray, np.ndarray]:
    """Joins the first half of every segment with the second half of every other."""
    middle = cut.shape[2] // 2
    ours, theirs = np.divmod(np.arange(len(cut) ** 2), len(cut))
    first, second = cut[ours, :, :middle], cut[theirs, :, middle:]
    if pairs.single and middle:
        last, following = _find_end(first, last=True), _find_end(second, last=False)
        leap = np.where((last == NO_ROW) | (following == NO_ROW), 0, np.abs(following - last))
        fits = leap <= pairs.widest
    else:
        fits = np.ones(len(ours), bool)
    joined = np.concatenate([first, second], axis=2)
    return joined[fits], np.stack([np.zeros_like(ours), ours, theirs], axis=1)[fits]


class _NotePairs:
    """Counts how often one row follows another in a library, and finds its widest interval."""

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
        """Returns the log ratio of each pair to chance, `[last, first]`; 0 if a side has no note.

        With `any_step`, it is 0 for all pairs that are not too wide for the library.
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


def _number_halves(on, halves, number) -> list[np.ndarray]:
    """Numbers the kinds of both places of each pair together; in order of the places."""
    numbers: dict[int, np.ndarray] = {}
    for pair in halves:
        joined = number(np.concatenate([on[place] for place in pair]))
        numbers.update(zip(pair, np.split(joined, [len(on[pair[0]])]), strict=True))
    return [numbers[place] for place in sorted(numbers)]


def _number_rhythms(on: np.ndarray) -> np.ndarray:
    return _number(np.asarray(on.any(axis=1)))


def _number(values: np.ndarray) -> np.ndarray:
    packed = np.packbits(values.reshape(len(values), -1), axis=1)
    return np.unique(packed, axis=0, return_inverse=True)[1].ravel()


def _find_end(on: np.ndarray, *, last: bool) -> np.ndarray:
    """Returns the highest row of the last, or first, onset of each kind; NO_ROW without any."""
    begins = np.asarray(on.any(axis=1))
    step = begins.shape[1] - 1 - begins[:, ::-1].argmax(axis=1) if last else begins.argmax(axis=1)
    column = np.take_along_axis(on, step[:, None, None], axis=2)[:, :, 0]
    highest = on.shape[1] - 1 - column[:, ::-1].argmax(axis=1)
    return np.where(begins.any(axis=1), highest, NO_ROW)
