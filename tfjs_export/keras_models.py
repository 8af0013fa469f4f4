"""Keras's side: a functional Keras model to a Graph and its weights, and back."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tfjs_export.errors import ModelFormatError, UnsupportedLayerError, locate_errors
from tfjs_export.fields import Fields, quote
from tfjs_export.graph import Graph, Layer, TensorRef
from tfjs_export.kind import Shape
from tfjs_export.layers import KINDS, InputLayer

if TYPE_CHECKING:
    import keras


def graph_of(model: 'keras.Model') -> Graph:
    """Reads the topology of a functional Keras model; it is not yet validated.

    Raises:
        UnsupportedLayerError: the model is not functional, or it has a layer, or a use of one,
            that cannot be exchanged with TF.js.
    """
    check_functional(model)
    return _read_graph(model.get_config())


def check_functional(model: object) -> None:
    """Refuses what is no functional Keras model.

    Raises:
        UnsupportedLayerError: says what it is.
    """
    kind = type(model)
    if not _is_functional(kind.__module__, kind.__name__):
        named = getattr(model, 'name', model)
        raise UnsupportedLayerError(
            f'model {quote(named)} is a {kind.__name__}; only functional models can be exported: '
            'keras.Model(inputs, outputs)'
        )


def _is_functional(module: str | None, class_name: str) -> bool:
    return class_name == 'Functional' and str(module).split('.')[0] == 'keras'


def _read_graph(config: dict[str, Any]) -> Graph:
    entries = config['layers']
    nested = {
        entry['name']
        for entry in entries
        if _is_functional(entry.get('module'), entry['class_name'])
    }
    return Graph(
        name=config['name'],
        layers=tuple(_read_layer(entry, entry['name'] in nested) for entry in entries),
        inputs=_read_ends(config['input_layers'], nested),
        outputs=_read_ends(config['output_layers'], nested),
    )


def _read_layer(entry: dict[str, Any], is_nested: bool) -> Layer:
    name, class_name, config = entry['name'], entry['class_name'], entry['config']
    if not isinstance(name, str):
        raise ModelFormatError(f'a {class_name} has no name but {quote(name)}: give it a text')
    with locate_errors(f"layer '{name}' ({class_name})"):
        if not is_nested and (entry.get('module') != 'keras.layers' or class_name not in KINDS):
            raise UnsupportedLayerError(
                f'this class of layer cannot be exported; known are {", ".join(KINDS)}'
            )
        calls = [_read_call(node) for node in entry['inbound_nodes']]
        if is_nested:
            kind: Any = _read_graph(config)
        else:
            _check_dtype(config)
            shapes = [[shape for _, shape in call] for call in calls]
            kind = KINDS[class_name].from_keras(Fields(config, 'config'), shapes)
        return Layer(
            name=name,
            kind=kind,
            # A nested model has no such flag in TF.js: the layers in it have their own.
            trainable=is_nested or config.get('trainable', True),
            calls=tuple(tuple(ref for ref, _ in call) for call in calls),
        )


def _check_dtype(config: dict[str, Any]) -> None:
    dtype = config.get('dtype')
    policy = dtype['config'].get('name') if isinstance(dtype, dict) else dtype
    if policy != 'float32':
        raise UnsupportedLayerError(f'TF.js computes in float32, but its dtype is {quote(policy)}')


def _read_call(node: dict[str, Any]) -> list[tuple[TensorRef, Shape]]:
    """The tensors that one call of a layer takes, and their shapes."""
    options = {key: value for key, value in node['kwargs'].items() if value not in (None, False)}
    if options or len(node['args']) != 1:
        problem = f'the options {", ".join(options)}' if options else 'more than its tensors'
        raise UnsupportedLayerError(f'it is called with {problem}, which TF.js does not know')
    tensors = node['args'][0]
    if isinstance(tensors, dict) and tensors.get('class_name') == '__tuple__':
        tensors = tensors['items']
    return [_read_tensor(tensor) for tensor in (tensors if _is_list(tensors) else [tensors])]


def _read_tensor(tensor: object) -> tuple[TensorRef, Shape]:
    if not isinstance(tensor, dict) or tensor.get('class_name') != '__keras_tensor__':
        raise UnsupportedLayerError(
            f'it is called on {quote(tensor)}; TF.js takes a tensor or a list of tensors'
        )
    shape = tuple(tensor['config']['shape'][1:])
    if None in shape:
        raise UnsupportedLayerError(f'it takes a tensor with a size left open: {quote(shape)}')
    return TensorRef(*tensor['config']['keras_history']), shape


def _read_ends(ends: Any, nested: set[str]) -> tuple[TensorRef, ...]:
    """The inputs or outputs of a model, which Keras gives as one tensor or a list."""
    refs = [ends] if _is_list(ends) and isinstance(ends[0], str) else ends
    if not (_is_list(refs) and all(_is_list(ref) and isinstance(ref[0], str) for ref in refs)):
        raise UnsupportedLayerError(
            'the inputs and outputs of a model must be one tensor or a list of tensors, not '
            f'{quote(ends)}: TF.js knows them by their order only'
        )
    # Here, but not between its layers, Keras counts the calls of a nested model from 1.
    return tuple(TensorRef(name, call - (name in nested), output) for name, call, output in refs)


def _is_list(value: object) -> bool:
    return isinstance(value, list | tuple)


def weights_of(model: 'keras.Model', graph: Graph) -> dict[str, np.ndarray]:
    """The weights of a model by the names that TF.js gives them, in the order of TF.js."""
    import keras

    weights: dict[str, np.ndarray] = {}
    for layer in graph.layers:
        keras_layer = model.get_layer(layer.name)
        if isinstance(layer.kind, Graph):
            weights.update(weights_of(keras_layer, layer.kind))
            continue
        for weight in layer.kind.weights:
            # As a tensor, since NumPy 2 warns where a variable of TensorFlow becomes an array.
            tensor = keras.ops.stop_gradient(getattr(keras_layer, weight).value)
            weights[f'{layer.name}/{weight}'] = keras.ops.convert_to_numpy(tensor)
    return {name: weights[name] for name in graph.weight_names()}


def build_model(graph: Graph, weights: dict[str, np.ndarray]) -> 'keras.Model':
    """Builds the functional Keras model of a valid Graph and sets its weights."""
    try:
        return _build(graph, weights)
    except RecursionError:
        raise ModelFormatError('the model has more layers in a row than Keras can build') from None


def _build(graph: Graph, weights: dict[str, np.ndarray]) -> 'keras.Model':
    import keras

    layers = {layer.name: layer for layer in graph.layers}
    keras_layers = {
        layer.name: _build_layer(layer, weights) for layer in graph.layers if not layer.is_input
    }
    tensors: dict[TensorRef, Any] = {}
    for name, call in graph.calls_in_order():
        layer = layers[name]
        if isinstance(layer.kind, InputLayer):
            made = keras.Input(shape=layer.kind.shape, name=name, dtype='float32')
        else:
            made = keras_layers[name](_one_or_list([tensors[ref] for ref in layer.calls[call]]))
        for output, tensor in enumerate(made if _is_list(made) else [made]):
            tensors[TensorRef(name, call, output)] = tensor
    model = keras.Model(
        inputs=_one_or_list([tensors[ref] for ref in graph.inputs]),
        outputs=_one_or_list([tensors[ref] for ref in graph.outputs]),
        name=graph.name,
    )
    for layer in graph.layers:
        if not isinstance(layer.kind, Graph):
            for weight in layer.kind.weights:
                getattr(keras_layers[layer.name], weight).assign(weights[f'{layer.name}/{weight}'])
    return model


def _build_layer(layer: Layer, weights: dict[str, np.ndarray]) -> Any:
    import keras

    if isinstance(layer.kind, Graph):
        return _build(layer.kind, weights)
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
