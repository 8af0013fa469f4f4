"""The device's "bend": adds noise to the weights of a decoder."""

import dataclasses

import numpy as np

import tfjs_export
from melodyvae.playing.player import Player


def bend(player: Player, noise_range: float, seed: int = 0) -> Player:
    """Returns a copy with noise on the decoder's weights, as the device's "bend" does.

    Every weight gets an independent draw from N(0, `noise_range`), including those of batch
    normalization. A moving variance below 0 becomes 0; the device would play nothing from then on.

    Args:
      player: the model; not changed.
      noise_range: standard deviation of the noise, from 0.
      seed: of the noise.
    """
    random = np.random.default_rng(seed)

    def add_noise(name: str, weight: np.ndarray) -> np.ndarray:
        bent = weight + random.normal(0, noise_range, weight.shape)
        return np.maximum(bent, 0) if name.endswith('moving_variance') else bent

    if isinstance(player.decoder, tfjs_export.NumpyModel):
        weights = {
            name: add_noise(name, weight).astype(np.float32)
            for name, weight in player.decoder.weights.items()
        }
        bent = dataclasses.replace(player.decoder, weights=weights)
        return dataclasses.replace(player, decoder=bent)

    import keras  # deferred: a TF.js model is bent without TensorFlow

    decoder = keras.models.clone_model(player.decoder)
    decoder.set_weights(player.decoder.get_weights())
    for weight in decoder.weights:
        weight.assign(add_noise(weight.name, weight.numpy()))
    return dataclasses.replace(player, decoder=decoder)
