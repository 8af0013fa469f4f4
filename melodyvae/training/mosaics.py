"""Divides the pad into tiles, within which a segment of a loop sounds the same. NumPy only.

Each segment has its own mosaic of tiles. The mosaics differ, so that one segment changes at a
border, and the others stay. Loops of the library have places: around a place, all segments are
those of its loop. `fill.TileFiller` fills the tiles.
"""

import dataclasses

import numpy as np

REACH = 1.25  # maximum distance of sites from the middle, in sizes of the pad
SPREAD = 0.35  # standard deviation of sites, relative to the maximum
POINTS = 8000  # over which sites are spread
MOVES = 12  # iterations of Lloyd's algorithm
AT_ONCE = 512  # points whose nearest site is found at a time, so that distances stay in the cache
MAX_RADIUS = 0.125  # of a place, in sizes of the pad
MIN_RADIUS = 0.004  # of a place, in z, if no other place is closer
DIAL = 2  # decimals of a device's dials, which reach each place if no other place is closer
CLEAR = 0.45  # maximum radius, relative to the distance to the nearest other place
OWN_SHARE = 0.01  # maximum share of random points that lie at places


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Mosaics:
    """The geometry of all segments.

    Attributes:
      sites: `[segments, tiles, 2]` float64; a point belongs to the tile of the nearest site.
      places: `[places, 2]` float64, of loops of the library.
      radius: `[places]` float64, maximum |x| + |y| from a place at which its loop plays.
    """

    sites: np.ndarray
    places: np.ndarray
    radius: np.ndarray

    @property
    def tiles(self) -> int:
        """Returns the number of tiles of a mosaic, without places."""
        return self.sites.shape[1]

    def find_tiles(self, z: np.ndarray) -> np.ndarray:
        """Returns the tile of each segment at points, `[points, segments]` int64; places last."""
        inside = np.abs(z[:, None] - self.places[None]).sum(axis=-1) - self.radius
        place = inside.argmin(axis=1)
        at_place = inside[np.arange(len(z)), place] < 0
        nearest = [_find_nearest(z, sites) for sites in self.sites]
        return np.where(at_place[:, None], self.tiles + place[:, None], np.stack(nearest, axis=1))

    def find_neighbors(self, number: int) -> list[tuple[np.ndarray, np.ndarray]]:
        """Finds the neighbors of each tile of a mosaic.

        Returns:
          Per tile, the tiles beside it and the places in it, `[neighbors]` int64; and their shares
          of its border, `[neighbors]` float32.
        """
        tiles, sites = self.tiles, self.sites[number]
        apart = ((sites[:, None] - sites[None]) ** 2).sum(axis=-1) / 4
        middle = ((sites[:, None] + sites[None]) / 2).reshape(-1, 2)
        # Two tiles meet if the middle between their sites is nearest to both.
        nearest = _find_nearest(middle, sites).reshape(tiles, tiles)
        every = np.arange(tiles)
        meet = (nearest == every[:, None]) | (nearest == every[None])
        meet &= ~np.eye(tiles, dtype=bool)
        side = np.sqrt(np.median(apart[meet])) if meet.any() else 1.0
        home = _find_nearest(self.places, sites)
        found = []
        for tile in range(tiles):
            beside, within = np.flatnonzero(meet[tile]), np.flatnonzero(home == tile)
            border = [np.full(len(beside), side), 4 * self.radius[within]]
            share = np.concatenate(border).astype(np.float32)
            found.append((np.concatenate([beside, tiles + within]), share / max(share.sum(), 1e-9)))
        return found


def lay_mosaics(places: np.ndarray, segments: int, tiles: int, pad: float, seed: int) -> Mosaics:
    """Spreads tiles over the pad, and gives places the room that there is.

    Args:
      places: `[places, 2]` float64, at least one.
      segments: mosaics to lay.
      tiles: of each mosaic.
      pad: how far the pad reaches from its middle.
      seed: of the tiles.
    """
    random = np.random.default_rng([seed, 3])
    sites = [_spread(tiles, REACH * pad, random) for _ in range(segments)]
    apart = np.abs(places[:, None] - places[None]).sum(axis=-1)
    np.fill_diagonal(apart, np.inf)
    room = CLEAR * apart.min(axis=1)
    x, y = random.standard_normal((20_000, 2)).T
    away = np.abs(x[:, None] - places[:, 0]) + np.abs(y[:, None] - places[:, 1])
    low, high = MIN_RADIUS, MAX_RADIUS * pad
    for _ in range(12):
        middle = (low + high) / 2
        fits = np.mean((away < np.minimum(room, middle)).any(axis=1)) < OWN_SHARE
        low, high = (middle, high) if fits else (low, middle)
    dialed = np.abs(places - places.round(DIAL)).sum(axis=1) + MIN_RADIUS / 8
    return Mosaics(np.stack(sites), places, np.minimum(room, np.maximum(low, dialed)))


def lay_points(side: int, pad: float) -> np.ndarray:
    """Returns a square of points over the pad and its margin, `[side * side, 2]` float64."""
    line = np.linspace(-REACH, REACH, side) * pad
    return np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)


def _spread(count: int, reach: float, random: np.random.Generator) -> np.ndarray:
    """Draws points about equally far from each other, `[count, 2]` float64.

    S. Lloyd, "Least squares quantization in PCM", 1982. Weights reach the page as float16, so the
    points are rounded to it.
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
