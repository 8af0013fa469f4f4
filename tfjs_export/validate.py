"""Checks a Graph before anything is built of it, and works out the shapes of its weights.

The same rules hold for what is read and what is written. Limits keep a small file from asking
for a large amount of memory or time.
"""

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

from tfjs_export.errors import ModelFormatError, locate_errors
from tfjs_export.fields import first_repeated, quote
from tfjs_export.graph import Graph, Layer
from tfjs_export.kind import Shape

MAX_TENSORS = 4_000  # inputs, and tensors that all layers take
MAX_ELEMENTS = 2**26  # numbers in all tensors together, for one sample
MAX_WEIGHTS = 2**26  # numbers in all weights together
MAX_DIMENSIONS = 6  # of a tensor, with the batch: the most that TF.js has

# TF.js 1.x takes no other names, and trips over the names that every JavaScript object has.
_NAME = re.compile(r'[A-Za-z0-9][A-Za-z0-9._-]{0,199}')
_JAVASCRIPT_NAMES = {
    'constructor',
    'hasOwnProperty',
    'isPrototypeOf',
    'propertyIsEnumerable',
    'toLocaleString',
    'toString',
    'valueOf',
}


class Shapes(NamedTuple):
    """Shapes of the outputs of a valid Graph for one sample, and of its weights by name."""

    outputs: tuple[Shape, ...]
    weights: dict[str, Shape]


def check_graph(graph: Graph) -> Shapes:
    """Checks names, wiring and sizes.

    Returns:
        The shapes of the outputs, and of all weights by the names that TF.js gives them
        (``layer/kernel``).

    Raises:
        ModelFormatError: TF.js and Keras cannot build the graph.
    """
    _check_name(graph.name, 'model')
    if sum(len(layer.inputs) or 1 for layer in graph.layers) > MAX_TENSORS:
        raise ModelFormatError(f'the layers of the model take more than {MAX_TENSORS} tensors')
    for layer in graph.layers:
        _check_name(layer.name, 'layer')
    twice = first_repeated(layer.name for layer in graph.layers)
    if twice is not None:
        raise ModelFormatError(f"two layers have the name '{twice}'")
    layers = {layer.name: layer for layer in graph.layers}
    for layer in graph.layers:
        with locate_errors(str(layer)):
            if not layer.inputs and not layer.is_input:
                raise ModelFormatError('it takes no tensor')
            _check_refs(layer.inputs, layers)
    _check_ends(graph, layers)
    order = graph.sort_layers()
    _check_all_are_used(graph, order)
    return _work_out_shapes(graph, order)


def _check_name(name: str, what: str) -> None:
    if not _NAME.fullmatch(name) or name in _JAVASCRIPT_NAMES:
        raise ModelFormatError(
            f'the {what} name {quote(name)} is none that TF.js takes: use letters, digits, '
            "'.', '_' and '-'"
        )


def _check_refs(refs: Sequence[str], layers: dict[str, Layer]) -> None:
    for name in refs:
        if name not in layers:
            raise ModelFormatError(f'there is no layer {quote(name)}')


def _check_ends(graph: Graph, layers: dict[str, Layer]) -> None:
    """Checks the inputs and outputs of the model."""
    for refs, what in ((graph.inputs, 'input'), (graph.outputs, 'output')):
        if not refs:
            raise ModelFormatError(f'the model has no {what}s')
        if len(set(refs)) < len(refs):
            raise ModelFormatError(f'TF.js refuses a model with the same {what} twice')
        with locate_errors(f'{what} of the model'):
            _check_refs(refs, layers)
    for layer in graph.layers:
        if layer.is_input != (layer.name in graph.inputs):
            problem = 'is not among' if layer.is_input else 'cannot be one of'
            raise ModelFormatError(f'{layer} {problem} the inputs of the model')


def _check_all_are_used(graph: Graph, order: Sequence[Layer]) -> None:
    """Checks that every layer leads to an output: TF.js and Keras drop those that do not."""
    used = set(graph.outputs)
    for layer in reversed(order):
        if not layer.is_input and layer.name not in used:
            raise ModelFormatError(f'{layer} leads to no output of the model')
        used.update(layer.inputs)


def _work_out_shapes(graph: Graph, order: Sequence[Layer]) -> Shapes:
    shapes: dict[str, Shape] = {}
    weights: dict[str, Shape] = {}
    elements = 0
    for layer in order:
        with locate_errors(str(layer)):
            inputs = [shapes[name] for name in layer.inputs]
            shape = layer.kind.output_shape(inputs)
            _check_dimensions(shape)
            for weight, size in layer.kind.weight_shapes(inputs).items():
                weights[f'{layer.name}/{weight}'] = size
        shapes[layer.name] = shape
        elements += math.prod(shape)
        if elements > MAX_ELEMENTS:
            raise ModelFormatError(
                f'the tensors of the model hold more than {MAX_ELEMENTS} numbers for one sample'
            )
    if sum(map(math.prod, weights.values())) > MAX_WEIGHTS:
        raise ModelFormatError(f'the model has more than {MAX_WEIGHTS} weights')
    return Shapes(tuple(shapes[name] for name in graph.outputs), weights)


def _check_dimensions(shape: Shape) -> None:
    if not 1 <= len(shape) < MAX_DIMENSIONS:
        raise ModelFormatError(
            f'a tensor must have 2 to {MAX_DIMENSIONS} dimensions with the batch, '
            f'not {len(shape) + 1}'
        )
