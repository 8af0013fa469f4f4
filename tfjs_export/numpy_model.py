"""Computes a layers model with NumPy alone, without Keras: decoders this small need no more."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import cast

import numpy as np

from tfjs_export.graph import Graph, TensorRef
from tfjs_export.kind import Kind, Shape
from tfjs_export.layers import (
    Activation,
    BatchNormalization,
    Dense,
    Dropout,
    InputLayer,
    LeakyReLU,
    ReLU,
    Softmax,
)
from tfjs_export.shape_layers import Add, Concatenate, Flatten, Multiply, Reshape
from tfjs_export.validate import check_graph

# Of the SELU: Klambauer et al., Self-Normalizing Neural Networks, 2017, equation 14.
_SELU_ALPHA = 1.6732632423543772
_SELU_SCALE = 1.0507009873554805


@dataclass(frozen=True, slots=True)
class NumpyModel:
    """A layers model as it is after training: Dropout does nothing, averages do not move.

    Attributes:
        graph: the valid topology.
        weights: float32 arrays by the names that TF.js gives them (``layer/kernel``).
    """

    graph: Graph
    weights: Mapping[str, np.ndarray]

    @property
    def input_shapes(self) -> list[Shape]:
        """Shape of each input, without the batch."""
        kinds = {layer.name: layer.kind for layer in self.graph.layers}
        return [cast('InputLayer', kinds[ref.layer]).shape for ref in self.graph.inputs]

    @property
    def output_shapes(self) -> list[Shape]:
        """Shape of each output, without the batch."""
        return list(check_graph(self.graph).outputs)

    def __call__(self, inputs: np.ndarray | Sequence[np.ndarray]) -> list[np.ndarray]:
        """Applies the model.

        Args:
            inputs: ``[batch, ...]`` floats, one array an input; a model with one takes it alone.

        Returns:
            ``[batch, ...]`` float32, one array an output.
        """
        arrays = [inputs] if isinstance(inputs, np.ndarray) else inputs
        return _apply(self.graph, [np.asarray(x, np.float32) for x in arrays], self.weights)


def _apply(
    graph: Graph, inputs: Sequence[np.ndarray], weights: Mapping[str, np.ndarray]
) -> list[np.ndarray]:
    layers = {layer.name: layer for layer in graph.layers}
    tensors: dict[TensorRef, np.ndarray] = dict(zip(graph.inputs, inputs, strict=True))
    for name, call in graph.calls_in_order():
        layer = layers[name]
        if layer.is_input:
            continue
        taken = [tensors[ref] for ref in layer.calls[call]]
        if isinstance(layer.kind, Graph):
            made = _apply(layer.kind, taken, weights)
        else:
            own = {weight: weights[f'{name}/{weight}'] for weight in layer.kind.weights}
            made = [_compute(layer.kind, taken, own)]
        for output, tensor in enumerate(made):
            tensors[TensorRef(name, call, output)] = tensor
    return [tensors[ref] for ref in graph.outputs]


@singledispatch
def _compute(
    kind: Kind, tensors: Sequence[np.ndarray], weights: Mapping[str, np.ndarray]
) -> np.ndarray:
    """What a layer makes of ``[batch, ...]`` float32 tensors, ``[batch, ...]`` float32."""
    raise TypeError(f'{kind.class_name} has no computation')


@_compute.register
def _(kind: Dense, tensors, weights):
    made = tensors[0] @ weights['kernel']
    return ACTIVATIONS[kind.activation](made + weights['bias'] if kind.use_bias else made)


@_compute.register
def _(kind: BatchNormalization, tensors, weights):
    factor = 1 / np.sqrt(weights['moving_variance'] + np.float32(kind.epsilon))
    if kind.scale:
        factor = factor * weights['gamma']
    offset = -weights['moving_mean'] * factor
    return tensors[0] * factor + (offset + weights['beta'] if kind.center else offset)


@_compute.register
def _(kind: LeakyReLU, tensors, weights):
    return np.where(tensors[0] > 0, tensors[0], np.float32(kind.negative_slope) * tensors[0])


@_compute.register
def _(kind: ReLU, tensors, weights):
    return np.clip(tensors[0], 0, kind.max_value)


@_compute.register
def _(kind: Dropout, tensors, weights):
    return tensors[0]


@_compute.register
def _(kind: Activation, tensors, weights):
    return ACTIVATIONS[kind.activation](tensors[0])


@_compute.register
def _(kind: Softmax, tensors, weights):
    return ACTIVATIONS['softmax'](tensors[0])


@_compute.register
def _(kind: Concatenate, tensors, weights):
    return np.concatenate(tensors, kind.axis)


@_compute.register
def _(kind: Reshape, tensors, weights):
    return tensors[0].reshape(len(tensors[0]), *kind.target_shape)


@_compute.register
def _(kind: Flatten, tensors, weights):
    return tensors[0].reshape(len(tensors[0]), -1)


@_compute.register
def _(kind: Add, tensors, weights):
    return sum(tensors[1:], start=tensors[0])


@_compute.register
def _(kind: Multiply, tensors, weights):
    product = tensors[0]
    for tensor in tensors[1:]:
        product = product * tensor
    return product


def _elu(x: np.ndarray) -> np.ndarray:
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))


def _sigmoid(x: np.ndarray) -> np.ndarray:
    small = np.exp(-np.abs(x))  # which cannot overflow
    return np.where(x >= 0, 1, small) / (1 + small)


def _log_softmax(x: np.ndarray) -> np.ndarray:
    shifted = x - x.max(-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))


# By the names in `layers.ACTIVATIONS`.
ACTIVATIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    'elu': _elu,
    'linear': lambda x: x,
    'log_softmax': _log_softmax,
    'relu': lambda x: np.maximum(x, 0),
    'relu6': lambda x: np.clip(x, 0, 6),
    'selu': lambda x: (
        np.float32(_SELU_SCALE)
        * np.where(x > 0, x, np.float32(_SELU_ALPHA) * np.expm1(np.minimum(x, 0)))
    ),
    'sigmoid': _sigmoid,
    'softmax': lambda x: np.exp(_log_softmax(x)),
    'softplus': lambda x: np.logaddexp(x, np.float32(0)),
    'softsign': lambda x: x / (1 + np.abs(x)),
    'tanh': np.tanh,
}
