"""Hostile files: one clear error each, and neither other files nor much memory are touched."""

import contextlib
import copy
import json
import os
import shutil
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from tfjs_export import (
    ModelFormatError,
    load_layers_model,
    load_numpy_model,
    read_metadata,
    save_layers_model,
)
from tfjs_export.reader import MAX_JSON_BYTES

HUGE = 10**12


@pytest.fixture(scope='module')
def valid(plain_model, tmp_path_factory) -> Path:
    return save_layers_model(plain_model, tmp_path_factory.mktemp('valid') / 'model')


@pytest.fixture
def folder(valid, tmp_path) -> Path:
    """A copy of the valid model, to be damaged."""
    return shutil.copytree(valid, tmp_path / 'model')


@contextlib.contextmanager
def changed(folder: Path) -> Iterator[dict]:
    """Yields the values of model.json, and writes them back."""
    document = json.loads((folder / 'model.json').read_text())
    yield document
    (folder / 'model.json').write_text(json.dumps(document))


def layer(document: dict, name: str) -> dict:
    entries = document['modelTopology']['config']['layers']
    return next(entry for entry in entries if entry['name'] == name)


def refused(folder: Path, message: str) -> None:
    """Checks that the model is refused with one sentence that names the file."""
    with pytest.raises(ModelFormatError, match=message) as caught:
        load_layers_model(folder)
    text = str(caught.value)
    assert text.startswith(str(folder.resolve()))
    assert '\n' not in text
    assert len(text) < 600


@contextlib.contextmanager
def little_memory(limit: float = 50e6) -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < limit
    finally:
        tracemalloc.stop()


GONE = object()


def edit(document: dict, place: str, **values) -> None:
    """Changes a part of a document; a value that is GONE is removed.

    The place is 'file', 'model' for the config of the topology, 'group' for that of the weights,
    a layer's name for its config, 'NAME:' for the whole layer, 'LAYER/WEIGHT' for a weight,
    'new layer' or 'new weight'.
    """
    model, group = document['modelTopology']['config'], document['weightsManifest'][0]
    lists = {'new layer': model['layers'], 'new weight': group['weights']}
    if place in lists:
        lists[place].append({})
        part = lists[place][-1]
    elif place in ('file', 'model', 'group'):
        part = {'file': document, 'model': model, 'group': group}[place]
    elif '/' in place:
        part = next(entry for entry in group['weights'] if entry['name'] == place)
    else:
        entry = layer(document, place.removesuffix(':'))
        part = entry if place.endswith(':') else entry['config']
    part.update(values)
    for key in [key for key, value in part.items() if value is GONE]:
        del part[key]


def made(name, class_name, calls, **config) -> dict:
    return {'name': name, 'class_name': class_name, 'config': config, 'inbound_nodes': calls}


def call(name, number=0, **options) -> list:
    """One call of a layer, with one tensor."""
    return [[[name, number, 0, options]]]


def huge_everywhere(document):
    """A consistent claim of a Dense of 10^12 units: only the bytes are not there."""
    edit(document, 'dense', units=HUGE)
    edit(document, 'dense/kernel', shape=[2, HUGE])
    for weight in ('dense/bias', *(f'norm/{x}' for x in ('gamma', 'beta', 'moving_mean'))):
        edit(document, weight, shape=[HUGE])
    edit(document, 'norm/moving_variance', shape=[HUGE])
    edit(document, 'head/kernel', shape=[HUGE, 4])
    edit(document, 'shaped', target_shape=[HUGE + 4, 1])


def nest(document):
    inner = copy.deepcopy(document['modelTopology']['config'])
    edit(document, 'leaky:', class_name='Model', config=inner)


STATE = {'name': 'm', 'dtype': 'int32', 'group': 'optimizer'}

