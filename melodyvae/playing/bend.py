"""The device's "bend": noise on the weights of a decoder."""

import dataclasses

import keras
import numpy as np

from melodyvae.playing.player import Player


def bend(player: Player, noise_range: float, seed: int = 0) -> Player:
    """A copy with noise on the decoder's weights, as the device's "bend".

    Every weight gets its own draw from N(0, `noise_range`), those of batch normalisation included.
    A moving variance below 0 becomes 0; the device leaves it and plays nothing from then on.

    Args:
      player: the model; it stays as it is.
      noise_range: standard deviation of the noise, from 0.
      seed: of the noise.

    Returns:
      A player with a new decoder and the same encoder.
    """
    random = np.random.default_rng(seed)
    decoder = keras.models.clone_model(player.decoder)
    decoder.set_weights(player.decoder.get_weights())
    for weight in decoder.weights:
        bent = weight.numpy() + random.normal(0, noise_range, weight.shape)
        weight.assign(np.maximum(bent, 0) if weight.name == 'moving_variance' else bent)
    return dataclasses.replace(player, decoder=decoder)
