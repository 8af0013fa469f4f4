"""TF.js's spelling of a model: the ``modelTopology`` of a model.json to a Graph and back.

A nested model counts its calls from 1 in TF.js, as it is thought to have been called once when
it was made; a Graph counts all calls from 0.
"""

from dataclasses import replace
from typing import Any

from tfjs_export.errors import ModelFormatError, UnsupportedLayerError, locate_errors
from tfjs_export.fields import Fields, as_list, is_integer, quote
from tfjs_export.graph import Graph, Layer, TensorRef
from tfjs_export.layers import KINDS, InputLayer

MAX_DEPTH = 16  # models within models
MODEL_CLASSES = ('Model', 'Functional', 'Sequential')


def parse_topology(topology: object) -> Graph:
    """Reads a ``modelTopology``; the Graph is well-formed but not yet validated.

    Raises:
        ModelFormatError: a value is missing or of the wrong type.
        UnsupportedLayerError: a layer is none of those that this package knows.
    """
    model = Fields(topology, 'modelTopology')
    # A model that was converted from Keras 2 has its topology one level deeper.
    if model.any('model_config', None) is not None:
        model = model.object('model_config')
    class_name = model.text('class_name')
    if class_name not in MODEL_CLASSES:
        raise UnsupportedLayerError(
            f'the model is a {quote(class_name)}; only functional models and a Sequential can be '
            f'read'
        )
    return _parse_model(class_name, model, depth=1)


def _parse_model(class_name: str, entry: Fields, depth: int) -> Graph:
    if depth > MAX_DEPTH:
        raise ModelFormatError(f'models are nested more than {MAX_DEPTH} deep')
    if class_name == 'Sequential':
        return _parse_sequential(entry, depth)
    return _parse_graph(entry.object('config'), depth)


def _parse_sequential(entry: Fields, depth: int) -> Graph:
    """Its layers, after an InputLayer of the name that TF.js gives it, where it has none."""
    config = entry.any('config')
    if isinstance(config, list):  # as the first versions of Keras and TF.js wrote it
        config = {'layers': config}
    model = Fields(config, 'config')
    layers: list[tuple[str, Any, bool]] = []
    for layer in model.list('layers'):
        fields = Fields(layer, 'each item of layers')
        own = fields.object('config')
        name, class_name = own.text('name'), fields.text('class_name')
        with locate_errors(f'layer {quote(name)} ({quote(class_name)[1:-1]})'):
            kind = _parse_kind(fields, class_name, depth)
            if not layers and not isinstance(kind, InputLayer):
                layers.append((f'{name}_input', _find_input(model, own, kind), True))
            layers.append((name, kind, own.boolean('trainable', True)))
    if not layers:
        raise ModelFormatError('a Sequential has no layers')
    return Graph.of_sequence(model.text('name', entry.text('name', 'sequential')), layers)


def _find_input(model: Fields, first: Fields, kind: Any) -> InputLayer:
    """What a Sequential takes that begins with this layer."""
    if isinstance(kind, Graph):
        sources = [layer.kind for layer in kind.layers if isinstance(layer.kind, InputLayer)]
        if sources:
            return sources[0]
    shape = first.any('batch_input_shape', None) or model.any('build_input_shape', None)
    if shape is None:
        raise ModelFormatError('it begins a Sequential and has no batch_input_shape')
    return InputLayer.from_tfjs(Fields({'batch_input_shape': shape}, 'config'))


def _parse_graph(config: Fields, depth: int) -> Graph:
    entries = [Fields(entry, 'each item of layers') for entry in config.list('layers')]
    nested = {entry.text('name') for entry in entries if entry.text('class_name') in MODEL_CLASSES}
    return Graph(
        name=config.text('name'),
        layers=tuple(_parse_layer(entry, nested, depth) for entry in entries),
        inputs=_parse_refs(config.list('input_layers'), nested),
        outputs=_parse_refs(config.list('output_layers'), nested),
    )


