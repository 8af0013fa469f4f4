"""Computes a layers model with NumPy alone, without Keras: decoders this small need no more."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import cast

import numpy as np

from tfjs_export.graph import Graph
from tfjs_export.kind import Kind, Shape
from tfjs_export.layers import (
    Activation,
    BatchNormalization,
    Dense,
    Dropout,
    InputLayer,
    LeakyReLU,
)
from tfjs_export.shape_layers import Concatenate, Flatten, Reshape
from tfjs_export.validate import check_graph


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
        return [cast('InputLayer', kinds[name]).shape for name in self.graph.inputs]

    @property
    def output_shapes(self) -> list[Shape]:
        """Shape of each output, without the batch."""
        return list(check_graph(self.graph).outputs)

    def __call__(self, inputs: np.ndarray | Sequence[np.ndarray]) -> list[np.ndarray]:
        """Applies the model.

        Args:
            inputs: ``[batch, ...]`` floats, one array per input; a model with one takes it alone.

        Returns:
            ``[batch, ...]`` float32, one array per output.
        """
        arrays = [inputs] if isinstance(inputs, np.ndarray) else inputs
        tensors = {
            name: np.asarray(x, np.float32)
            for name, x in zip(self.graph.inputs, arrays, strict=True)
        }
        for layer in self.graph.sort_layers():
            if not layer.is_input:
                taken = [tensors[name] for name in layer.inputs]
                own = {w: self.weights[f'{layer.name}/{w}'] for w in layer.kind.weights}
                tensors[layer.name] = _compute(layer.kind, taken, own)
        return [tensors[name] for name in self.graph.outputs]


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
def _(kind: Dropout, tensors, weights):
    return tensors[0]


@_compute.register
def _(kind: Activation, tensors, weights):
    return ACTIVATIONS[kind.activation](tensors[0])


@_compute.register
def _(kind: Concatenate, tensors, weights):
    return np.concatenate(tensors, kind.axis)


@_compute.register
def _(kind: Reshape, tensors, weights):
    return tensors[0].reshape(len(tensors[0]), *kind.target_shape)


@_compute.register
def _(kind: Flatten, tensors, weights):
    return tensors[0].reshape(len(tensors[0]), -1)


def _sigmoid(x: np.ndarray) -> np.ndarray:
    small = np.exp(-np.abs(x))  # which cannot overflow
    return np.where(x >= 0, 1, small) / (1 + small)


def _softmax(x: np.ndarray) -> np.ndarray:
    shifted = x - x.max(-1, keepdims=True)
    return np.exp(shifted - np.log(np.exp(shifted).sum(-1, keepdims=True)))


# By the names in `layers.ACTIVATIONS`.
ACTIVATIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    'linear': lambda x: x,
    'relu': lambda x: np.maximum(x, 0),
    'sigmoid': _sigmoid,
    'softmax': _softmax,
    'softplus': lambda x: np.logaddexp(x, np.float32(0)),
    'tanh': np.tanh,
}
