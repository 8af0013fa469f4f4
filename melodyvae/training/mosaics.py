"""Where on the pad each segment of a loop comes from. NumPy only.

Every segment has a mosaic of its own over the pad: tiles, in each of which it sounds the same. The
mosaics differ, so that a border changes one segment and leaves the others. Loops of the library
have a place: around it, every segment is theirs. The other tiles are filled by Gibbs sampling: a
segment is likely where it follows those of the tiles that it meets, as in the library. S. and
D. Geman, "Stochastic relaxation, Gibbs distributions, and the Bayesian restoration of images",
1984.
"""

import dataclasses

import numpy as np

from melodyvae.config.settings import PadConfig
from melodyvae.training.compose import Segments

REACH = 1.25  # tiles lie as far out, in sizes of the pad; farther out the outer ones go on
SPREAD = 0.4  # standard deviation of where tiles lie, of how far out they lie
POINTS = 8000  # that tiles are spread over
OWN_SHARE = 0.2  # of random points, at most, that lie at a place
OWN_BORDER = 1.5  # sum of the radii of all places, at most, in z on a pad that reaches to 2
MOVES = 12  # of tiles apart from each other
AT_ONCE = 512  # points whose nearest site is found in one go, so that distances stay in the cache
MAX_RADIUS = 0.125  # of a place, in sizes of the pad
MIN_RADIUS = 0.004  # in z, if no other place is closer
CLEAR = 0.45  # of the distance to the nearest other place that a radius may be
FRINGE = 0.35  # by how much the radius of a place may differ from segment to segment
ROUNDS = 8  # of sampling each tile
HOT = 4.0  # temperature of the first round; that of the last is 1
ANY_RHYTHM = 0.05  # of a rhythm's probability that does not depend on where it is
FEW_NOTES = 0.65  # see `TileFiller`: from 0, which favors many notes, to 1, which favors few
SEAM = 0.5  # weight of what follows where a loop goes round
MIDDLE = 2.0  # standard deviation of how much points count by where they are


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Mosaics:
    """The geometry of all segments.

    Attributes:
      sites: `[segments, tiles, 2]` float64, their middles: a point belongs to the nearest.
      places: `[places, 2]` float64, where loops of the library lie.
      radius: `[segments, places]` float64: |x| + |y| from a place up to which a segment is its
        loop's.
      alike: whether both halves of a loop have the same mosaics, and the same in each tile.
    """

    sites: np.ndarray
    places: np.ndarray
    radius: np.ndarray
    alike: bool = False

    @property
    def tiles(self) -> int:
        """How many tiles a mosaic has, without places."""
        return self.sites.shape[1]

    def find_tiles(self, z: np.ndarray) -> np.ndarray:
        """The tile of each segment at each point, `[points, segments]` int64; places come last."""
        found = np.empty((len(z), len(self.sites)), np.int64)
        away = np.abs(z[:, None] - self.places[None]).sum(axis=-1)
        for segment, sites in enumerate(self.sites):
            inside = away - self.radius[segment]
            place = inside.argmin(axis=1)
            at_place = inside[np.arange(len(z)), place] < 0
            found[:, segment] = np.where(at_place, self.tiles + place, _find_nearest(z, sites))
        return found


def lay_mosaics(
    places: np.ndarray, segments: int, pad: float, tiles: int, seed: int, *, alike: bool
) -> Mosaics:
    """Spreads tiles over the pad and gives places as much room as there is.

    Args:
      places: `[places, 2]` float64, at least one.
      segments: of a loop.
      pad: how far the pad reaches from its middle.
      tiles: of each segment.
      seed: of the tiles.
      alike: see `Mosaics`.
    """
    random = np.random.default_rng([seed, 3])
    drawn = segments // 2 if alike else segments
    sites = [_spread(tiles, REACH * pad, random) for _ in range(drawn)]
    apart = np.abs(places[:, None] - places[None]).sum(axis=-1)
    np.fill_diagonal(apart, np.inf)
    room = CLEAR * apart.min(axis=1)
    x, y = random.standard_normal((20_000, 2)).T
    away = np.abs(x[:, None] - places[:, 0]) + np.abs(y[:, None] - places[:, 1])
    low, high = MIN_RADIUS, MAX_RADIUS * pad
    for _ in range(12):
        middle = (low + high) / 2
        radius = np.minimum(room, middle)
        share = np.mean((away < radius).any(axis=1))
        fits = share < OWN_SHARE and radius.sum() < OWN_BORDER * (pad / 2) ** 2
        low, high = (middle, high) if fits else (low, middle)
    fringe = np.tile(np.linspace(1, 1 - FRINGE, segments)[:, None], len(places))
    radius = np.minimum(room, low) * random.permuted(fringe, axis=0)
    every = np.stack([sites[segment % drawn] for segment in range(segments)])
    return Mosaics(every, places, radius, alike)


