"""Converts the ``modelTopology`` of a TF.js model.json to a Graph and back."""

from typing import Any

from tfjs_export.errors import ModelFormatError, UnsupportedLayerError, locate_errors
from tfjs_export.fields import Fields, as_list, is_integer, quote
from tfjs_export.graph import Graph, Layer
from tfjs_export.kind import Kind
from tfjs_export.layers import KINDS, InputLayer


def parse_topology(topology: object) -> Graph:
    """Reads a ``modelTopology``; the Graph is well-formed but not yet validated.

    Raises:
        ModelFormatError: a value is missing or of the wrong type.
        UnsupportedLayerError: a layer, or a use of one, is unknown to this package.
    """
    model = Fields(topology, 'modelTopology')
    # A model that was converted from Keras 2 has its topology one level deeper.
    if model.any('model_config', None) is not None:
        model = model.object('model_config')
    class_name = model.text('class_name')
    if class_name == 'Sequential':
        return _parse_sequential(model)
    if class_name in ('Model', 'Functional'):
        return _parse_graph(model.object('config'))
    raise UnsupportedLayerError(
        f'the model is a {quote(class_name)}; only functional models and a Sequential can be read'
    )


def _parse_sequential(entry: Fields) -> Graph:
    """Adds an InputLayer of the name that TF.js gives it, if there is none."""
    config = entry.any('config')
    if isinstance(config, list):  # as the first versions of Keras and TF.js wrote it
        config = {'layers': config}
    model = Fields(config, 'config')
    layers: list[tuple[str, Kind, bool]] = []
    for layer in model.list('layers'):
        fields = Fields(layer, 'each item of layers')
        own = fields.object('config')
        name = own.text('name')
        with locate_errors(f'layer {quote(name)} ({quote(fields.text("class_name"))[1:-1]})'):
            kind = _parse_kind(fields)
            if not layers and not isinstance(kind, InputLayer):
                shape = own.any('batch_input_shape', None) or model.any('build_input_shape', None)
                if shape is None:
                    raise ModelFormatError('it begins a Sequential and has no batch_input_shape')
                source = InputLayer.from_tfjs(Fields({'batch_input_shape': shape}, 'config'))
                layers.append((f'{name}_input', source, True))
            layers.append((name, kind, own.boolean('trainable', True)))
    if not layers:
        raise ModelFormatError('a Sequential has no layers')
    return Graph.of_sequence(model.text('name', entry.text('name', 'sequential')), layers)


def _parse_graph(config: Fields) -> Graph:
    return Graph(
        name=config.text('name'),
        layers=tuple(
            _parse_layer(Fields(entry, 'each item of layers')) for entry in config.list('layers')
        ),
        inputs=_parse_refs(config.list('input_layers')),
        outputs=_parse_refs(config.list('output_layers')),
    )


def _parse_layer(entry: Fields) -> Layer:
    name = entry.text('name')
    with locate_errors(f'layer {quote(name)} ({quote(entry.text("class_name"))[1:-1]})'):
        kind = _parse_kind(entry)
        config = entry.object('config')
        if config.text('name', name) != name:
            raise ModelFormatError(f'its config has another name, {quote(config.text("name"))}')
        calls = entry.list('inbound_nodes')
        if len(calls) > 1:
            raise UnsupportedLayerError('a layer that is called more than once cannot be exchanged')
        if bool(calls) == isinstance(kind, InputLayer):
            raise ModelFormatError('an input takes no tensors, and any other layer is called')
        return Layer(
            name=name,
            kind=kind,
            trainable=config.boolean('trainable', True),
            inputs=_parse_refs(as_list(calls[0], 'each item of inbound_nodes')) if calls else (),
        )


def _parse_kind(entry: Fields) -> Kind:
    class_name = entry.text('class_name')
    if class_name not in KINDS:
        raise UnsupportedLayerError(
            f'this class of layer cannot be exchanged; known are {", ".join(KINDS)}'
        )
    return KINDS[class_name].from_tfjs(entry.object('config'))


def _parse_refs(refs: list[Any]) -> tuple[str, ...]:
    return tuple(_parse_ref(as_list(ref, 'a tensor')) for ref in refs)


def _parse_ref(ref: list[Any]) -> str:
    good = len(ref) in (3, 4) and isinstance(ref[0], str)
    if not (good and all(is_integer(number) and number >= 0 for number in ref[1:3])):
        raise ModelFormatError(f'a tensor must be [layer, call, output], not {quote(ref)}')
    options = ref[3] if len(ref) == 4 and ref[3] is not None else {}
    if not isinstance(options, dict) or any(options.values()):
        raise UnsupportedLayerError(f'a call with options cannot be read: {quote(options)}')
    name, call, output = ref[:3]
    if call or output:
        raise ModelFormatError(f'layer {quote(name)} has only output 0 of call 0, not {quote(ref)}')
    return name


def topology_json(graph: Graph) -> dict[str, Any]:
    """Returns TF.js's spelling of a valid Graph, as TF.js 1.2.8 and later read it."""
    layers = []
    for layer in graph.layers:
        config = {'name': layer.name, **layer.kind.to_tfjs()}
        if not layer.is_input:
            config['trainable'] = layer.trainable
        nodes = [[[name, 0, 0, {}] for name in layer.inputs]] if layer.inputs else []
        layers.append(
            {
                'name': layer.name,
                'class_name': layer.kind.class_name,
                'config': config,
                'inbound_nodes': nodes,
            }
        )
    config = {
        'name': graph.name,
        'layers': layers,
        'input_layers': [[name, 0, 0] for name in graph.inputs],
        'output_layers': [[name, 0, 0] for name in graph.outputs],
    }
    # The only name that TF.js 1.x knows for a functional model.
    return {'class_name': 'Model', 'config': config}
