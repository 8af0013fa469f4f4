"""Reads the config of a Keras 3 model into a Graph, without importing Keras."""

from typing import Any

from tfjs_export.errors import ModelFormatError, UnsupportedLayerError, locate_errors
from tfjs_export.fields import Fields, is_integer, quote
from tfjs_export.graph import Graph, Layer
from tfjs_export.kind import Kind, Shape
from tfjs_export.layers import KINDS


def read_model(class_name: str, config: dict[str, Any]) -> Graph:
    """Reads the config of a 'Functional' or 'Sequential'; the Graph is not yet validated."""
    _check_name(config['name'], class_name)
    return (_read_sequential if class_name == 'Sequential' else _read_graph)(config)


def _read_sequential(config: dict[str, Any]) -> Graph:
    entries = config['layers']
    if not entries or entries[0]['class_name'] != 'InputLayer':
        raise UnsupportedLayerError(
            f'model {quote(config["name"])} does not know what it takes: begin it with '
            f'keras.Input(shape)'
        )
    layers: list[tuple[str, Kind, bool]] = []
    shape: Shape = ()
    for entry in entries:
        name, class_name = entry['config']['name'], entry['class_name']
        _check_name(name, class_name)
        with locate_errors(f'layer {quote(name)} ({class_name})'):
            kind = _read_kind(entry, [shape])
            shape = kind.output_shape([shape])
        layers.append((name, kind, entry['config'].get('trainable', True) is True))
    return Graph.of_sequence(config['name'], layers)


def _read_graph(config: dict[str, Any]) -> Graph:
    return Graph(
        name=config['name'],
        layers=tuple(_read_layer(entry) for entry in config['layers']),
        inputs=_read_ends(config['input_layers']),
        outputs=_read_ends(config['output_layers']),
    )


def _read_layer(entry: dict[str, Any]) -> Layer:
    name, class_name = entry['name'], entry['class_name']
    _check_name(name, class_name)
    with locate_errors(f'layer {quote(name)} ({class_name})'):
        _check_class(entry)
        if len(entry['inbound_nodes']) > 1:
            raise UnsupportedLayerError('a layer that is called more than once cannot be exchanged')
        taken = [tensor for node in entry['inbound_nodes'] for tensor in _read_call(node)]
        return Layer(
            name=name,
            kind=_read_kind(entry, [shape for _, shape in taken]),
            trainable=entry['config'].get('trainable', True) is True,
            inputs=tuple(ref for ref, _ in taken),
        )


def _read_kind(entry: dict[str, Any], shapes: list[Shape]) -> Kind:
    """Reads the kind of a layer that takes tensors of these shapes."""
    _check_class(entry)
    _check_dtype(entry['config'])
    return KINDS[entry['class_name']].from_keras(Fields(entry['config'], 'config'), shapes)


def _check_name(name: object, class_name: str) -> None:
    if not isinstance(name, str):
        raise ModelFormatError(f'a {class_name} has no name but {quote(name)}: give it a text')


def _check_class(entry: dict[str, Any]) -> None:
    module, class_name = entry.get('module', 'keras.layers'), entry['class_name']
    if '.ops.' in str(module):
        raise UnsupportedLayerError(
            'it is an operation on tensors, such as a + b, which TF.js does not have: use layers'
        )
    if module != 'keras.layers' or class_name not in KINDS:
        raise UnsupportedLayerError(
            f'this class of layer cannot be exported; known are {", ".join(KINDS)}'
        )


def _check_dtype(config: dict[str, Any]) -> None:
    dtype = config.get('dtype')
    policy = dtype['config'].get('name') if isinstance(dtype, dict) else dtype
    if policy != 'float32':
        raise UnsupportedLayerError(f'TF.js computes in float32, but its dtype is {quote(policy)}')


def _read_call(node: dict[str, Any]) -> list[tuple[str, Shape]]:
    """Returns the layers whose tensors a call takes, and the shapes of the tensors."""
    options = {key: value for key, value in node['kwargs'].items() if value not in (None, False)}
    if options or len(node['args']) != 1:
        problem = f'the options {", ".join(options)}' if options else 'more than its tensors'
        raise UnsupportedLayerError(f'it is called with {problem}, which TF.js does not know')
    tensors = node['args'][0]
    if isinstance(tensors, dict) and tensors.get('class_name') == '__tuple__':
        tensors = tensors['items']
    return [_read_tensor(tensor) for tensor in (tensors if _is_list(tensors) else [tensors])]


def _read_tensor(tensor: object) -> tuple[str, Shape]:
    if not isinstance(tensor, dict) or tensor.get('class_name') != '__keras_tensor__':
        raise UnsupportedLayerError(
            f'it is called on {quote(tensor)}; TF.js takes a tensor or a list of tensors'
        )
    shape = tuple(tensor['config']['shape'][1:])
    if None in shape:
        raise UnsupportedLayerError(f'it takes a tensor with a size left open: {quote(shape)}')
    if not all(is_integer(size) and size >= 0 for size in shape):
        raise ModelFormatError(f'it takes a tensor of the shape {quote(shape)}')
    return tensor['config']['keras_history'][0], shape


def _read_ends(ends: Any) -> tuple[str, ...]:
    """Reads the inputs or outputs of a model, which Keras gives as one tensor or a list."""
    refs = [ends] if _is_list(ends) and isinstance(ends[0], str) else ends
    if not (_is_list(refs) and all(_is_list(ref) and isinstance(ref[0], str) for ref in refs)):
        raise UnsupportedLayerError(
            'the inputs and outputs of a model must be one tensor or a list of tensors, not '
            f'{quote(ends)}: TF.js knows them by their order only'
        )
    return tuple(ref[0] for ref in refs)


def _is_list(value: object) -> bool:
    return isinstance(value, list | tuple)