# (place, its new values, what the error says)
EDITS = [
    ('group', {'paths': ['../secret.bin']}, 'leads out'),
    ('group', {'paths': ['/secret.bin']}, 'leads out'),
    ('group', {'paths': ['..\\secret.bin']}, 'leads out'),
    ('group', {'paths': ['file:///secret.bin']}, 'leads out'),
    ('group', {'paths': ['']}, 'leads out'),
    ('group', {'paths': ['weights.bin\0']}, 'not in the folder'),
    ('group', {'paths': [1]}, 'list of at most'),
    ('group', {'paths': ['other.bin']}, 'not in the folder'),
    ('group', {'paths': ['model.json']}, 'bytes'),
    ('group', {'paths': ['a'] * 20_000}, 'at most 9999'),
    ('group', {'paths': ['weights.bin', './weights.bin']}, 'listed twice'),
    ('dense', {'units': HUGE}, r'dense/kernel.* shape|numbers'),
    ('z', {'batch_input_shape': [None, HUGE]}, 'dense/kernel|numbers'),
    ('shaped', {'target_shape': [HUGE, HUGE]}, 'cannot make'),
    ('shaped', {'target_shape': [7] + [1] * 5000}, 'dimensions'),
    ('dense/bias', {'shape': [-3]}, 'dense/bias.*at least 1'),
    ('dense/bias', {'shape': [True, 3]}, 'dense/bias.*at least 1'),
    ('dense/kernel', {'shape': [3, 2]}, 'dense/kernel.*shape'),
    ('dense/bias', {'dtype': 'int32'}, 'dense/bias.*float32'),
    ('dense/bias', {'dtype': None}, 'dense/bias.*dtype is missing'),
    ('dense/bias', {'quantization': {'dtype': 'int4'}}, 'dense/bias.*quantization'),
    ('dense/bias', {'quantization': {'dtype': 'uint8', 'min': 0}}, 'dense/bias.*scale is missing'),
    ('dense/bias', {'group': ['optimizer']}, 'group must be a text'),
    ('dense/bias', {'group': 'optimizer', 'shape': [HUGE] * 8}, 'dense/bias.*missing'),
    ('new weight', {**STATE, 'shape': [10**4000] * 8}, "'m'.*at least 1"),
    ('new weight', {**STATE, 'shape': [HUGE] * 8}, 'bytes'),
    ('new weight', {'name': 'dense/bias', 'shape': [3], 'dtype': 'float32'}, 'listed twice'),
    ('new layer', made('dense', 'Dense', call('z'), units=3), "two layers have the name 'dense'"),
    ('new layer', made('a/b', 'LeakyReLU', call('dense')), "layer name 'a/b' is none that TF.js"),
    ('dense', {'name': 'other'}, "'dense'.*another name, 'other'"),
    ('leaky:', {'class_name': 'Sampling'}, r"'leaky' \(Sampling\).*cannot be exchanged"),
    ('new layer', made('spare', 'LeakyReLU', call('dense')), "layer 'spare'.*leads to no output"),
    ('new layer', made('spare', 'LeakyReLU', []), 'any other layer is called'),
    ('new layer', made('spare', 'LeakyReLU', [[]]), 'takes no tensor'),
    ('dense:', {'inbound_nodes': call('head')}, 'cycle: .*dense'),
    ('leaky:', {'inbound_nodes': call('nowhere')}, "no layer 'nowhere'"),
    ('leaky:', {'inbound_nodes': call('norm', 1)}, 'only output 0 of call 0'),
    ('leaky:', {'inbound_nodes': call('norm', -1)}, 'must be .layer, call'),
    ('leaky:', {'inbound_nodes': [{'args': [], 'kwargs': {}}]}, 'must be a list'),
    ('leaky:', {'inbound_nodes': call('norm', training=True)}, 'a call with options'),
    ('leaky:', {'inbound_nodes': [call('norm')[0] + call('dense')[0]]}, 'one tensor, not 2'),
    ('leaky:', {'inbound_nodes': call('norm') * 2}, 'more than once'),
    ('joined:', {'inbound_nodes': call('head')}, "'joined'.*two tensors"),
    ('z:', {'inbound_nodes': call('dense')}, "'z'.*takes no tensors"),
    ('new layer', made('y', 'InputLayer', [], batch_input_shape=[None, 2]), 'not among the inputs'),
    ('model', {'input_layers': [['dense', 0, 0]]}, 'inputs of the model'),
    ('model', {'input_layers': []}, 'no inputs'),
    ('model', {'output_layers': []}, 'no outputs'),
    ('model', {'output_layers': [['nowhere', 0, 0]]}, "no layer 'nowhere'"),
    ('model', {'layers': []}, 'no layer'),
    ('model', {'name': '../x'}, "model name '../x'"),
    ('dense', {'units': 0}, 'at least 1'),
    ('dense', {'units': '3'}, 'whole number'),
    ('dense', {'use_bias': 'no'}, 'true or false'),
    ('dense', {'use_bias': False}, 'dense/bias.*no layer'),
    ('head', {'activation': 'evil'}, "activation 'evil'"),
    ('leaky', {'alpha': GONE, 'negative_slope': 0.1}, "no 'alpha'"),
    ('leaky', {'alpha': 10**400}, 'alpha must be a finite'),
    ('leaky', {'alpha': -0.1}, 'alpha.*at least 0'),
    ('dropout', {'rate': 1.5}, 'rate must be at most 1'),
    ('dropout', {'noise_shape': [HUGE]}, 'noise_shape'),
    ('norm', {'axis': 0}, 'axis 0'),
    ('joined', {'axis': 10**100}, 'axis'),
    ('joined', {'axis': -2}, 'negative axis'),
    ('shaped', {'target_shape': [-1, -1]}, 'one size open'),
    ('z', {'batch_input_shape': [None, None]}, 'each size'),
    ('z', {'batch_input_shape': [None]}, '2 to 6 dimensions'),
    ('z', {'dtype': 'int32'}, 'float32'),
    ('z', {'sparse': True}, 'dense float32'),
    ('file', {'format': 'graph-model'}, 'graph-model'),
]


