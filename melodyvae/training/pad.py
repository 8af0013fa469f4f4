"""The second stage of a training: a decoder whose every point plays a loop, and no mean of loops.

Its output is a mean over anchors (`anchors.choose_anchors`), weighted by how near they lie. Every
anchor's logits grow or fall over the steps at a rate of its own. So on the way from one to another
they take over step by step, in one direction: what is heard between two anchors is the beginning of
one and the end of the other.
"""

import keras
import numpy as np

from melodyvae.config.settings import Config
from melodyvae.loops.loops import Loops, choose_evenly
from melodyvae.loops.pattern import QUARTERS_PER_HALF_NOTE
from melodyvae.model.networks import build_pad_decoder
from melodyvae.model.vae import MelodyVAE
from melodyvae.training.anchors import Anchors, choose_anchors
from melodyvae.training.compose import MOST_LOOPS
from melodyvae.training.data import TrainingData

LOGIT = 2.0  # of a note in the middle of the loop, over the threshold
LARGEST = 1 - 1e-6  # of what an activation is inverted for
ELSEWHERE = 1e-3  # how much the mean of all anchors weighs against an anchor at hand
# Loops of the library are as wide, in the distances of near neighbours, as this F1 of the notes
# that come back from where they lie allows: the wider, the more is heard between them. Made loops
# need not come back, and `pad.width` lets as many again lie between them.
COME_BACK = 0.95
NARROWEST, WIDEST, HALVINGS = 0.4, 4.0, 8
LEAST_WIDTH = 0.02  # or float32 rounds too much of z / width^2; half a step of a MIDI dial


class MakePad(keras.callbacks.Callback):
    """Gives the model its pad when training is over, if `config.model.anchors` asks for one."""

    def on_train_end(self, logs=None):
        data = getattr(self.model, 'learning_from', None)
        if isinstance(data, TrainingData):
            make_pad(self.model, data)


def make_pad(model: MelodyVAE, data: TrainingData) -> None:
    """Replaces the decoder of a trained model, once, and only if its config asks for that."""
    if not model.config.model.anchors or model.anchors:
        return
    own = np.unique(data.training.loop)  # without transposed copies
    anchors = choose_anchors(model, data.loops.take(own[choose_evenly(len(own), MOST_LOOPS)]))
    with model.distribute_strategy.scope():  # as all of the model
        model.replace_decoder(build_from_anchors(anchors, model.config), len(anchors.loops))


def build_from_anchors(anchors: Anchors, config: Config) -> keras.Model:
    """A decoder that needs no training.

    Args:
      anchors: the loops, and where they lie.
      config: of the model. A note's onset probability is over the threshold with which the device
        loads, and that of all other cells under it.
    """
    decoder = build_pad_decoder(config, len(anchors.loops))
    grids = _limit_durations(anchors.loops, config).to_dense(np.arange(len(anchors.loops)))
    on = grids['onset'] > 0
    random = np.random.default_rng([config.training.seed, 4])
    slope = config.pad.slope
    slopes = random.uniform(-slope / 2, slope / 2, len(anchors.z))
    steps = config.grid.steps
    strength = np.exp(np.outer(slopes, np.arange(steps) / steps - 0.5))
    logits = LOGIT * np.where(on, 1, -config.pad.rest) * strength[:, None]
    squares = ((anchors.z[:, None] - anchors.z[None]) ** 2).sum(axis=-1)
    width = config.pad.width * anchors.spacing
    if anchors.own:
        width = _widen(squares, logits, on, anchors.spacing, config)
    bias = -(anchors.z**2).sum(axis=1) / (2 * width**2)
    decoder.get_layer('nearness').set_weights([anchors.z.T / width**2, bias])
    threshold = config.device.threshold_as_loaded
    cells = config.grid.rows * steps
    decoder.get_layer('onset').set_weights(
        [logits.reshape(-1, cells), np.full(cells, np.log(threshold / (1 - threshold)))]
    )
    near = np.exp(-squares / (2 * (4 * width) ** 2))
    for name in config.features[1:]:
        layer = decoder.get_layer(name)
        inverse = _INVERSES[layer.activation.__name__]
        values = inverse(grids[name].astype(np.float64)).reshape(-1, cells)
        layer.set_weights([_fill(values, on.reshape(-1, cells), near), np.zeros(cells)])
    return decoder


def _widen(
    squares: np.ndarray, logits: np.ndarray, on: np.ndarray, spacing: float, config: Config
) -> float:
    """The widest that anchors may be if their notes are to come back; bisection.

    Args:
      squares: `[anchors, anchors]`, of the distances between them.
      logits: `[anchors, rows, steps]`, over 0 where a note sounds.
      on: `[anchors, rows, steps]` bool, their notes.
      spacing: of the anchors.
    """
    low, high = max(NARROWEST * spacing, LEAST_WIDTH), WIDEST * spacing
    for width in (high, *[None] * HALVINGS):
        width = width or (low + high) / 2
        weight = np.exp(-squares / (2 * width**2))
        weight /= weight.sum(axis=1, keepdims=True)
        found = np.tensordot(weight, logits, 1)
        played = found > 0
        if config.device.is_monophonic:
            played &= found == found.max(axis=1, keepdims=True)
        came_back = 2 * (played & on).sum() / (played.sum() + on.sum())
        low, high = (width, high) if came_back >= COME_BACK else (low, width)
    return low


def _fill(values: np.ndarray, on: np.ndarray, near: np.ndarray) -> np.ndarray:
    """Values where an anchor has a note; elsewhere what anchors near have there, for blending.

    Args:
      values, on: `[anchors, cells]`.
      near: `[anchors, anchors]`, how much one says of another.
    """
    mean = values[on].mean()
    weight = near @ on + ELSEWHERE
    found = (near @ np.where(on, values, 0) + ELSEWHERE * mean) / weight
    return np.where(on, values, found)


def _limit_durations(loops: Loops, config: Config) -> Loops:
    """Loops whose notes end where the next begins, as far as they are one voice."""
    if 'duration' not in config.features or not config.device.is_monophonic:
        return loops
    loops = loops.take(np.arange(len(loops)))
    steps, cells = config.grid.steps, loops.cells
    half_note = config.grid.steps_per_quarter * QUARTERS_PER_HALF_NOTE
    owner = np.repeat(np.arange(len(loops)), np.diff(loops.offsets))
    order = np.lexsort((cells['step'], owner))
    begin = owner[order] * steps + cells['step'][order]
    ends = np.append(begin[1:], begin[-1:])
    ends = np.where(ends // steps == begin // steps, ends, (begin // steps + 1) * steps)
    ends[-1] = (begin[-1] // steps + 1) * steps
    longest = (ends - begin) / half_note
    cells['duration'][order] = np.minimum(cells['duration'][order], longest)
    return loops


def _logit(x: np.ndarray) -> np.ndarray:
    x = np.clip(x, 1 - LARGEST, LARGEST)
    return np.log(x) - np.log1p(-x)


# What gives a value, by the name of the activation that it goes through.
_INVERSES = {
    'sigmoid': _logit,
    'tanh': lambda x: np.arctanh(np.clip(x, -LARGEST, LARGEST)),
    'softplus': lambda x: np.log(np.expm1(np.maximum(x, 1 - LARGEST))),
    'relu': lambda x: x,
}
