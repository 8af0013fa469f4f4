"""Files that nobody should trust: one clear error each, nothing read outside the folder, and no
memory taken for what is only claimed."""

import copy
import json
import os
import tracemalloc
from pathlib import Path

import keras
import pytest
from keras import layers

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
def valid(tmp_path_factory) -> Path:
    """A valid model: z -> dense -> norm -> leaky -> (head, joined with dense)."""
    z = keras.Input((2,), name='z')
    dense = layers.Dense(3, name='dense')(z)
    leaky = layers.LeakyReLU(0.3, name='leaky')(layers.BatchNormalization(name='norm')(dense))
    dropped = layers.Dropout(0.2, name='dropout')(leaky)
    head = layers.Dense(4, activation='sigmoid', name='head')(dropped)
    joined = layers.Concatenate(name='joined')([head, dense])
    shaped = layers.Reshape((7, 1), name='shaped')(joined)
    model = keras.Model(z, [head, shaped], name='decoder')
    return save_layers_model(model, tmp_path_factory.mktemp('valid') / 'model')


@pytest.fixture
def folder(valid, tmp_path) -> Path:
    """A copy of the valid model, to be damaged."""
    folder = tmp_path / 'model'
    folder.mkdir()
    for path in valid.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


def document_of(folder: Path) -> dict:
    return json.loads((folder / 'model.json').read_text())


def write(folder: Path, document) -> None:
    (folder / 'model.json').write_text(json.dumps(document))


def layer(document: dict, name: str) -> dict:
    entries = document['modelTopology']['config']['layers']
    return next(entry for entry in entries if entry['name'] == name)


def spec(document: dict, name: str) -> dict:
    specs = document['weightsManifest'][0]['weights']
    return next(entry for entry in specs if entry['name'] == name)


def refused(folder: Path, message: str) -> None:
    """Checks that the model is refused with one sentence that names the file."""
    with pytest.raises(ModelFormatError, match=message) as caught:
        load_layers_model(folder)
    text = str(caught.value)
    assert text.startswith(str(folder.resolve()))
    assert '\n' not in text
    assert len(text) < 600


def edit_path(path):
    def edit(document):
        document['weightsManifest'][0]['paths'] = [path]

    return edit


def edit_layer(name, /, **config):
    def edit(document):
        layer(document, name)['config'].update(config)

    return edit


def edit_calls(name, calls):
    def edit(document):
        layer(document, name)['inbound_nodes'] = calls

    return edit


def edit_spec(name, **values):
    def edit(document):
        spec(document, name).update(values)

    return edit


def edit_config(**values):
    def edit(document):
        document['modelTopology']['config'].update(values)

    return edit


def repeat_layer(document):
    entries = document['modelTopology']['config']['layers']
    entries.append(copy.deepcopy(entries[1]))


def repeat_spec(document):
    specs = document['weightsManifest'][0]['weights']
    specs.append(copy.deepcopy(specs[0]))


def add_layer(name, class_name, calls, **config):
    def edit(document):
        entry = {'name': name, 'class_name': class_name, 'config': config, 'inbound_nodes': calls}
        document['modelTopology']['config']['layers'].append(entry)

    return edit


def huge_everywhere(document):
    """A consistent claim of a Dense of 10^12 units: only the bytes are not there."""
    layer(document, 'dense')['config']['units'] = HUGE
    spec(document, 'dense/kernel')['shape'] = [2, HUGE]
    for name in ('dense/bias', 'norm/gamma', 'norm/beta', 'norm/moving_mean'):
        spec(document, name)['shape'] = [HUGE]
    spec(document, 'norm/moving_variance')['shape'] = [HUGE]
    spec(document, 'head/kernel')['shape'] = [HUGE, 4]
    layer(document, 'shaped')['config']['target_shape'] = [HUGE + 4, 1]


def remove_spec(document):
    del document['weightsManifest'][0]['weights'][-1]


