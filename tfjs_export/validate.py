"""Checks a Graph before anything is built of it, and works out the shapes of its weights.

The same rules hold for what is read and what is written. Limits keep a small file from asking
for a large amount of memory or time.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from tfjs_export.errors import ModelFormatError, locate_errors
from tfjs_export.fields import first_repeated, quote
from tfjs_export.graph import Graph, Layer, TensorRef
from tfjs_export.kind import Shape
from tfjs_export.layers import InputLayer

# Inputs, and tensors that all calls take; those in a nested model count at each of its calls.
MAX_TENSORS = 4_000
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


@dataclass(slots=True, kw_only=True)
class Shapes:
    """What a valid Graph makes of one sample, and what it needs for that."""

    outputs: tuple[Shape, ...]
    weights: dict[str, Shape]
    tensors: int
    elements: int


def check_graph(graph: Graph) -> Shapes:
    """Checks names, wiring and sizes.

    Returns:
        The shapes of all weights by the names that TF.js gives them (``layer/kernel``), and of
        the outputs.

    Raises:
        ModelFormatError: the graph is none that TF.js and Keras can build.
    """
    _check_name(graph.name, 'model')
    _check_count(sum(sum(map(len, layer.calls)) or 1 for layer in graph.layers))
    for layer in graph.layers:
        _check_name(layer.name, 'layer')
    twice = first_repeated(layer.name for layer in graph.layers)
    if twice is not None:
        raise ModelFormatError(f"two layers have the name '{twice}'")
    layers = {layer.name: layer for layer in graph.layers}
    for layer in graph.layers:
        with locate_errors(str(layer)):
            _check_calls(layer, layers)
    _check_ends(graph, layers)
    order = _sorted_calls(graph)
    _check_all_are_used(graph, layers, order)
    return _work_out_shapes(graph, layers, order)


def _check_name(name: str, what: str) -> None:
    if not _NAME.fullmatch(name) or name in _JAVASCRIPT_NAMES:
        raise ModelFormatError(
            f'the {what} name {quote(name)} is none that TF.js takes: use letters, digits, '
            "'.', '_' and '-'"
        )


def _check_calls(layer: Layer, layers: dict[str, Layer]) -> None:
    if layer.is_input and layer.calls:
        raise ModelFormatError('an input takes no tensors')
    if not layer.is_input and not layer.calls:
        raise ModelFormatError('it is never called')
    for call in layer.calls:
        if not call:
            raise ModelFormatError('one of its calls takes no tensor')
        for ref in call:
            _check_ref(ref, layers)


def _check_ref(ref: TensorRef, layers: dict[str, Layer]) -> None:
    layer = layers.get(ref.layer)
    if layer is None:
        raise ModelFormatError(f'there is no layer {quote(ref.layer)}')
    calls = 1 if layer.is_input else len(layer.calls)
    outputs = len(layer.kind.outputs) if isinstance(layer.kind, Graph) else 1
    if not (0 <= ref.call < calls and 0 <= ref.output < outputs):
        raise ModelFormatError(
            f'{layer} has no output {quote(ref.output)} of a call {quote(ref.call)}'
        )


def _check_ends(graph: Graph, layers: dict[str, Layer]) -> None:
    """Checks the inputs and outputs of the model."""
    for refs, what in ((graph.inputs, 'input'), (graph.outputs, 'output')):
        if not refs:
            raise ModelFormatError(f'the model has no {what}s')
        if len(set(refs)) < len(refs):
            raise ModelFormatError(f'TF.js refuses a model with the same {what} twice')
        with locate_errors(f'{what} of the model'):
            for ref in refs:
                _check_ref(ref, layers)
    named = {ref.layer for ref in graph.inputs}
    for layer in graph.layers:
        if layer.is_input != (layer.name in named):
            problem = 'is not among' if layer.is_input else 'cannot be one of'
            raise ModelFormatError(f'{layer} {problem} the inputs of the model')


def _sorted_calls(graph: Graph) -> list[tuple[str, int]]:
    """(layer name, call) with each call after those whose outputs it takes."""
    sorter: TopologicalSorter[tuple[str, int]] = TopologicalSorter()
    for layer in graph.layers:
        if layer.is_input:
            sorter.add((layer.name, 0))
        for call, refs in enumerate(layer.calls):
            sorter.add((layer.name, call), *(ref[:2] for ref in refs))
    try:
        return list(sorter.static_order())
    except CycleError as error:
        names = [name for name, _ in error.args[1]]
        loop = ' -> '.join(names if len(names) < 8 else [*names[:6], '...', names[-1]])
        raise ModelFormatError(f'the layers form a cycle: {loop}') from None


def _check_all_are_used(
    graph: Graph, layers: dict[str, Layer], order: Sequence[tuple[str, int]]
) -> None:
    """Checks that every call leads to an output: TF.js and Keras drop those that do not."""
    used = {ref[:2] for ref in graph.outputs}
    for name, call in reversed(order):
        layer = layers[name]
        if layer.is_input:
            continue
        if (name, call) not in used:
            raise ModelFormatError(f'{layer} has a call that leads to no output of the model')
        used.update(ref[:2] for ref in layer.calls[call])


def _work_out_shapes(
    graph: Graph, layers: dict[str, Layer], order: Sequence[tuple[str, int]]
) -> Shapes:
    shapes: dict[TensorRef, Shape] = {}
    total = Shapes(outputs=(), weights={}, tensors=0, elements=0)
    nested = {
        layer.name: _check_nested(layer, layer.kind)
        for layer in graph.layers
        if isinstance(layer.kind, Graph)
    }
    weights: dict[str, dict[str, Shape]] = {name: inner.weights for name, inner in nested.items()}
    for name, call in order:
        layer = layers[name]
        with locate_errors(str(layer)):
            inputs = [] if layer.is_input else [shapes[ref] for ref in layer.calls[call]]
            if isinstance(layer.kind, Graph):
                _check_nested_inputs(layer.kind, inputs)
                outputs = nested[name].outputs
                total.tensors += nested[name].tensors
                total.elements += nested[name].elements
            else:
                outputs = (layer.kind.output_shape(inputs),)
                _check_dimensions(outputs[0])
                own = {
                    f'{name}/{weight}': shape
                    for weight, shape in layer.kind.weight_shapes(inputs).items()
                }
                if weights.setdefault(name, own) != own:
                    raise ModelFormatError('it is called on tensors of different sizes')
        for output, shape in enumerate(outputs):
            shapes[TensorRef(name, call, output)] = shape
            total.elements += math.prod(shape)
        total.tensors += len(inputs) or 1
        _check_count(total.tensors)
        if total.elements > MAX_ELEMENTS:
            raise ModelFormatError(
                f'the tensors of the model hold more than {MAX_ELEMENTS} numbers for one sample'
            )
    total.weights = _join_weights([weights.get(name, {}) for name in layers])
    total.outputs = tuple(shapes[ref] for ref in graph.outputs)
    return total


def _join_weights(weights: Sequence[dict[str, Shape]]) -> dict[str, Shape]:
    """The weights of all layers, which need names of their own."""
    names = [name for own in weights for name in own]
    twice = first_repeated(names)
    if twice is not None:
        raise ModelFormatError(
            f"two layers of the name '{twice.split('/')[0]}' hold weights, one of them in a nested "
            'model; TF.js has one place for both: rename one'
        )
    joined = {name: shape for own in weights for name, shape in own.items()}
    if sum(map(math.prod, joined.values())) > MAX_WEIGHTS:
        raise ModelFormatError(f'the model has more than {MAX_WEIGHTS} weights')
    return joined


def _check_nested(layer: Layer, graph: Graph) -> Shapes:
    with locate_errors(str(layer)):
        return check_graph(graph)


def _check_nested_inputs(graph: Graph, inputs: Sequence[Shape]) -> None:
    kinds = {layer.name: layer.kind for layer in graph.layers}
    expected = [kinds[ref.layer] for ref in graph.inputs]
    if [InputLayer(shape) for shape in inputs] != expected:
        raise ModelFormatError(f'the nested model takes other tensors than {quote(inputs)}')


def _check_dimensions(shape: Shape) -> None:
    if not 1 <= len(shape) < MAX_DIMENSIONS:
        raise ModelFormatError(
            f'a tensor must have 2 to {MAX_DIMENSIONS} dimensions with the batch, '
            f'not {len(shape) + 1}'
        )


def _check_count(tensors: int) -> None:
    if tensors > MAX_TENSORS:
        raise ModelFormatError(f'the layers of the model take more than {MAX_TENSORS} tensors')