@pytest.mark.parametrize(
    ('place', 'values', 'message'), EDITS, ids=[f'{place} {message}' for place, _, message in EDITS]
)
def test_a_damaged_or_hostile_model_is_refused_in_one_sentence(place, values, message, folder):
    with changed(folder) as document:
        edit(document, place, **values)
    (folder.parent / 'secret.bin').write_bytes((folder / 'weights.bin').read_bytes())
    with little_memory():
        refused(folder, message)


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (huge_everywhere, 'numbers for one sample|bytes'),
        (nest, r"'leaky' .Model.*cannot be exchanged"),
        (lambda d: d['modelTopology'].update(class_name='Sequential'), 'joins two tensors'),
    ],
)
def test_a_document_that_is_wrong_in_several_places_is_refused(change, message, folder):
    with changed(folder) as document:
        change(document)
    with little_memory():
        refused(folder, message)


def test_the_model_that_the_attacks_start_from_is_good(folder):
    assert load_layers_model(folder).count_params() == 2 * 3 + 3 + 4 * 3 + 3 * 4 + 4


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        (b'', 'not JSON'),
        (b'\xff\xfe\x00', 'not JSON'),
        (b'[' * 100_000, 'nested too deep'),
        (b'{"a":' * 100_000, 'nested too deep'),
        (b'{"a": NaN}', 'NaN is not a number'),
        (b'{"a": ' + b'9' * 5000 + b'}', 'not JSON'),
        (b'{"format": "layers-model", "format": "layers-model"}', "key 'format' twice"),
        (b'[]', 'must be an object'),
        (b'{}', 'modelTopology is missing'),
    ],
)
def test_what_is_no_model_at_all(text, message, folder):
    (folder / 'model.json').write_bytes(text)
    refused(folder, message)