def rename_weight(document):
    spec(document, 'dense/bias')['name'] = 'dense/kernel_1'


def graph_model(document):
    document['format'] = 'graph-model'


def sequential(document):
    document['modelTopology']['class_name'] = 'Sequential'


def nested(document):
    inner = copy.deepcopy(document['modelTopology']['config'])
    layer(document, 'leaky').update(class_name='Model', config=inner)


# name: (what is done to the JSON, what the error says)
ATTACKS = {
    'path up': (edit_path('../secret.bin'), 'leads out'),
    'path absolute': (edit_path('/secret.bin'), 'leads out'),
    'path backslash': (edit_path('..\\secret.bin'), 'leads out'),
    'path url': (edit_path('file:///secret.bin'), 'leads out'),
    'path empty': (edit_path(''), 'leads out'),
    'path zero byte': (edit_path('weights.bin\0'), 'not in the folder'),
    'path number': (edit_path(1), 'list of at most'),
    'path missing': (edit_path('other.bin'), 'not in the folder'),
    'path model': (edit_path('model.json'), 'bytes'),
    'paths many': (
        lambda document: document['weightsManifest'][0].update(paths=['a'] * 20_000),
        'at most 9999',
    ),
    'file twice': (
        lambda document: document['weightsManifest'][0].update(
            paths=['weights.bin', './weights.bin']
        ),
        'listed twice',
    ),
    'huge units': (edit_layer('dense', units=HUGE), r'dense/kernel.* shape|numbers'),
    'huge and consistent': (huge_everywhere, 'numbers for one sample|bytes'),
    'huge input': (edit_layer('z', batch_input_shape=[None, HUGE]), 'dense/kernel|numbers'),
    'huge reshape': (edit_layer('shaped', target_shape=[HUGE, HUGE]), 'cannot make'),
    'reshape of many ones': (edit_layer('shaped', target_shape=[7] + [1] * 5000), 'dimensions'),
    'huge weight': (edit_spec('dense/bias', shape=[HUGE]), 'dense/bias.*shape'),
    'weight shape negative': (edit_spec('dense/bias', shape=[-3]), 'dense/bias.*at least 1'),
    'weight shape true': (edit_spec('dense/bias', shape=[True, 3]), 'dense/bias.*at least 1'),
    'weight transposed': (edit_spec('dense/kernel', shape=[3, 2]), 'dense/kernel.*shape'),
    'weight int32': (edit_spec('dense/bias', dtype='int32'), 'dense/bias.*float32'),
    'weight no dtype': (edit_spec('dense/bias', dtype=None), 'dense/bias.*dtype is missing'),
    'quantization unknown': (
        edit_spec('dense/bias', quantization={'dtype': 'int4'}),
        'dense/bias.*quantization',
    ),
    'quantization no scale': (
        edit_spec('dense/bias', quantization={'dtype': 'uint8', 'min': 0}),
        'dense/bias.*scale is missing',
    ),
    'group not text': (edit_spec('dense/bias', group=['optimizer']), 'group must be a text'),
    'state of an optimizer without bytes': (
        edit_spec('dense/bias', group='optimizer', shape=[HUGE] * 8),
        'dense/bias.*missing',
    ),
    'state of an optimizer of endless digits': (
        lambda document: document['weightsManifest'][0]['weights'].append(
            {'name': 'm', 'shape': [10**4000] * 8, 'dtype': 'int32', 'group': 'optimizer'}
        ),
        "'m'.*at least 1",
    ),
    'state of an optimizer that is not there': (
        lambda document: document['weightsManifest'][0]['weights'].append(
            {'name': 'm', 'shape': [HUGE] * 8, 'dtype': 'int32', 'group': 'optimizer'}
        ),
        'bytes',
    ),
    'weight twice': (repeat_spec, 'listed twice'),
    'weight missing': (remove_spec, 'missing from weightsManifest'),
    'weight renamed': (rename_weight, 'dense/bias.*missing'),
    'layer twice': (repeat_layer, "two layers have the name 'dense'"),
    'layer nameless': (lambda d: layer(d, 'dense').pop('name'), 'name is missing'),
    'layer name a number': (lambda d: layer(d, 'dense').update(name=7), 'name must be a text'),
    'layer name slash': (
        add_layer('a/b', 'LeakyReLU', [[['dense', 0, 0, {}]]]),
        "layer name 'a/b' is none that TF.js takes",
    ),
    'layer name javascript': (
        add_layer('constructor', 'LeakyReLU', [[['dense', 0, 0, {}]]]),
        "layer name 'constructor'",
    ),
    'layer name differs': (edit_layer('dense', name='other'), "'dense'.*another name, 'other'"),
    'custom layer': (
        lambda d: layer(d, 'leaky').update(class_name='Sampling'),
        r"layer 'leaky' \(Sampling\).*cannot be exchanged",
    ),
    'lambda layer': (
        lambda d: layer(d, 'leaky').update(class_name='Lambda', config={'function': 'evil'}),
        r'\(Lambda\)',
    ),
    'class name a list': (lambda d: layer(d, 'leaky').update(class_name=[]), 'class_name must'),
    'layer unused': (
        add_layer('spare', 'LeakyReLU', [[['dense', 0, 0, {}]]]),
        "layer 'spare'.*leads to no output",
    ),
    'layer never called': (add_layer('spare', 'LeakyReLU', []), 'any other layer is called'),
    'layer of no tensor': (add_layer('spare', 'LeakyReLU', [[]]), 'takes no tensor'),
    'cycle': (edit_calls('dense', [[['head', 0, 0, {}]]]), 'cycle: .*dense'),
    'no such layer': (edit_calls('leaky', [[['nowhere', 0, 0, {}]]]), "no layer 'nowhere'"),
    'no such call': (edit_calls('leaky', [[['norm', 1, 0, {}]]]), 'only output 0 of call 0'),
    'negative call': (edit_calls('leaky', [[['norm', -1, 0, {}]]]), 'must be .layer, call'),
    'call of Keras 3': (edit_calls('leaky', [{'args': [], 'kwargs': {}}]), 'must be a list'),
    'call with training': (
        edit_calls('leaky', [[['norm', 0, 0, {'training': True}]]]),
        'a call with options',
    ),
    'call of two': (
        edit_calls('leaky', [[['norm', 0, 0, {}], ['dense', 0, 0, {}]]]),
        "'leaky'.*one tensor, not 2",
    ),
    'merge of one': (edit_calls('joined', [[['head', 0, 0, {}]]]), "'joined'.*two tensors"),
    'input called': (edit_calls('z', [[['dense', 0, 0, {}]]]), "'z'.*takes no tensors"),
    'input not listed': (
        add_layer('y', 'InputLayer', [], batch_input_shape=[None, 2]),
        "'y'.*not among the inputs",
    ),
    'input is no input': (edit_config(input_layers=[['dense', 0, 0]]), 'inputs of the model'),
    'inputs missing': (edit_config(input_layers=[]), 'no inputs'),
    'outputs missing': (edit_config(output_layers=[]), 'no outputs'),
    'outputs of Keras 3': (edit_config(output_layers=['head', 0, 0]), 'must be a list'),
    'output twice': (
        edit_config(output_layers=[['head', 0, 0], ['shaped', 0, 0], ['head', 0, 0]]),
        'same output twice',
    ),
    'output unknown': (edit_config(output_layers=[['nowhere', 0, 0]]), "no layer 'nowhere'"),
    'layers not a list': (edit_config(layers={}), 'layers must be a list'),
    'no layers': (edit_config(layers=[]), 'no layer'),
    'model name': (edit_config(name='../x'), "model name '../x'"),
    'units zero': (edit_layer('dense', units=0), 'at least 1'),
    'units text': (edit_layer('dense', units='3'), 'whole number'),
    'units missing': (lambda d: layer(d, 'dense')['config'].pop('units'), 'units is missing'),
    'bias a text': (edit_layer('dense', use_bias='no'), 'true or false'),
    'bias gone': (edit_layer('dense', use_bias=False), 'dense/bias.*no layer'),
    'trainable a number': (edit_layer('dense', trainable=1), 'trainable'),
    'activation unknown': (edit_layer('head', activation='evil'), "activation 'evil'"),
    'alpha renamed': (
        lambda d: layer(d, 'leaky').update(config={'name': 'leaky', 'negative_slope': 0.1}),
        "no 'alpha'",
    ),
    'alpha huge': (edit_layer('leaky', alpha=10**400), 'alpha must be a finite'),
    'alpha negative': (edit_layer('leaky', alpha=-0.1), 'alpha.*at least 0'),
    'rate above one': (edit_layer('dropout', rate=1.5), 'rate must be at most 1'),
    'noise shape': (edit_layer('dropout', noise_shape=[HUGE]), 'noise_shape'),
    'axis of the batch': (edit_layer('norm', axis=0), 'axis 0'),
    'axis huge': (edit_layer('joined', axis=10**100), 'axis'),
    'axis negative': (edit_layer('joined', axis=-2), 'negative axis'),
    'epsilon negative': (edit_layer('norm', epsilon=-1), 'epsilon.*at least 0'),
    'scale gone': (edit_layer('norm', scale=False), 'norm/gamma.*no layer'),
    'reshape of two unknowns': (edit_layer('shaped', target_shape=[-1, -1]), 'one size open'),
    'reshape to nothing': (edit_layer('shaped', target_shape=[]), 'cannot make'),
    'input of no size': (edit_layer('z', batch_input_shape=[None, None]), 'each size'),
    'input of no shape': (edit_layer('z', batch_input_shape=[None]), '2 to 6 dimensions'),
    'input of integers': (edit_layer('z', dtype='int32'), 'float32'),
    'input sparse': (edit_layer('z', sparse=True), 'dense float32'),
    'graph model': (graph_model, 'graph-model'),
    'layer called twice': (
        edit_calls('leaky', [[['norm', 0, 0, {}]], [['norm', 0, 0, {}]]]),
        'more than once',
    ),
    'model in a model': (nested, r"'leaky' .Model.*cannot be exchanged"),
    'sequential': (sequential, 'joins two tensors'),
    'topology missing': (lambda d: d.pop('modelTopology'), 'modelTopology is missing'),
    'manifest missing': (lambda d: d.pop('weightsManifest'), 'weightsManifest is missing'),
    'manifest empty': (lambda d: d.update(weightsManifest=[]), 'missing from weightsManifest'),
}


