"""What the converter of PyPI's tensorflowjs writes of a Keras 3 model, which no TF.js loads."""

import json
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from keras import layers

from tfjs_export import (
    ModelFormatError,
    UnsupportedLayerError,
    VerifyError,
    load_layers_model,
    load_numpy_model,
    save_layers_model,
    verify,
)


def convert(model: keras.Model, folder: Path, *, from_keras_file: bool = False) -> Path:
    """Writes what the converter writes: the config and the weights as Keras's own file has them."""
    folder.mkdir()
    model.save(folder.parent / 'model.h5')
    weights, data = [], b''
    with h5py.File(folder.parent / 'model.h5') as file:
        config = json.loads(file.attrs['model_config'])
        for layer in file['model_weights'].attrs['layer_names']:
            group = file['model_weights'][layer]
            for number, name in enumerate(group.attrs['weight_names']):
                value = np.asarray(group[name], '<f4')
                called = f'{name.split("/")[-2]}/{number}' if from_keras_file else name
                weights.append({'name': called, 'shape': list(value.shape), 'dtype': 'float32'})
                data += value.tobytes()
    document = {
        'format': 'layers-model',
        'generatedBy': 'keras v3.8.0',
        'convertedBy': 'TensorFlow.js Converter v4.22.0',
        'modelTopology': {
            'keras_version': '3.8.0',
            'backend': 'tensorflow',
            'model_config': config,
        },
        'weightsManifest': [{'paths': ['group1-shard1of1.bin'], 'weights': weights}],
    }
    (folder / 'model.json').write_text(json.dumps(document))
    (folder / 'group1-shard1of1.bin').write_bytes(data)
    return folder


def functional():
    a, b = keras.Input((3,)), keras.Input((3,))
    inner = keras.Sequential([keras.Input((3,)), layers.Dense(3), layers.LeakyReLU(0.1)], name='i')
    both = layers.Concatenate(axis=-1)([inner(a), inner(b)])
    x = layers.Dropout(0.2)(layers.BatchNormalization()(both))
    return keras.Model([a, b], [layers.Dense(2, activation='sigmoid')(x), inner(a)])


def sequential():
    return keras.Sequential([keras.Input((4,)), layers.Dense(3, use_bias=False), layers.Softmax()])


@pytest.mark.parametrize('make', [functional, sequential])
def test_it_is_read_and_can_be_written_so_that_tfjs_loads_it(
    make, randomise, runtimes, tmp_path, draw_inputs, apply_keras
):
    model = randomise(make())
    broken = convert(model, tmp_path / 'broken')
    with pytest.raises(VerifyError, match='InputLayer should be passed'):
        verify(model, broken)
    loaded = load_layers_model(broken)
    inputs = draw_inputs(model, 4)
    for one, other in zip(apply_keras(loaded, inputs), apply_keras(model, inputs), strict=True):
        np.testing.assert_array_equal(one, other)
    mended = save_layers_model(loaded, tmp_path / 'mended')
    assert verify(model, mended, inputs=4).max_abs_difference <= 1e-5


def test_weights_that_are_numbered_as_in_a_keras_file(
    randomise, tmp_path, draw_inputs, apply_keras
):
    x = keras.Input((4,))
    model = randomise(keras.Model(x, layers.BatchNormalization()(layers.Dense(3)(x))))
    broken = convert(model, tmp_path / 'broken', from_keras_file=True)
    inputs = draw_inputs(model, 4)
    [expected] = apply_keras(model, inputs)
    np.testing.assert_allclose(load_numpy_model(broken)(inputs)[0], expected, rtol=1e-5, atol=1e-6)


def set_config(*path, value):
    """An edit of the model's config."""

    def edit(config):
        *keys, last = path
        for key in keys:
            config = config[key]
        config[last] = value

    return edit


DAMAGE = {
    'no layers': (set_config('layers', value=5), 'layers must be a list'),
    'layer a number': (set_config('layers', 1, value=5), 'none that Keras 3'),
    'name a number': (set_config('name', value=5), 'no name but 5'),
    'layer name a list': (set_config('layers', 1, 'name', value=['a']), 'no name'),
    'class a list': (
        set_config('layers', 1, 'class_name', value=['a']),
        'none that Keras 3',
    ),
    'no nodes': (set_config('layers', 1, 'inbound_nodes', value=None), 'none that Keras 3'),
    'outputs a text': (set_config('output_layers', value='dense'), 'must be one tensor'),
    'tensor of two': (set_config('output_layers', 0, value=['dense', 0]), 'none that Keras 3'),
    'call a text': (set_config('output_layers', 0, 1, value='0'), 'must be'),
    'huge units': (set_config('layers', 1, 'config', 'units', value=10**12), 'more than'),
}


@pytest.mark.parametrize('case', DAMAGE)
def test_damage_is_one_sentence(case, tmp_path):
    x = keras.Input((2,), name='x')
    model = keras.Model(x, [layers.Dense(2, name='dense')(x), layers.ReLU(name='relu')(x)])
    folder = convert(model, tmp_path / 'broken')
    edit, message = DAMAGE[case]
    document = json.loads((folder / 'model.json').read_text())
    edit(document['modelTopology']['model_config']['config'])
    (folder / 'model.json').write_text(json.dumps(document))
    with pytest.raises(ModelFormatError, match=message) as caught:
        load_layers_model(folder)
    assert str(folder / 'model.json') in str(caught.value)
    assert '\n' not in str(caught.value)


def test_a_layer_that_is_unknown_is_named(tmp_path):
    x = keras.Input((4,))
    model = keras.Model(x, layers.PReLU(name='prelu')(x))
    with pytest.raises(UnsupportedLayerError, match=r"'prelu' \(PReLU\)"):
        load_layers_model(convert(model, tmp_path / 'broken'))
