"""The second stage of training: a decoder that plays a loop at every point, not a mean of loops.

Loops of the library get a place on the pad where they are encoded, and sound there note for note.
Between the places, each beat comes from a mosaic of tiles (`mosaics`). They are filled with beats
that follow each other as in the library (`fill`).
"""

import dataclasses
import itertools

import keras
import numpy as np

from melodyvae.config.settings import Config
from melodyvae.loops.loops import Loops, choose_evenly
from melodyvae.loops.pattern import QUARTERS_PER_HALF_NOTE
from melodyvae.model.networks import build_pad_decoder, segment_bounds
from melodyvae.model.vae import MelodyVAE
from melodyvae.playing.player import Player, decode, encode
from melodyvae.training.compose import Segments, cut_segments
from melodyvae.training.data import TrainingData
from melodyvae.training.fill import TileFiller
from melodyvae.training.mosaics import Mosaics, lay_mosaics, lay_points
from melodyvae.training.statistics import match_halves

MAX_LOOPS = 4096  # whose segments are used; of a larger library, as many, evenly chosen
MAX_ENCODED = 20_000  # loops that places are chosen from
DONORS = 80  # loops whose rhythms are spread over the pad
REPEATING = 0.8  # if more of the loops repeat their first half, all of the pad does
SIDE = 51  # of the square of points that the trained decoder decodes
FINE_SIDE = 201  # of the square of points at which notes must not overlap
RARE = 1e-4  # minimum probability of a cell
LOGIT = 2.0  # of a note over the threshold, and of a rest under it
# Devices round velocities down: just at one, rounding errors would decide.
VELOCITY_MARGIN = 0.25 / 127
MAX_VALUE = 1 - 1e-8  # of an activation that is inverted; float32 rounds it to 1
# Logits of tiles are z a - a^2 / 2 by this scale, so that the nearest site wins; powers of two are
# exact in float16, as which large weights reach the page.
SCALE = 2.0**12
STEEP = 2.0**15  # by which the logit of a place falls per unit of distance


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Pad:
    """The segments that sound at each point.

    Attributes:
      mosaics: the tiles and places; if both halves of a loop are the same, those of one half.
      segments: the kinds of segments of `loops`, or of their first halves.
      content: `[segments, tiles + places]` int64, the kind in each.
      loops: those whose segments are used; the first ones have the places.
    """

    mosaics: Mosaics
    segments: Segments
    content: np.ndarray
    loops: Loops


def make_pad(model: MelodyVAE, data: TrainingData) -> None:
    """Replaces the decoder of a trained model by one that `build_from_pad` builds."""
    own = np.unique(data.training.loop)  # without transposed copies
    pad = plan_pad(model, data.loops.take(own[choose_evenly(len(own), MAX_ENCODED)]))
    with model.distribute_strategy.scope():  # as all of the model
        decoder = build_from_pad(pad, model.config)
        model.replace_decoder(decoder, len(pad.mosaics.places), pad.mosaics.tiles)


def plan_pad(model: MelodyVAE, loops: Loops) -> Pad:
    """Decides which segments sound at each point.

    Args:
      model: trained on the loops.
      loops: without transposed copies, at least one.
    """
    config, player = model.config, Player.of(model, 0.5)
    seed = config.training.seed
    loops = loops.keep_highest() if config.device.is_monophonic else loops
    distinct, weight = _find_distinct(loops)
    loops = loops.take(distinct)
    z = encode(player, loops)[0].astype(np.float64)
    own = choose_places(z, config.model.anchors, config.device.pad)
    others = np.setdiff1d(np.arange(len(loops)), own)
    used = np.concatenate([own, others[choose_evenly(len(others), MAX_LOOPS - len(own))]])
    loops, z, weight = loops.take(used), z[used], weight[used]
    segments = cut_segments(loops, len(own))
    tiles = config.pad.tiles
    if _share_repeating(segments) > REPEATING:
        half = cut_segments(_keep_first_half(loops), len(own))
        # Only whole loops have the interval from one bar to the next.
        segments, tiles = dataclasses.replace(half, widest=segments.widest), 2 * tiles
    mosaics = lay_mosaics(z[: len(own)], segments.places, tiles, config.device.pad, seed)
    points = lay_points(SIDE, config.device.pad)
    donor = _choose_donors(loops, z, points, seed)
    guide = _find_odds(player, points)
    filler = TileFiller(mosaics, segments, weight, guide, donor, points, config)
    return Pad(mosaics, segments, filler.fill(seed), loops)