@pytest.mark.parametrize('attack', ATTACKS)
def test_a_damaged_or_hostile_model_is_refused_in_one_sentence(attack, folder):
    edit, message = ATTACKS[attack]
    document = document_of(folder)
    edit(document)
    write(folder, document)
    (folder.parent / 'secret.bin').write_bytes((folder / 'weights.bin').read_bytes())
    tracemalloc.start()
    try:
        refused(folder, message)
        assert tracemalloc.get_traced_memory()[1] < 50e6
    finally:
        tracemalloc.stop()


def test_the_model_that_the_attacks_start_from_is_good(folder):
    assert load_layers_model(folder).count_params() == 2 * 3 + 3 + 4 * 3 + 3 * 4 + 4


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        (b'', 'not JSON'),
        (b'{', 'not JSON'),
        (b'\x89PNG\r\n\x1a\n', 'not JSON'),
        (b'\xff\xfe\x00', 'not JSON'),
        (b'[' * 100_000, 'nested too deep'),
        (b'{"a":' * 100_000, 'nested too deep'),
        (b'{"a": NaN}', 'NaN is not a number'),
        (b'{"a": -Infinity}', 'Infinity is not a number'),
        (b'{"a": ' + b'9' * 5000 + b'}', 'not JSON'),
        (b'{"format": "layers-model", "format": "layers-model"}', "key 'format' twice"),
        (b'[]', 'must be an object'),
        (b'null', 'must be an object'),
        (b'"model"', 'must be an object'),
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