def _parse_layer(entry: Fields, nested: set[str], depth: int) -> Layer:
    name, class_name = entry.text('name'), entry.text('class_name')
    with locate_errors(f'layer {quote(name)} ({quote(class_name)[1:-1]})'):
        kind = _parse_kind(entry, class_name, depth)
        is_list = isinstance(entry.any('config'), list)  # of an old Sequential
        config = Fields({}, 'config') if is_list else entry.object('config')
        if config.text('name', name) != name:
            raise ModelFormatError(f'its config has another name, {quote(config.text("name"))}')
        return Layer(
            name=name,
            kind=kind,
            trainable=config.boolean('trainable', True),
            calls=tuple(
                _parse_refs(as_list(call, 'each item of inbound_nodes'), nested)
                for call in entry.list('inbound_nodes')
            ),
        )


def _parse_kind(entry: Fields, class_name: str, depth: int) -> Any:
    """The kind of a layer, or the Graph of a nested model."""
    if class_name in MODEL_CLASSES:
        return _parse_model(class_name, entry, depth + 1)
    if class_name not in KINDS:
        raise UnsupportedLayerError(
            f'this class of layer cannot be exchanged; known are {", ".join(KINDS)}'
        )
    return KINDS[class_name].from_tfjs(entry.object('config'))


def _parse_refs(refs: list[Any], nested: set[str]) -> tuple[TensorRef, ...]:
    return tuple(_parse_ref(as_list(ref, 'a tensor'), nested) for ref in refs)


def _parse_ref(ref: list[Any], nested: set[str]) -> TensorRef:
    good = len(ref) in (3, 4) and isinstance(ref[0], str)
    if not (good and all(is_integer(number) and number >= 0 for number in ref[1:3])):
        raise ModelFormatError(f'a tensor must be [layer, call, output], not {quote(ref)}')
    options = ref[3] if len(ref) == 4 and ref[3] is not None else {}
    if not isinstance(options, dict) or any(options.values()):
        raise UnsupportedLayerError(f'a call with options cannot be read: {quote(options)}')
    name, call, output = ref[:3]
    return TensorRef(name, call - (name in nested), output)


def topology_json(graph: Graph) -> dict[str, Any]:
    """TF.js's spelling of a valid Graph, as TF.js 1.2.8 and later read it."""
    return {'class_name': graph.class_name, 'config': _graph_json(_with_calls_in_order(graph))}


def _graph_json(graph: Graph) -> dict[str, Any]:
    nested = {layer.name for layer in graph.layers if isinstance(layer.kind, Graph)}

    def ref_json(ref: TensorRef) -> list[Any]:
        return [ref.layer, ref.call + (ref.layer in nested), ref.output]

    layers = []
    for layer in graph.layers:
        config: dict[str, Any]
        if isinstance(layer.kind, Graph):
            config = topology_json(layer.kind)['config']
        else:
            config = {'name': layer.name, **layer.kind.to_tfjs()}
            if not layer.is_input:
                config['trainable'] = layer.trainable
        layers.append(
            {
                'name': layer.name,
                'class_name': layer.kind.class_name,
                'config': config,
                'inbound_nodes': [[[*ref_json(ref), {}] for ref in call] for call in layer.calls],
            }
        )
    return {
        'name': graph.name,
        'layers': layers,
        'input_layers': [ref_json(ref) for ref in graph.inputs],
        'output_layers': [ref_json(ref) for ref in graph.outputs],
    }


def _with_calls_in_order(graph: Graph) -> Graph:
    """Numbers the calls of each layer as TF.js will when it loads the model.

    TF.js numbers the calls of a shared layer as it makes them, whatever the order in the file;
    with any other order it would silently wire the wrong tensors.
    """
    made: dict[str, list[int]] = {layer.name: [] for layer in graph.layers}
    for name, call in graph.calls_in_order():
        made[name].append(call)

    def renumber(refs: tuple[TensorRef, ...]) -> tuple[TensorRef, ...]:
        return tuple(ref._replace(call=made[ref.layer].index(ref.call)) for ref in refs)

    return replace(
        graph,
        layers=tuple(
            replace(
                layer,
                calls=tuple(renumber(layer.calls[call]) for call in made[layer.name])
                if layer.calls
                else (),
            )
            for layer in graph.layers
        ),
        inputs=renumber(graph.inputs),
        outputs=renumber(graph.outputs),
    )
