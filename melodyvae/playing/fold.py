"""Models without batch normalization that give the same numbers."""

import copy
from collections.abc import Callable

import keras
import numpy as np

from melodyvae.config.settings import Config


def fold_normalization(
    model: keras.Model, config: Config, build: Callable[[Config], keras.Model]
) -> keras.Model:
    """Puts each batch normalization into the weights of the dense layer before it.

    The device's "bend" draws noise on every weight, and below 0 a moving variance has no square
    root: the model then plays nothing until it is loaded again. Without one it plays on.

    Args:
      model: encoder or decoder; it stays as it is.
      config: that it was built with.
      build: what built it, `networks.build_encoder` or `networks.build_decoder`.

    Returns:
      A model with the same outputs, but for rounding; without batch normalization it is `model`.
    """
    if not any(isinstance(layer, keras.layers.BatchNormalization) for layer in model.layers):
        return model
    config = copy.deepcopy(config)
    config.model.normalization = False
    folded = build(config)
    for layer in folded.layers:
        layer.set_weights(model.get_layer(layer.name).get_weights())
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            dense = folded.get_layer(layer.name.removesuffix('_normalization') + '_dense')
            dense.set_weights(_normalized(dense.get_weights(), layer))
    return folded


def _normalized(dense: list[np.ndarray], layer: keras.layers.Layer) -> list[np.ndarray]:
    """Kernel and bias of a dense layer that normalises too, computed in float64."""
    kernel, bias = dense
    gamma, beta, mean, variance = (weight.astype(np.float64) for weight in layer.get_weights())
    scale = gamma / np.sqrt(variance + layer.epsilon)
    return [kernel * scale, (bias - mean) * scale + beta]