def test_weights_that_claim_the_bytes_of_a_sparse_file(folder):
    document = document_of(folder)
    huge_everywhere(document)
    write(folder, document)
    with (folder / 'weights.bin').open('r+b') as file:
        file.truncate(2**42)
    refused(folder, 'numbers for one sample')


def test_a_huge_dense_layer_whose_bytes_are_in_a_sparse_file(folder):
    """No tensor is large here, and every byte is there, but nobody has the memory."""
    document = document_of(folder)
    config = document['modelTopology']['config']
    x = layer(document, 'z')
    x['config']['batch_input_shape'] = [None, 2**15]
    head = layer(document, 'head')
    head['config']['units'] = 2**15
    head['inbound_nodes'] = [[['z', 0, 0, {}]]]
    config.update(layers=[x, head], output_layers=[['head', 0, 0]])
    document['weightsManifest'][0]['weights'] = [
        {'name': 'head/kernel', 'shape': [2**15, 2**15], 'dtype': 'float32'},
        {'name': 'head/bias', 'shape': [2**15], 'dtype': 'float32'},
    ]
    write(folder, document)
    with (folder / 'weights.bin').open('r+b') as file:
        file.truncate(4 * (2**30 + 2**15))
    refused(folder, f'more than {2**26} weights')


def test_weights_that_are_not_finite(folder):
    data = (folder / 'weights.bin').read_bytes()
    (folder / 'weights.bin').write_bytes(b'\x00\x00\xc0\x7f' + data[4:])
    refused(folder, "'dense/kernel' has a value that is not finite")