def test_a_number_too_large_for_a_float_is_refused(folder):
    text = (folder / 'model.json').read_text()
    assert '"alpha": 0.3' in text
    (folder / 'model.json').write_text(text.replace('"alpha": 0.3', '"alpha": 1e999'))
    refused(folder, 'alpha must be a finite number')


def test_a_file_too_large_for_a_model_is_not_read(folder):
    with (folder / 'model.json').open('r+b') as file:
        file.truncate(MAX_JSON_BYTES + 1)
    refused(folder, 'too large for a model')
    with pytest.raises(ModelFormatError, match='too large'):
        read_metadata(folder)


@pytest.mark.parametrize('change', [-1, -4, 1, 4])
def test_weights_of_another_length(change, folder):
    data = (folder / 'weights.bin').read_bytes()
    (folder / 'weights.bin').write_bytes(data[:change] if change < 0 else data + b'\0' * change)
    refused(folder, r"take 148 bytes, but 'weights\.bin' has")


def test_weights_that_are_not_finite(folder):
    data = (folder / 'weights.bin').read_bytes()
    (folder / 'weights.bin').write_bytes(b'\x00\x00\xc0\x7f' + data[4:])
    refused(folder, "'dense/kernel' has a value that is not finite")


def test_quantized_weights_that_leave_the_floats(folder):
    with changed(folder) as document:
        for entry in document['weightsManifest'][0]['weights']:
            entry['quantization'] = {'dtype': 'uint8', 'scale': 1e300, 'min': 0}
    (folder / 'weights.bin').write_bytes(b'\1' * 37)
    refused(folder, 'not finite')


@pytest.mark.parametrize('name', ['weights.bin', 'model.json'])
@pytest.mark.parametrize('absolute', [False, True])
def test_a_link_out_of_the_folder_is_not_followed(name, absolute, folder):
    secret = folder.parent / 'secret'
    (folder / name).rename(secret)
    (folder / name).symlink_to(secret if absolute else '../secret')
    refused(folder, 'link out of the folder')


def test_links_within_the_folder_and_to_the_folder_are_followed(folder):
    (folder / 'weights.bin').rename(folder / 'data')
    (folder / 'weights.bin').symlink_to('data')
    (folder.parent / 'link').symlink_to(folder)
    assert load_layers_model(folder.parent / 'link').name == 'decoder'


def test_what_is_not_a_file_is_not_opened(folder):
    (folder / 'weights.bin').unlink()
    os.mkfifo(folder / 'weights.bin')  # reading it would wait for ever
    refused(folder, 'is not a file')
    (folder / 'weights.bin').unlink()
    (folder / 'weights.bin').mkdir()
    refused(folder, 'is not a file')
    (folder / 'weights.bin').rmdir()
    (folder / 'weights.bin').symlink_to('weights.bin')
    refused(folder, 'not in the folder')


def test_shards_are_checked_together(folder):
    data = (folder / 'weights.bin').read_bytes()
    with changed(folder) as document:
        edit(document, 'group', paths=['a.bin', 'b.bin'])
    (folder / 'a.bin').write_bytes(data[:50])
    refused(folder, "'b.bin' is not in the folder")
    (folder / 'b.bin').write_bytes(data[51:])
    refused(folder, r"take 148 bytes, but 'a\.bin', 'b\.bin' have 147")
    (folder / 'b.bin').write_bytes(data[50:])
    assert load_layers_model(folder).name == 'decoder'


def rebuilt(folder: Path, layers: list[dict], ends: list[str]) -> None:
    """Gives the model other layers; the inputs are its own, or all layers if these are the ends."""
    with changed(folder) as document:
        config = document['modelTopology']['config']
        config['layers'] = layers
        config['output_layers'] = [[name, 0, 0] for name in ends]
        if len(ends) > 1:
            config['input_layers'] = config['output_layers']
        else:
            config['layers'].insert(0, made('z', 'InputLayer', [], batch_input_shape=[None, 2]))


