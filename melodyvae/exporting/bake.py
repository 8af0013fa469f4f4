"""Onset probabilities moved, so that a device plays as calibrated with its dial where it stands."""

import dataclasses
from typing import cast

import keras
import numpy as np

from melodyvae.config.settings import Config
from melodyvae.playing.player import Player

NEXT_TO_1 = 1 - 2.0**-24  # as near as float32 comes: the logit of 1 is no number
SIDE = 1e-5  # logits; more than rounding moves a note, and less than anybody hears


def bake_threshold(player: Player) -> Player:
    """A copy whose onset biases make the device's own threshold play what its own would.

    Args:
      player: the model and the threshold that suits it; it stays as it is.

    Returns:
      A player at `config.device.threshold_as_loaded`; its new decoder plays the same notes.
    """
    calibrated = cast('keras.Model', player.decoder)  # of a run
    decoder = keras.models.clone_model(calibrated)
    decoder.set_weights(calibrated.get_weights())
    bias = decoder.get_layer('onset').bias
    bias.assign_add(
        np.full(bias.shape, compute_onset_shift(player.threshold, player.config), np.float32)
    )
    threshold = player.config.device.threshold_as_loaded
    return dataclasses.replace(player, decoder=decoder, threshold=threshold)


def compute_onset_shift(calibrated: float, config: Config) -> float:
    """What to add to the logits of all onsets: logit(device threshold) - logit(calibrated one).

    Args:
      calibrated: the least onset probability that suits the model, in [0, 1].
      config: gives the device's threshold. A note that is just at the threshold sounds in melody
        devices and not in the drum device: it is kept on its side.
    """
    side = -SIDE if config.device.messages == 'drums' else SIDE
    return logit(config.device.threshold_as_loaded) - logit(calibrated) + side


def logit(probability: float) -> float:
    """log(p / (1 - p)), with p held as far from 0 and 1 as float32 can tell."""
    p = float(np.clip(probability, 1 - NEXT_TO_1, NEXT_TO_1))
    return float(np.log(p) - np.log1p(-p))