def test_quantized_weights_that_leave_the_floats(folder):
    document = document_of(folder)
    for entry in document['weightsManifest'][0]['weights']:
        entry['quantization'] = {'dtype': 'uint8', 'scale': 1e300, 'min': 0}
    write(folder, document)
    (folder / 'weights.bin').write_bytes(b'\1' * 37)
    refused(folder, 'not finite')


@pytest.mark.parametrize('absolute', [False, True])
def test_a_link_out_of_the_folder_is_not_followed(absolute, folder):
    secret = folder.parent / 'secret.bin'
    (folder / 'weights.bin').rename(secret)
    (folder / 'weights.bin').symlink_to(secret if absolute else '../secret.bin')
    refused(folder, 'link out of the folder')


def test_a_folder_that_is_a_link_out_of_the_folder_is_not_followed(folder):
    outside = folder.parent / 'outside'
    outside.mkdir()
    (outside / 'weights.bin').write_bytes((folder / 'weights.bin').read_bytes())
    (folder / 'shards').symlink_to(outside)
    document = document_of(folder)
    edit_path('shards/weights.bin')(document)
    write(folder, document)
    refused(folder, 'link out of the folder')


def test_a_json_file_that_is_a_link_out_of_the_folder_is_not_followed(folder):
    (folder / 'model.json').rename(folder.parent / 'elsewhere.json')
    (folder / 'model.json').symlink_to(folder.parent / 'elsewhere.json')
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
    document = document_of(folder)
    document['weightsManifest'][0]['paths'] = ['a.bin', 'b.bin']
    write(folder, document)
    (folder / 'a.bin').write_bytes(data[:50])
    refused(folder, "'b.bin' is not in the folder")
    (folder / 'b.bin').write_bytes(data[51:])
    refused(folder, r"take 148 bytes, but 'a\.bin', 'b\.bin' have 147")
    (folder / 'b.bin').write_bytes(data[50:])
    assert load_layers_model(folder).name == 'decoder'