def _spread(count: int, reach: float, random: np.random.Generator) -> np.ndarray:
    """Points about equally far from each other, `[count, 2]` float64.

    S. Lloyd, "Least squares quantization in PCM", 1982. Rounded to float16, as which weights reach
    the page.
    """
    points = SPREAD * reach * random.standard_normal((POINTS, 2))
    points = points[(np.abs(points) <= reach).all(axis=1)]
    sites = points[:count].copy()
    for _ in range(MOVES):
        nearest = _find_nearest(points, sites)
        counts = np.bincount(nearest, minlength=count)
        for axis in (0, 1):
            sums = np.bincount(nearest, points[:, axis], count)
            sites[:, axis] = np.where(counts > 0, sums / np.maximum(1, counts), sites[:, axis])
    return sites.astype(np.float16).astype(np.float64)


def _find_nearest(z: np.ndarray, sites: np.ndarray) -> np.ndarray:
    squares, doubled = (sites**2).sum(axis=1), 2 * sites.T
    starts = range(0, len(z), AT_ONCE)
    return np.concatenate(
        [(squares - z[start : start + AT_ONCE] @ doubled).argmin(axis=1) for start in starts]
    )


class TileFiller:
    """Chooses what sounds in each tile.

    Args:
      mosaics: the tiles.
      segments: what may sound; of the first loops, one per place, every segment.
      guide: `[points, rows, steps]` float32, what a note in each cell is worth at a point.
      donor: `[points]` int64, the loop of `segments` whose rhythm is wanted at a point.
      points: `[points, 2]` float64, all over the pad.
      config: weights.
    """

    def __init__(
        self,
        mosaics: Mosaics,
        segments: Segments,
        guide: np.ndarray,
        donor: np.ndarray,
        points: np.ndarray,
        config: PadConfig,
    ):
        self.mosaics, self.segments, self.config = mosaics, segments, config
        count, half = segments.places, segments.places // 2
        places = len(mosaics.places)
        self.own = np.stack([of[:places] for of in segments.of])
        at = mosaics.find_tiles(points)
        weight = np.exp(-(points**2).sum(axis=1) / (2 * MIDDLE**2))
        self._terms = []  # of each segment: matrices `[other kinds, kinds]`, and what they weigh
        form = [np.ascontiguousarray(gain.T) for gain in segments.form] + segments.form
        for number in range(count):
            before, after, other = (
                (number - 1) % count,
                (number + 1) % count,
                (number + half) % count,
            )
            terms = []
            if count > 1:
                back = np.ascontiguousarray(segments.follow[number].T)
                terms.append((before, segments.follow[before], SEAM if number == 0 else 1.0))
                terms.append((after, back, SEAM if after == 0 else 1.0))
            if segments.form and not mosaics.alike:
                terms.append((other, form[number], self.config.form))
            size = mosaics.tiles + places
            self._terms.append(
                [
                    (met, matrix, factor, _share_points(at[:, number], at[:, met], weight, size))
                    for met, matrix, factor in terms
                ]
            )
        self._worth = [
            config.guide * self._judge_by_guide(number, at[:, number], weight, guide)
            + config.rhythm * self._judge_by_rhythm(number, at[:, number], weight, donor)
            for number in range(count)
        ]
        self._worth[0] += segments.prior[0]
        self._near = [_find_neighbors(mosaics, number) for number in range(count)]
        self._on = [on.reshape(len(on), -1).astype(np.float32) for on in segments.on]
        # Cells that differ are counted less by half of what is to be expected: otherwise segments
        # of few notes would win, and without any differences those of many.
        self._expected = [
            FEW_NOTES * on.sum(axis=1)
            + (1 - FEW_NOTES) * 2 * (on @ (np.exp(prior).astype(np.float32) @ on))
            for prior, on in zip(segments.prior, self._on, strict=True)
        ]

    def fill(self, sharpness: float, seed: int) -> np.ndarray:
        """Samples all tiles.

        Args:
          sharpness: the higher, the more often the likeliest is chosen.
          seed: of the sampling.

        Returns:
          `[segments, tiles + places]` int64, kinds; those of places are their loops'.
        """
        random = np.random.default_rng([seed, 4])
        tiles, count, alike = self.mosaics.tiles, self.segments.places, self.mosaics.alike
        drawn = [random.integers(0, len(on), tiles) for on in self._on]
        content = np.concatenate([np.stack(drawn), self.own], axis=1)
        for temperature in np.geomspace(HOT, 1, ROUNDS):
            for number in range(count // 2 if alike else count):
                for tile in random.permutation(tiles):
                    score = self._score(content, number, tile)
                    if alike:
                        twin, twins = number + count // 2, self.segments.twins[number]
                        score = (score + self._score(content, twin, tile)[twins]) / 2
                    score = score * (sharpness / temperature)
                    total = np.cumsum(np.exp(score - score.max()))
                    kind = np.searchsorted(total, random.uniform(0, total[-1]))
                    content[number, tile] = kind
                    if alike:
                        content[twin, tile] = twins[kind]
        return content

    def _score(self, content: np.ndarray, number: int, tile: int) -> np.ndarray:
        """Log probability of every kind in a tile, but for a constant: `[kinds]`."""
        score = self._worth[number][tile].copy()
        for met, matrix, factor, shares in self._terms[number]:
            which, share = shares[tile]
            score += factor * (share @ matrix[content[met][which]])
        near, length = self._near[number][tile]
        if self.config.smoothness and len(near):
            on = self._on[number]
            shared = 2 * (on @ (length @ on[content[number][near]]))
            score += self.config.smoothness * (shared - self._expected[number])
        return score

    def _judge_by_guide(
        self, number: int, at: np.ndarray, weight: np.ndarray, guide: np.ndarray
    ) -> np.ndarray:
        """What each kind is worth in each tile, over what it is on average: `[tiles, kinds]`."""
        begin, end = self.segments.bounds[number : number + 2]
        cells = guide[:, :, begin:end].reshape(len(guide), -1)
        inside = np.zeros((self.mosaics.tiles, len(at)), np.float32)
        known = np.flatnonzero(at < self.mosaics.tiles)
        inside[at[known], known] = weight[known]
        mean = inside @ cells / np.maximum(inside.sum(axis=1, keepdims=True), 1e-9)
        on = self.segments.on[number]
        worth = mean @ on.reshape(len(on), -1).T.astype(np.float32)
        return worth - worth.mean(axis=0)  # what is likely everywhere, the library says

    def _judge_by_rhythm(
        self, number: int, at: np.ndarray, weight: np.ndarray, donor: np.ndarray
    ) -> np.ndarray:
        """How much likelier each kind is for the rhythms wanted in each tile: `[tiles, kinds]`."""
        rhythm = self.segments.rhythm[number]
        kind = self.segments.of[number][donor]
        chance = np.bincount(rhythm, np.exp(self.segments.prior[number]))
        wanted = np.zeros((self.mosaics.tiles, len(chance)))
        inside = (at < self.mosaics.tiles) & (kind >= 0)
        np.add.at(wanted, (at[inside], rhythm[kind[inside]]), weight[inside])
        total = wanted.sum(axis=1, keepdims=True)
        wanted = np.where(total > 0, wanted / np.maximum(total, 1e-9), chance)
        return np.log((1 - ANY_RHYTHM) * wanted / chance + ANY_RHYTHM)[:, rhythm]


def _share_points(
    ours: np.ndarray, theirs: np.ndarray, weight: np.ndarray, count: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Of each tile, those of another mosaic that it meets, and the share of its points in each."""
    found = np.zeros((count, count))
    np.add.at(found, (ours, theirs), weight)
    found /= np.maximum(found.sum(axis=1, keepdims=True), 1e-9)
    met = [np.flatnonzero(row) for row in found]
    return [(which, row[which].astype(np.float32)) for which, row in zip(met, found, strict=True)]


def _find_neighbors(mosaics: Mosaics, number: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Of each tile, the tiles beside it and the places in it, and their shares of its border."""
    tiles, sites = mosaics.tiles, mosaics.sites[number]
    apart = ((sites[:, None] - sites[None]) ** 2).sum(axis=-1) / 4
    middle = ((sites[:, None] + sites[None]) / 2).reshape(-1, 2)
    # Two tiles meet if the middle between their sites is nearest to both.
    nearest = _find_nearest(middle, sites).reshape(tiles, tiles)
    every = np.arange(tiles)
    meet = ((nearest == every[:, None]) | (nearest == every[None])) & ~np.eye(tiles, dtype=bool)
    side = np.sqrt(np.median(apart[meet])) if meet.any() else 1.0
    home = _find_nearest(mosaics.places, sites)
    found = []
    for tile in range(tiles):
        beside, within = np.flatnonzero(meet[tile]), np.flatnonzero(home == tile)
        length = [np.full(len(beside), side), 4 * mosaics.radius[number][within]]
        share = np.concatenate(length).astype(np.float32)
        near = np.concatenate([beside, tiles + within]).astype(np.int64)
        found.append((near, share / max(share.sum(), 1e-9)))
    return found