def choose_places(z: np.ndarray, maximum: int, pad: float) -> np.ndarray:
    """Chooses the loops that get a place, far from each other and on the pad.

    T. Gonzalez, "Clustering to minimize the maximum intercluster distance", 1985.

    Args:
      z: `[loops, 2]` float64.
      maximum: number of places.
      pad: how far the pad reaches from its middle.

    Returns:
      Indices, sorted, int64.
    """
    if len(z) <= maximum:
        return np.arange(len(z))
    inside = np.flatnonzero((np.abs(z) <= pad).all(axis=1))
    if len(inside) < maximum:
        inside = np.argsort(np.abs(z).max(axis=1), kind='stable')[:maximum]
    chosen = [int(np.argmin((z[inside] ** 2).sum(axis=1)))]
    nearest = np.full(len(inside), np.inf)
    for _ in range(maximum - 1):
        np.minimum(nearest, ((z[inside] - z[inside[chosen[-1]]]) ** 2).sum(axis=1), out=nearest)
        nearest[chosen] = -1
        chosen.append(int(nearest.argmax()))
    return np.sort(inside[chosen])


def _find_distinct(loops: Loops) -> tuple[np.ndarray, np.ndarray]:
    """Returns the first of the loops with the same onsets, in order, and their counts."""
    onset = loops.to_dense(np.arange(len(loops)))['onset'].reshape(len(loops), -1) > 0
    _, first, counts = np.unique(
        np.packbits(onset, axis=1), axis=0, return_index=True, return_counts=True
    )
    order = np.argsort(first)
    return first[order], counts[order].astype(float)


def _share_repeating(segments: Segments) -> float:
    """Returns the share of loops with equal halves; 0 if halves cannot be compared."""
    if not segments.half_kind:
        return 0.0
    kinds = np.stack(segments.of, axis=1)
    return float(np.mean(match_halves(segments.half_kind, kinds).all(axis=1)))


