"""Reads the config of a Keras 3 model into a Graph, without importing Keras."""

from typing import Any

from tfjs_export.errors import ModelFormatError, UnsupportedLayerError, locate_errors
from tfjs_export.fields import Fields, is_integer, quote
from tfjs_export.graph import Graph, Layer, TensorRef
from tfjs_export.kind import Shape
from tfjs_export.layers import KINDS
from tfjs_export.validate import check_graph

MODEL_CLASSES = ('Functional', 'Sequential')


def is_model(module: str | None, class_name: str) -> bool:
    """Whether a class of Keras is one of models; the JSON in an HDF5 file names no module."""
    return class_name in MODEL_CLASSES and str(module or 'keras').split('.')[0] == 'keras'


def read_model(class_name: str, config: dict[str, Any]) -> Graph:
    _check_name(config['name'], class_name)
    return (_read_sequential if class_name == 'Sequential' else _read_graph)(config)


def _read_sequential(config: dict[str, Any]) -> Graph:
    entries = config['layers']
    if not entries or entries[0]['class_name'] != 'InputLayer':
        raise UnsupportedLayerError(
            f'model {quote(config["name"])} does not know what it takes: begin it with '
            f'keras.Input(shape)'
        )
    layers: list[tuple[str, Any, bool]] = []
    shape: Shape = ()
    for entry in entries:
        name, class_name = entry['config']['name'], entry['class_name']
        _check_name(name, class_name)
        with locate_errors(f'layer {quote(name)} ({class_name})'):
            kind = _read_kind(entry, [[shape]])
            is_graph = isinstance(kind, Graph)
            shape = check_graph(kind).outputs[0] if is_graph else kind.output_shape([shape])
        layers.append((name, kind, is_graph or entry['config'].get('trainable', True) is True))
    return Graph.of_sequence(config['name'], layers)


def _read_graph(config: dict[str, Any]) -> Graph:
    entries = config['layers']
    functional = {
        entry['name']
        for entry in entries
        if entry['class_name'] == 'Functional' and is_model(entry.get('module'), 'Functional')
    }
    return Graph(
        name=config['name'],
        layers=tuple(_read_layer(entry) for entry in entries),
        inputs=_read_ends(config['input_layers'], functional),
        outputs=_read_ends(config['output_layers'], functional),
    )


def _read_layer(entry: dict[str, Any]) -> Layer:
    name, class_name = entry['name'], entry['class_name']
    _check_name(name, class_name)
    with locate_errors(f'layer {quote(name)} ({class_name})'):
        _check_class(entry)
        calls = [_read_call(node) for node in entry['inbound_nodes']]
        kind = _read_kind(entry, [[shape for _, shape in call] for call in calls])
        return Layer(
            name=name,
            kind=kind,
            # A nested model has no such flag in TF.js: the layers in it have their own.
            trainable=isinstance(kind, Graph) or entry['config'].get('trainable', True) is True,
            calls=tuple(tuple(ref for ref, _ in call) for call in calls),
        )


def _read_kind(entry: dict[str, Any], shapes: list[list[Shape]]) -> Any:
    """The kind of a layer whose calls take tensors of these shapes; the Graph of a nested model."""
    _check_class(entry)
    class_name, config = entry['class_name'], entry['config']
    if is_model(entry.get('module'), class_name):
        return read_model(class_name, config)
    _check_dtype(config)
    return KINDS[class_name].from_keras(Fields(config, 'config'), shapes)


def _check_name(name: object, class_name: str) -> None:
    if not isinstance(name, str):
        raise ModelFormatError(f'a {class_name} has no name but {quote(name)}: give it a text')


def _check_class(entry: dict[str, Any]) -> None:
    module, class_name = entry.get('module', 'keras.layers'), entry['class_name']
    if is_model(entry.get('module'), class_name):
        return
    if '.ops.' in str(module):
        raise UnsupportedLayerError(
            f'it is an operation on tensors, such as a + b, which TF.js does not have: use layers, '
            f'such as keras.layers.{class_name if class_name in KINDS else "Add"}()([a, b])'
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
    if not all(is_integer(size) and size >= 0 for size in shape):
        raise ModelFormatError(f'it takes a tensor of the shape {quote(shape)}')
    return _read_ref(tensor['config']['keras_history']), shape


def _read_ref(history: Any) -> TensorRef:
    name, call, output = history
    if not (isinstance(name, str) and is_integer(call) and is_integer(output)):
        raise ModelFormatError(f'a tensor must be [layer, call, output], not {quote(history)}')
    return TensorRef(name, call, output)


def _read_ends(ends: Any, functional: set[str]) -> tuple[TensorRef, ...]:
    """The inputs or outputs of a model, which Keras gives as one tensor or a list."""
    refs = [ends] if _is_list(ends) and isinstance(ends[0], str) else ends
    if not (_is_list(refs) and all(_is_list(ref) and isinstance(ref[0], str) for ref in refs)):
        raise UnsupportedLayerError(
            'the inputs and outputs of a model must be one tensor or a list of tensors, not '
            f'{quote(ends)}: TF.js knows them by their order only'
        )
    read = [_read_ref(ref) for ref in refs]
    # Here, but not between its layers, Keras counts the calls of a nested functional model from 1.
    return tuple(ref._replace(call=ref.call - (ref.layer in functional)) for ref in read)


def _is_list(value: object) -> bool:
    return isinstance(value, list | tuple)
