"""Folds batch normalization into dense layers."""

import copy
from collections.abc import Callable

import keras
import numpy as np

from melodyvae.config.settings import Config


def fold_normalization(
    model: keras.Model, config: Config, build: Callable[[Config], keras.Model]
) -> keras.Model:
    """Folds each batch normalization into the weights of the dense layer before it.

    The device's "bend" adds noise to every weight. A moving variance below 0 has no square root,
    and the model plays nothing until it is loaded again. A folded model has none.

    Args:
      model: encoder or decoder, built by `build(config)`; not changed.

    Returns:
      A model with the same outputs up to rounding; `model` itself if it has no normalization.
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
    """Returns kernel and bias of a dense layer with the normalization, computed in float64."""
    kernel, bias = dense
    gamma, beta, mean, variance = (weight.astype(np.float64) for weight in layer.get_weights())
    scale = gamma / np.sqrt(variance + layer.epsilon)
    return [kernel * scale, (bias - mean) * scale + beta]
