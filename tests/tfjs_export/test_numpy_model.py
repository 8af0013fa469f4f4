"""Layers models in NumPy: what Keras makes of them, without Keras."""

import subprocess
import sys

import keras
import numpy as np
import pytest
from keras import layers
from keras_models import apply_keras, draw_inputs

from tfjs_export import load_numpy_model, save_layers_model


def test_numpy_computes_what_keras_computes(all_models, exported):
    for name, model in all_models.items():
        computed = load_numpy_model(exported[name])
        assert computed.input_shapes == [tensor.shape[1:] for tensor in model.inputs], name
        assert computed.output_shapes == [tensor.shape[1:] for tensor in model.outputs], name
        inputs = draw_inputs(model, 8)
        expected = apply_keras(model, inputs)
        outputs = computed(inputs)
        assert len(outputs) == len(expected), name
        for one, other in zip(outputs, expected, strict=True):
            assert one.dtype == np.float32, name
            np.testing.assert_allclose(one, other, rtol=2e-5, atol=2e-6, err_msg=name)


@pytest.mark.parametrize('activation', ['sigmoid', 'softplus', 'softmax'])
def test_large_numbers_do_not_overflow(activation, tmp_path):
    x = keras.Input((3,))
    model = keras.Model(x, layers.Activation(activation)(x))
    computed = load_numpy_model(save_layers_model(model, tmp_path / 'model'))
    large = np.array([[-1e4, 0, 1e4]], np.float32)
    np.testing.assert_allclose(computed(large)[0], apply_keras(model, [large])[0], rtol=1e-6)


def test_one_input_stands_alone_or_in_a_list(exported):
    computed = load_numpy_model(exported['reshapes'])
    x = np.random.default_rng(0).standard_normal((2, 2, 3, 4))
    for one, other in zip(computed(x), computed([x]), strict=True):
        np.testing.assert_array_equal(one, other)


def test_neither_frameworks_nor_melodyvae_are_imported(exported):
    folder = str(exported['dense_activations'])
    code = (
        f'import sys, numpy, tfjs_export\n'
        f'tfjs_export.load_numpy_model({folder!r})(numpy.ones((2, 5)))\n'
        f'print({{"keras", "tensorflow", "melodyvae"}} & set(sys.modules))'
    )
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True)
    assert done.stdout == 'set()\n'
