"""A Sequential in Keras and in TF.js."""

import keras
import numpy as np
import pytest
from keras import layers

from tfjs_export import load_layers_model, load_numpy_model, save_layers_model, verify


@pytest.fixture(scope='module')
def model(randomize):
    return randomize(
        keras.Sequential(
            [
                keras.Input((2, 6)),
                layers.Reshape((-1, 3)),
                layers.Dense(4, activation='relu'),
                layers.Flatten(),
                layers.BatchNormalization(),
                layers.Dropout(0.3),
                layers.Dense(3, trainable=False),
                layers.Activation('softmax'),
            ],
            name='sequence',
        )
    )


def test_it_comes_back_as_a_functional_model(model, tmp_path, draw_inputs, apply_keras):
    folder = save_layers_model(model, tmp_path / 'model')
    loaded = load_layers_model(folder)
    inputs = draw_inputs(model, 8)
    expected = apply_keras(model, inputs)
    for one, other in zip(apply_keras(loaded, inputs), expected, strict=True):
        np.testing.assert_array_equal(one, other)
    for one, other in zip(load_numpy_model(folder)(inputs), expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-5, atol=2e-6)
    again = save_layers_model(loaded, tmp_path / 'again')
    assert (again / 'model.json').read_bytes() == (folder / 'model.json').read_bytes()
    frozen = [layer.name for layer in model.layers if not layer.trainable]
    assert [layer.name for layer in loaded.layers if not layer.trainable] == frozen


@pytest.mark.usefixtures('runtimes')
@pytest.mark.parametrize('version', ['1.2.8', '1.7.4', '4.22.0'])
def test_tfjs_computes_the_same(model, version, tmp_path):
    folder = save_layers_model(model, tmp_path / 'model')
    assert verify(model, folder, tfjs_version=version, inputs=8).max_abs_difference <= 1e-5
