"""What follows after fitting: pitch balance, the second stage and the threshold."""

from melodyvae.model.vae import MelodyVAE
from melodyvae.playing.player import Player
from melodyvae.playing.threshold import calibrate
from melodyvae.training.balance import balance_pitches
from melodyvae.training.data import TrainingData
from melodyvae.training.pad import make_pad


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
        make_pad(model, data)
        model.finished = True
    player = Player.of(model)
    return player.threshold if model.anchors else calibrate(player, data.loops)
