"""Chooses what sounds in each tile of the pad. NumPy only.

Tiles are filled by Gibbs sampling: S. and D. Geman, "Stochastic relaxation, Gibbs distributions,
and the Bayesian restoration of images", 1984. A segment is likely in a tile if the library plays it
between the segments of the tiles that meet there. Potentials move until the statistics of the pad's
loops, such as notes per loop or returning figures, match those of the library: S. Zhu, Y. Wu and
D. Mumford, "Filters, random fields and maximum entropy (FRAME)", 1998.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from melodyvae.config.settings import Config
from melodyvae.training.compose import NO_ROW, Segments
from melodyvae.training.mosaics import Mosaics, lay_points
from melodyvae.training.statistics import count_matches, count_statistics, match_halves

SIDE = 101  # of the square of points at which tiles are compared
DRAWN = 1500  # random points whose loops are counted
ROUNDS = 22  # of sampling each tile
HEATED = 8  # rounds with a higher temperature
HOT = 4.0  # temperature of the first round; the last has 1
VARIED = 4  # rounds before neighbors begin to repel each other
REPAIRS = 6  # maximum rounds that remove leaps that are too wide
TOO_WIDE = 100.0  # subtracted from the score of a kind where it leaps too wide
FOLLOWS = 1.1  # weight of the log probability that one segment follows another
SEAM = 0.55  # the same from the last segment to the first
MIDDLE = 2.0  # standard deviation of the weight of points
ANY_RHYTHM = 0.05  # share of a rhythm's probability that is the same everywhere
RARE = 0.004  # added to shares before they are compared
MAX_POTENTIAL = 15.0
MAX_REPULSION = 40.0
# Changes per round. If potentials of single beats move faster, unlikely beats become frequent.
RATE, BEAT_RATE, PITCHES_RATE, VARIETY_RATE = 0.8, 0.4, 0.15, 30.0


class TileFiller:
    """Fills tiles.

    Args:
      mosaics: the tiles.
      segments: the candidates; they include every segment of the loops that have a place.
      weight: `[loops]` float64, how often the library has each loop of `segments`.
      guide: `[points, rows, steps]` float32, the score of a note in each cell at a point.
      donor: `[points]` int64, the loop of `segments` whose rhythm is wanted at a point.
      points: `[points, 2]` float64, all over the pad.
      config: the size of the pad, and the weights and the variety that are asked for.
    """

    def __init__(
        self,
        mosaics: Mosaics,
        segments: Segments,
        weight: np.ndarray,
        guide: np.ndarray,
        donor: np.ndarray,
        points: np.ndarray,
        config: Config,
    ):
        self.mosaics, self.segments, self.config = mosaics, segments, config.pad
        self.own = np.stack([of[: len(mosaics.places)] for of in segments.of])
        self._on = [on.reshape(len(on), -1).astype(np.float32) for on in segments.on]
        self._notes = [on.sum(axis=(1, 2)) for on in segments.on]
        self._rows = [np.asarray(on.any(axis=2)).astype(np.int16) for on in segments.on]
        # Which segments match between halves is kept as a number, with a bit of each segment.
        self._labels = [segments.half_rhythm, segments.half_kind] if segments.half_kind else []
        half = segments.places // 2
        self._bits = 1 << np.arange(half)
        self._matches = count_matches((np.arange(1 << half)[:, None] & self._bits) > 0)
        known = np.all([of >= 0 for of in segments.of], axis=0)
        self._library = count_statistics(
            segments,
            np.stack([of[known] for of in segments.of], axis=1),
            weight[known] / weight[known].sum(),
        )
        self._meet(lay_points(SIDE, config.device.pad))
        at, near = mosaics.find_tiles(points), _weigh(points)
        self._worth = [
            config.pad.guide * self._judge_by_guide(number, at[:, number], near, guide)
            + config.pad.rhythm * self._judge_by_rhythm(number, at[:, number], near, donor)
            for number in range(segments.places)
        ]
        self._worth[0] += segments.prior[0]
        self._beside = [mosaics.find_neighbors(number) for number in range(segments.places)]

    def _meet(self, points: np.ndarray) -> None:
        """Finds which tiles meet, and at which of the points."""
        self.at = self.mosaics.find_tiles(points)
        near, count = _weigh(points), self.segments.places
        self._points = []  # of each segment and tile: points, and their weights
        self._terms = []  # of each segment: the other one, matrix `[other kinds, kinds]`, shares
        for number in range(count):
            ours, tiles = self.at[:, number], self.mosaics.tiles
            inside = [np.flatnonzero(ours == tile) for tile in range(tiles)]
            self._points.append([(one, near[one] / max(near[one].sum(), 1e-12)) for one in inside])
            before, after = (number - 1) % count, (number + 1) % count
            follow = self.segments.follow
            terms = [
                (before, follow[before], SEAM if number == 0 else FOLLOWS),
                (after, np.ascontiguousarray(follow[number].T), SEAM if after == 0 else FOLLOWS),
            ]
            size = tiles + len(self.mosaics.places)
            self._terms.append(
                [
                    (met, matrix, _share_points(ours, self.at[:, met], near, size, factor))
                    for met, matrix, factor in (terms if count > 1 else [])
                ]
            )

    def fill(self, seed: int) -> np.ndarray:
        """Returns sampled kinds, `[segments, tiles + places]` int64; places keep their loops."""
        random = np.random.default_rng([seed, 4])
        at = self.mosaics.find_tiles(np.random.default_rng([seed, 6]).standard_normal((DRAWN, 2)))
        drawn = [random.integers(0, len(on), self.mosaics.tiles) for on in self._on]
        self.content = np.concatenate([np.stack(drawn), self.own], axis=1)
        # All 0 before the first round.
        self._potential = count_statistics(self.segments, self._hear(at), np.zeros(DRAWN))
        self._repulsion = 0.0  # of tiles next to each other that have the same kind
        every = [range(self.mosaics.tiles)] * self.segments.places
        for number in range(ROUNDS):
            heat = HOT ** max(0.0, 1 - number / HEATED)
            self._sample(every, heat, random)
            self._learn(self._hear(at), adapt_variety=number >= VARIED)
            self._find_leaps()
        for _ in range(REPAIRS):
            leaps = self._find_leaps()
            if not sum(map(len, leaps)):
                break
            self._sample(leaps, 1.0, random)
        return self.content

    def _hear(self, at: np.ndarray) -> np.ndarray:
        """Returns the kinds at points with these tiles, `[points, segments]` int64."""
        return np.take_along_axis(self.content.T, at, axis=0)

    def _sample(self, tiles: list, heat: float, random: np.random.Generator) -> None:
        """Samples some tiles of each segment again."""
        kinds = self._hear(self.at)
        notes = [notes[kind] for notes, kind in zip(self._notes, kinds.T, strict=True)]
        self._sums = np.sum(notes, axis=0)
        used = [rows[kind] for rows, kind in zip(self._rows, kinds.T, strict=True)]
        self._used: np.ndarray = np.stack(used).sum(axis=0, dtype=np.int16)
        potential = self._potential
        self._same = [match_halves(label, kinds) @ self._bits for label in self._labels]
        gains = [potential.matches[self._matches], potential.repeats * self._matches]
        self._gains = gains[: len(self._labels)]
        for number, some in enumerate(tiles):
            rows = self.segments.on[number].sum(axis=2)
            fixed = self._worth[number] + rows @ potential.rows[number]
            fixed += potential.rhythms[number][self.segments.rhythm[number]]
            own = self._notes[number].max() + 1
            self._gain = sliding_window_view(potential.notes, own).copy()  # [others, own notes]
            for tile in random.permutation(np.array(some, np.int64)):
                score = self._score(number, tile, fixed[tile]) / heat
                total = np.cumsum(np.exp(score - score.max()))
                kind = np.searchsorted(total, random.uniform(0, total[-1]))
                self._put(number, tile, min(kind, len(total) - 1))

    def _score(self, number: int, tile: int, fixed: np.ndarray) -> np.ndarray:
        """Returns the log probability of every kind in a tile, up to a constant: `[kinds]`."""
        score = fixed.copy()
        for met, matrix, shares in self._terms[number]:
            which, share = shares[tile]
            score += share @ matrix[self.content[met][which]]
        near, border = self._beside[number][tile]
        on, notes = self._on[number], self._notes[number]
        shared = on @ (border @ on[self.content[number][near]])
        score += self.config.smoothness * (2 * shared - notes)  # equal and different cells
        score -= self._repulsion * np.bincount(self.content[number][near], border, len(score))
        inside, weight = self._points[number][tile]
        now = self.content[number, tile]
        others = np.bincount(self._sums[inside] - notes[now], weight)
        score += (others @ self._gain[: len(others)])[notes]
        unused = weight @ (self._used[inside] == self._rows[number][now])
        score += self._potential.pitches * (self._rows[number] @ unused)
        return score + self._score_halves(number, inside, weight)

    def _score_halves(self, number: int, inside: np.ndarray, weight: np.ndarray) -> np.ndarray:
        """Scores kinds by how they match the other half, `[kinds]`."""
        score = np.zeros(len(self._on[number]))
        halves = self._find_labels(number, inside)
        for same, gain, (ours, theirs, bit) in zip(self._same, self._gains, halves, strict=True):
            now = same[inside]
            worth = gain[now | bit] - gain[now & ~bit]
            score += np.bincount(theirs, weight * worth, 1 + ours.max())[ours]
        return score

    def _find_labels(self, number: int, inside: np.ndarray) -> list[tuple]:
        """Returns labels of kinds, those of the other half at points, and the segment's bit."""
        half = len(self._bits)
        other = (number + half) % self.segments.places
        heard = self.content[other][self.at[inside, other]]
        return [
            (label[number], label[other][heard], self._bits[number % half])
            for label in self._labels
        ]

    def _put(self, number: int, tile: int, kind: int) -> None:
        """Puts a kind into a tile."""
        now = self.content[number, tile]
        self.content[number, tile] = kind
        inside, _ = self._points[number][tile]
        self._sums[inside] += self._notes[number][kind] - self._notes[number][now]
        rows = self._rows[number]
        self._used[inside] += rows[kind] - rows[now]
        halves = self._find_labels(number, inside)
        for same, (ours, theirs, bit) in zip(self._same, halves, strict=True):
            matches = ours[kind] == theirs
            same[inside] = np.where(matches, same[inside] | bit, same[inside] & ~bit)

    def _learn(self, kinds: np.ndarray, *, adapt_variety: bool) -> None:
        """Moves the potentials so that the statistics of the pad approach those of the library."""
        weight = np.full(len(kinds), 1 / len(kinds))
        played, library = count_statistics(self.segments, kinds, weight), self._library
        potential = self._potential
        _move(potential.notes, library.notes, played.notes, RATE)
        _move(potential.matches, library.matches, played.matches, RATE)
        beats = ([*one.rhythms, *one.rows] for one in (potential, library, played))
        for moved, wanted, heard in zip(*beats, strict=True):
            _move(moved, wanted, heard, BEAT_RATE)
        more = np.log((library.returning + 0.01) / (played.returning + 0.01))
        potential.repeats += RATE * np.clip(more, -1, 1)
        potential.pitches += PITCHES_RATE * (library.pitches - played.pitches)
        if adapt_variety:
            more = len(np.unique(kinds[:1000], axis=0)) / len(kinds[:1000]) - self.config.variety
            repulsion = self._repulsion - VARIETY_RATE * more
            self._repulsion = float(np.clip(repulsion, 0, MAX_REPULSION))

    def _find_leaps(self) -> list[np.ndarray]:
        """Finds tiles whose kinds leap wider than the library, and lowers their scores there.

        The chain of segments forbids such leaps between neighbors, but not over an empty segment.
        """
        kinds, found = self._hear(self.at), []
        each = [
            (a[kind], b[kind]) for (a, b), kind in zip(self.segments.ends, kinds.T, strict=True)
        ]
        row = np.full(len(kinds), NO_ROW)
        for begin, end in each:  # a loop goes round: what comes before its first note is its last
            row = np.where(begin != NO_ROW, end, row)
        for number, (begin, end) in enumerate(each):
            sounds = begin != NO_ROW
            wide = sounds & (row != NO_ROW) & (np.abs(begin - row) > self.segments.widest)
            tiles = np.unique(self.at[wide, number])
            tiles = tiles[tiles < self.mosaics.tiles]
            self._worth[number][tiles, self.content[number][tiles]] -= TOO_WIDE
            found.append(tiles)
            row = np.where(sounds, end, row)
        return found

    def _judge_by_guide(
        self, number: int, at: np.ndarray, weight: np.ndarray, guide: np.ndarray
    ) -> np.ndarray:
        """Scores kinds by the guide, relative to their mean over the tiles: `[tiles, kinds]`."""
        begin, end = self.segments.bounds[number : number + 2]
        cells = guide[:, :, begin:end].reshape(len(guide), -1)
        inside = np.zeros((self.mosaics.tiles, len(at)), np.float32)
        known = np.flatnonzero(at < self.mosaics.tiles)
        inside[at[known], known] = weight[known]
        mean = inside @ cells / np.maximum(inside.sum(axis=1, keepdims=True), 1e-9)
        worth = mean @ self._on[number].T
        return worth - worth.mean(axis=0)  # the library decides what is likely everywhere

    def _judge_by_rhythm(
        self, number: int, at: np.ndarray, weight: np.ndarray, donor: np.ndarray
    ) -> np.ndarray:
        """Returns the log ratio of a kind's wanted rhythm to chance: `[tiles, kinds]`."""
        rhythm = self.segments.rhythm[number]
        kind = self.segments.of[number][donor]
        chance = np.bincount(rhythm, np.exp(self.segments.prior[number]))
        wanted = np.zeros((self.mosaics.tiles, len(chance)))
        inside = (at < self.mosaics.tiles) & (kind >= 0)
        np.add.at(wanted, (at[inside], rhythm[kind[inside]]), weight[inside])
        total = wanted.sum(axis=1, keepdims=True)
        wanted = np.where(total > 0, wanted / np.maximum(total, 1e-9), chance)
        return np.log((1 - ANY_RHYTHM) * wanted / chance + ANY_RHYTHM)[:, rhythm]


def _weigh(points: np.ndarray) -> np.ndarray:
    return np.exp(-(points**2).sum(axis=1) / (2 * MIDDLE**2))


def _move(potential: np.ndarray, wanted: np.ndarray, played: np.ndarray, rate: float) -> None:
    potential += rate * np.log((wanted + RARE) / (played + RARE))
    np.clip(potential, -MAX_POTENTIAL, MAX_POTENTIAL, out=potential)


def _share_points(
    ours: np.ndarray, theirs: np.ndarray, weight: np.ndarray, size: int, factor: float
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Finds the tiles of another mosaic that each tile meets, and the share of its points there."""
    found = np.bincount(ours * size + theirs, weight, minlength=size**2).reshape(size, size)
    found *= factor / np.maximum(found.sum(axis=1, keepdims=True), 1e-9)
    met = [np.flatnonzero(row) for row in found]
    return [(which, row[which].astype(np.float32)) for which, row in zip(met, found, strict=True)]
