"""What follows after fitting: pitch balance, the second stage and the threshold."""

import dataclasses

import numpy as np

from melodyvae.loops.loops import Loops
from melodyvae.model.vae import MelodyVAE
from melodyvae.playing.player import Player, encode
from melodyvae.playing.threshold import calibrate
from melodyvae.playing.timing import Timing
from melodyvae.training.balance import balance_pitches
from melodyvae.training.data import TrainingData
from melodyvae.training.pad import MAX_ENCODED, make_pad, read_places
from melodyvae.training.scale import scale_to_pad

MAX_PLACES = 300  # whose timing is kept, of a model without places of its own


def finish(model: MelodyVAE, data: TrainingData) -> float:
    """Balances the pitches of a fitted model, makes its pad, and calibrates its threshold.

    The config decides on the first two: `training.pitch_balance` and `model.anchors`. A model that
    is finished already keeps its weights.

    Args:
      model: fitted to `data`; changed in place.
      data: its library.

    Returns:
      The onset threshold, a probability: that of the device for a pad, which is made for it.
    """
    if not (model.finished or model.anchors):
        balance_pitches(model, data.loops, data.training)
        if model.config.model.anchors:
            scale_to_pad(model, data.loops)
            make_pad(model, data)
        model.finished = True
    player = Player.of(model)
    return player.threshold if model.anchors else calibrate(player, data.loops)


def locate_timing(model: MelodyVAE, loops: Loops) -> Timing:
    """Finds the tempos and time signatures at the places of a library on the pad."""
    timing = Timing(loops.tempo, loops.metre)
    if max(len({*loops.tempos}), len({*loops.metres})) < 2:
        return timing
    some = loops.take_at_most(MAX_ENCODED if model.anchors else MAX_PLACES)
    z = encode(Player.of(model), some)[0].astype(np.float64)
    which = np.arange(len(z))
    if model.anchors:
        places = read_places(model.decoder)
        which = np.array([((z - place) ** 2).sum(axis=1).argmin() for place in places])
    files = some.file[which].tolist()
    return dataclasses.replace(
        timing,
        z=z[which],
        tempos=tuple([loops.tempos[file] for file in files]),
        metres=tuple([loops.metres[file] for file in files]),
    )
