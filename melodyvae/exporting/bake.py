"""Onset probabilities moved, so that a device plays as calibrated with its dial where it stands."""

import dataclasses
from typing import cast

import keras
import numpy as np

from melodyvae.playing.player import Player
from melodyvae.playing.threshold import compute_onset_shift, is_onset_layer


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
    shift = compute_onset_shift(player.threshold, player.config)
    for layer in decoder.layers:
        if is_onset_layer(layer.name) and layer.weights:
            layer.bias.assign_add(np.full(layer.bias.shape, shift, np.float32))
    threshold = player.config.device.threshold_as_loaded
    return dataclasses.replace(player, decoder=decoder, threshold=threshold)