def test_tensors_that_double_at_every_layer_are_refused(folder):
    document = document_of(folder)
    config = document['modelTopology']['config']
    config['layers'] = [layer(document, 'z')]
    for number in range(60):
        ref = [f'c{number - 1}' if number else 'z', 0, 0, {}]
        add_layer(f'c{number}', 'Concatenate', [[ref, ref]], axis=-1)(document)
    config['output_layers'] = [['c59', 0, 0]]
    write(folder, document)
    refused(folder, 'numbers for one sample')


def test_a_chain_longer_than_keras_can_build_is_refused(folder):
    document = document_of(folder)
    config = document['modelTopology']['config']
    config['layers'] = [layer(document, 'z')]
    for number in range(3000):
        ref = [f'c{number - 1}' if number else 'z', 0, 0, {}]
        add_layer(f'c{number}', 'LeakyReLU', [[ref]])(document)
    config['output_layers'] = [['c2999', 0, 0]]
    document['weightsManifest'][0]['weights'] = []
    write(folder, document)
    (folder / 'weights.bin').write_bytes(b'')
    refused(folder, 'more layers in a row than Keras can build')


def test_more_inputs_than_keras_should_build_are_refused(folder):
    document = document_of(folder)
    names = [f'i{number}' for number in range(5000)]
    config = document['modelTopology']['config']
    config['layers'] = []
    for name in names:
        add_layer(name, 'InputLayer', [], batch_input_shape=[None, 1])(document)
    config['input_layers'] = config['output_layers'] = [[name, 0, 0] for name in names]
    write(folder, document)
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
    document = document_of(folder)
    document['userDefinedMetadata'] = [1]
    write(folder, document)
    with pytest.raises(ModelFormatError, match='userDefinedMetadata must be an object'):
        read_metadata(folder)


def make_large(folder: Path, units: int, quantization: dict) -> None:
    """Gives the model a layer with so many weights, whose bytes are a hole in the file."""
    document = document_of(folder)
    edit_layer('dense', units=units)(document)
    edit_layer('shaped', target_shape=[units + 4, 1])(document)
    shapes = {'dense/kernel': [2, units], 'head/kernel': [units, 4]}
    for entry in document['weightsManifest'][0]['weights']:
        if entry['name'].startswith(('dense', 'norm')) or entry['name'] in shapes:
            entry['shape'] = shapes.get(entry['name'], [units])
            entry['quantization'] = quantization
    size = units * (2 + 1 + 4 + 4) + 16
    with (folder / 'weights.bin').open('wb') as file:
        file.truncate(size)
    write(folder, document)


QUANTIZED = {'dtype': 'uint8', 'min': 0.0, 'scale': 1.0}


def test_a_small_file_cannot_ask_for_endless_weights(folder):
    make_large(folder, 2**23, QUANTIZED)
    tracemalloc.start()
    try:
        refused(folder, f'more than {2**26} weights')
        assert tracemalloc.get_traced_memory()[1] < 50e6
    finally:
        tracemalloc.stop()


def test_quantized_weights_take_little_more_than_the_model(folder):
    make_large(folder, 2**20, QUANTIZED)
    size = (folder / 'weights.bin').stat().st_size
    tracemalloc.start()
    try:
        model = load_numpy_model(folder)
        assert tracemalloc.get_traced_memory()[1] < 6 * size
    finally:
        tracemalloc.stop()
    assert model.weights['dense/kernel'].shape == (2, 2**20)


def test_memory_that_runs_out_is_one_sentence(folder, monkeypatch):
    def fail(*_):
        raise MemoryError

    monkeypatch.setattr('tfjs_export.reader.build_model', fail)
    refused(folder, 'needs more memory than is available')


def test_a_path_that_is_none_has_a_sentence():
    with pytest.raises(ValueError, match='path must be that of a folder or a file, not None'):
        load_layers_model(None)
