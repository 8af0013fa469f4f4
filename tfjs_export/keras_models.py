"""Converts a functional or Sequential Keras model to a Graph and its weights, and back."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tfjs_export.errors import ModelFormatError, UnsupportedLayerError
from tfjs_export.fields import quote
from tfjs_export.graph import Graph, Layer
from tfjs_export.keras_config import read_model
from tfjs_export.layers import InputLayer

if TYPE_CHECKING:
    import keras


def graph_of(model: 'keras.Model') -> Graph:
    """Reads the topology of a functional or Sequential Keras model; it is not yet validated.

    Raises:
        UnsupportedLayerError: the model is neither, or it has a layer, or a use of one, that
            cannot be exchanged with TF.js.
    """
    check_kind(model)
    return read_model(type(model).__name__, model.get_config())


def check_kind(model: object) -> None:
    """Refuses what is neither a functional Keras model nor a Sequential.

    Raises:
        UnsupportedLayerError: says what it is.
    """
    kind = type(model)
    if kind.__name__ not in ('Functional', 'Sequential') or kind.__module__[:6] != 'keras.':
        named = getattr(model, 'name', model)
        raise UnsupportedLayerError(
            f'model {quote(named)} is a {kind.__name__}; only functional models and a Sequential '
            f'can be exported: keras.Model(inputs, outputs)'
        )


def weights_of(model: 'keras.Model', graph: Graph) -> dict[str, np.ndarray]:
    """Returns the weights of a model by the names that TF.js gives them, in the order of TF.js."""
    import keras

    weights: dict[str, np.ndarray] = {}
    for name in graph.weight_names():
        layer, _, weight = name.rpartition('/')
        # As a tensor, since NumPy 2 warns where a variable of TensorFlow becomes an array.
        tensor = keras.ops.stop_gradient(getattr(model.get_layer(layer), weight).value)
        weights[name] = keras.ops.convert_to_numpy(tensor)
    return weights


def build_model(graph: Graph, weights: dict[str, np.ndarray]) -> 'keras.Model':
    """Builds the functional Keras model of a valid Graph and sets its weights."""
    try:
        return _build(graph, weights)
    except RecursionError:
        raise ModelFormatError('the model has more layers in a row than Keras can build') from None


def _build(graph: Graph, weights: dict[str, np.ndarray]) -> 'keras.Model':
    import keras

    tensors: dict[str, Any] = {}
    for layer in graph.sort_layers():
        if isinstance(layer.kind, InputLayer):
            made = keras.Input(shape=layer.kind.shape, name=layer.name, dtype='float32')
        else:
            keras_layer = _build_layer(layer)
            made = keras_layer(_one_or_list([tensors[name] for name in layer.inputs]))
            for weight in layer.kind.weights:
                getattr(keras_layer, weight).assign(weights[f'{layer.name}/{weight}'])
        tensors[layer.name] = made
    return keras.Model(
        inputs=_one_or_list([tensors[name] for name in graph.inputs]),
        outputs=_one_or_list([tensors[name] for name in graph.outputs]),
        name=graph.name,
    )


def _build_layer(layer: Layer) -> Any:
    import keras

    # The weights follow: until then random numbers would take time, and memory several times.
    zeros = {f'{weight}_initializer': 'zeros' for weight in layer.kind.weights}
    return getattr(keras.layers, layer.kind.class_name)(
        name=layer.name,
        trainable=layer.trainable,
        dtype='float32',
        **zeros,
        **layer.kind.to_keras(),
    )


def _one_or_list(tensors: Sequence[Any]) -> Any:
    return tensors[0] if len(tensors) == 1 else list(tensors)