def test_tensors_that_double_at_every_layer_are_refused(folder):
    layers = []
    for number in range(60):
        ref = [f'c{number - 1}' if number else 'z', 0, 0, {}]
        layers.append(made(f'c{number}', 'Concatenate', [[ref, ref]], axis=-1))
    rebuilt(folder, layers, ['c59'])
    refused(folder, 'numbers for one sample')


def test_a_chain_longer_than_keras_can_build_is_refused(folder):
    before = ['z', *(f'c{number}' for number in range(1200))]
    layers = [made(f'c{n}', 'LeakyReLU', call(before[n])) for n in range(1200)]
    rebuilt(folder, layers, ['c1199'])
    with changed(folder) as document:
        edit(document, 'group', weights=[])
    (folder / 'weights.bin').write_bytes(b'')
    refused(folder, 'more layers in a row than Keras can build')


def test_more_inputs_than_keras_should_build_are_refused(folder):
    names = [f'i{number}' for number in range(5000)]
    layers = [made(name, 'InputLayer', [], batch_input_shape=[None, 1]) for name in names]
    rebuilt(folder, layers, names)
    refused(folder, 'more than 4000 tensors')


def test_many_keys_are_compared_in_time(folder):
    keys = ', '.join(f'"{number}": 0' for number in range(300_000))
    (folder / 'model.json').write_text(f'{{{keys}, "299999": 0}}')
    refused(folder, "key '299999' twice")


@pytest.mark.parametrize('read', [load_layers_model, read_metadata])
def test_what_is_not_there(read, folder):
    with pytest.raises(FileNotFoundError, match='no such file or folder'):
        read(folder / 'nowhere')
    (folder / 'model.json').unlink()
    with pytest.raises(FileNotFoundError, match=r'no model\.json'):
        read(folder)


def test_metadata_of_a_wrong_type(folder):
    with changed(folder) as document:
        document['userDefinedMetadata'] = [1]
    with pytest.raises(ModelFormatError, match='userDefinedMetadata must be an object'):
        read_metadata(folder)


def make_large(folder: Path, units: int) -> None:
    """Gives the model a layer with so many weights, whose bytes are a hole in the file."""
    shapes = {'dense/kernel': [2, units], 'head/kernel': [units, 4]}
    with changed(folder) as document:
        edit(document, 'dense', units=units)
        edit(document, 'shaped', target_shape=[units + 4, 1])
        for entry in document['weightsManifest'][0]['weights']:
            if entry['name'].startswith(('dense', 'norm')) or entry['name'] in shapes:
                entry['shape'] = shapes.get(entry['name'], [units])
                entry['quantization'] = {'dtype': 'uint8', 'min': 0.0, 'scale': 1.0}
    with (folder / 'weights.bin').open('wb') as file:
        file.truncate(units * (2 + 1 + 4 + 4) + 16)


def test_a_small_file_cannot_ask_for_endless_weights(folder):
    make_large(folder, 2**23)
    with little_memory():
        refused(folder, f'more than {2**26} weights')


def test_quantized_weights_take_little_more_than_the_model(folder):
    make_large(folder, 2**20)
    size = (folder / 'weights.bin').stat().st_size
    with little_memory(6 * size):
        model = load_numpy_model(folder)
    assert model.weights['dense/kernel'].shape == (2, 2**20)


def test_memory_that_runs_out_is_one_sentence(folder, monkeypatch):
    def fail(*_):
        raise MemoryError

    monkeypatch.setattr('tfjs_export.reader.build_model', fail)
    refused(folder, 'needs more memory than is available')


def test_a_path_that_is_none_has_a_sentence():
    with pytest.raises(ValueError, match='path must be that of a folder or a file, not None'):
        load_layers_model(None)