def _keep_first_half(loops: Loops) -> Loops:
    grid = dataclasses.replace(loops.grid, steps=loops.grid.steps // 2)
    cells, owner = loops.gather_cells(np.arange(len(loops)))
    kept = cells['step'] < grid.steps
    return dataclasses.replace(loops.replace_cells(cells[kept], owner[kept]), grid=grid)


def _choose_donors(loops: Loops, z: np.ndarray, points: np.ndarray, seed: int) -> np.ndarray:
    """Returns the loop whose rhythm is wanted at each point: the nearest of some of any density."""
    random = np.random.default_rng([seed, 5])
    order = np.argsort(np.diff(loops.offsets) + random.random(len(loops)))
    some = order[choose_evenly(len(loops), DONORS)]
    return some[((points[:, None] - z[some][None]) ** 2).sum(axis=-1).argmin(axis=1)]


def _find_odds(player: Player, points: np.ndarray) -> np.ndarray:
    """Decodes points to log odds of a note over none, `[points, rows, steps]` float32."""
    onset = np.clip(decode(player, points)['onset'], RARE, 1 - RARE)
    none = 1 - onset
    if player.config.device.is_monophonic:  # it plays one row per step
        none = np.clip(1 - onset.sum(axis=1, keepdims=True), RARE, 1)
    return np.log(onset) - np.log(none)


def build_from_pad(pad: Pad, config: Config) -> keras.Model:
    """Builds a decoder that needs no training.

    Notes have onset probabilities over the threshold with which the device loads, and all other
    cells under it.
    """
    mosaics, segments = pad.mosaics, pad.segments
    decoder = build_pad_decoder(config, mosaics.tiles, len(mosaics.places))
    _set_places(decoder, mosaics)
    loops, longest = pad.loops, None
    if 'duration' in config.features and config.device.is_monophonic:
        loops, longest = _limit_durations(loops), _limit_tiles(pad, config)
    grids = loops.to_dense(np.arange(len(loops)))
    threshold = config.device.threshold_as_loaded
    bias = np.log(threshold / (1 - threshold))
    for number, (begin, end) in enumerate(itertools.pairwise(segment_bounds(config))):
        here = number % segments.places  # both halves may be the same
        decoder.get_layer(f'tile_{number}').set_weights(_weigh_tiles(mosaics, here))
        # Places have their own loops' values, tiles those of loops that have the segment.
        loop, step = segments.source[here][pad.content[here][: mosaics.tiles]].swapaxes(0, 1)
        places, steps = np.arange(len(mosaics.places)), np.arange(begin, end)
        loop = np.concatenate([loop, np.tile(places[:, None], len(steps))])
        step = np.concatenate([step, np.tile(steps, (len(places), 1))])
        rows = np.arange(config.grid.rows)[None, :, None]
        cut = {name: grid[loop[:, None], rows, step[:, None]] for name, grid in grids.items()}
        cut['velocity'] = cut['velocity'] + VELOCITY_MARGIN
        if longest is not None:
            duration = cut['duration'][: mosaics.tiles]
            np.minimum(duration, longest[number][:, None], out=duration)
        on = cut['onset'].reshape(len(loop), -1) > 0
        decoder.get_layer(f'onset_{number}').set_weights(
            [np.where(on, LOGIT, -LOGIT), np.full(on.shape[1], bias)]
        )
        for name in config.features[1:]:
            inverse = _INVERSES[decoder.get_layer(name).activation.__name__]
            values = inverse(cut[name].reshape(len(loop), -1).astype(np.float64))
            mean = values[on].mean() if on.any() else 0.0
            decoder.get_layer(f'{name}_{number}').set_weights(
                [np.where(on, values, mean), np.zeros(on.shape[1])]
            )
    return decoder


def _set_places(decoder: keras.Model, mosaics: Mosaics) -> None:
    """Sets the layers that compute the distance of a point from each place."""
    places = len(mosaics.places)
    ways = np.array([[1, -1, 0, 0], [0, 0, 1, -1]])
    kernel = np.tile(ways, places)
    bias = -(mosaics.places @ ways).ravel()
    decoder.get_layer('edges').set_weights([kernel, bias])
    decoder.get_layer('away').set_weights(
        [np.kron(np.eye(places), np.ones((4, 1))), np.zeros(places)]
    )


def read_places(decoder: keras.Model) -> np.ndarray:
    """Returns the places of loops on a pad, `[places, 2]` float64."""
    bias = np.asarray(decoder.get_layer('edges').get_weights()[1], np.float64)
    return -bias.reshape(-1, 4)[:, [0, 2]]


def _weigh_tiles(mosaics: Mosaics, number: int) -> list[np.ndarray]:
    """Returns kernel and bias: the nearest site wins, except within the radius of a place."""
    sites, places = mosaics.sites[number], mosaics.places
    near = places.astype(np.float16).astype(np.float64)
    flat = np.concatenate([SCALE * sites.T, SCALE * near.T], axis=1)
    steep = np.concatenate(
        [np.zeros((len(places), len(sites))), -STEEP * np.eye(len(places))], axis=1
    )
    site_bias = -SCALE * (sites**2).sum(axis=1) / 2
    # At its place, a loop's logit is over all others by the radius.
    best = (SCALE * places @ sites.T + site_bias).max(axis=1)
    place_bias = best - SCALE * (places * near).sum(axis=1) + STEEP * mosaics.radius
    return [np.concatenate([flat, steep]), np.concatenate([site_bias, place_bias])]


def _limit_tiles(pad: Pad, config: Config) -> list[np.ndarray]:
    """Limits notes of a tile to end before the next note of any tile that it meets.

    Returns:
      Per segment, `[tiles, steps of the segment]` float64, in half notes: from each step on.
    """
    at = pad.mosaics.find_tiles(lay_points(FINE_SIDE, config.device.pad))
    bounds = segment_bounds(config)
    half_note = config.grid.steps_per_quarter * QUARTERS_PER_HALF_NOTE
    left = np.zeros(len(at), np.int64)  # steps from the end of a segment to the next onset
    found = []
    for number in reversed(range(len(bounds) - 1)):
        here, length = number % pad.segments.places, bounds[number + 1] - bounds[number]
        shortest = np.full(pad.content.shape[1], config.grid.steps)
        np.minimum.at(shortest, at[:, here], left)
        sounds = np.any(pad.segments.on[here], axis=1)
        until = np.empty((pad.mosaics.tiles, length), np.int64)
        following = shortest[: pad.mosaics.tiles]
        for step in reversed(range(length)):
            until[:, step] = following + 1
            now = sounds[pad.content[here][: pad.mosaics.tiles], step]
            following = np.where(now, 0, following + 1)
        found.append(until / half_note)
        wait = np.where(sounds.any(axis=1), sounds.argmax(axis=1), -1)
        wait = wait[pad.content[here][at[:, here]]]
        left = np.where(wait >= 0, wait, length + left)
    return found[::-1]


def _limit_durations(loops: Loops) -> Loops:
    """Returns loops of one voice whose notes end where the next begins."""
    steps = loops.grid.steps
    cells, owner = loops.gather_cells(np.arange(len(loops)))
    order = np.lexsort((cells['step'], owner))
    begin = owner[order] * steps + cells['step'][order]
    ends = np.minimum(np.append(begin[1:], np.inf), (begin // steps + 1) * steps)
    longest = (ends - begin) / (loops.grid.steps_per_quarter * QUARTERS_PER_HALF_NOTE)
    cells['duration'][order] = np.minimum(cells['duration'][order], longest)
    return loops.replace_cells(cells, owner)


def _logit(x: np.ndarray) -> np.ndarray:
    x = np.clip(x, 1 - MAX_VALUE, MAX_VALUE)
    return np.log(x) - np.log1p(-x)


# By the name of the activation.
_INVERSES = {
    'sigmoid': _logit,
    'tanh': lambda x: np.arctanh(np.clip(x, -MAX_VALUE, MAX_VALUE)),
    'softplus': lambda x: np.log(np.expm1(np.maximum(x, 1 - MAX_VALUE))),
    'relu': lambda x: x,
}
