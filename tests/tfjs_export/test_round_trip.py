"""Keras to TF.js to Keras: nothing may change."""

import json
import shutil

import keras
import numpy as np
import pytest
from keras import layers
from keras_models import apply_keras, draw_inputs

from tfjs_export import load_layers_model, read_metadata, save_layers_model
from tfjs_export.keras_models import graph_of, weights_of


def test_all_that_is_written_comes_back_bit_for_bit(all_models, exported, tmp_path):
    for name, model in all_models.items():
        loaded = load_layers_model(exported[name])
        before, after = weights_of(model, graph_of(model)), weights_of(loaded, graph_of(loaded))
        assert list(before) == list(after)
        for weight, value in before.items():
            assert value.tobytes() == after[weight].tobytes(), (name, weight)
        inputs = draw_inputs(model, 8)
        outputs = zip(apply_keras(model, inputs), apply_keras(loaded, inputs), strict=True)
        assert all(one.tobytes() == other.tobytes() for one, other in outputs), name
        folder = save_layers_model(loaded, tmp_path / 'again', overwrite=True)
        for file in ('model.json', 'weights.bin'):
            assert (folder / file).read_bytes() == (exported[name] / file).read_bytes(), name


def test_dropout_and_frozen_layers_are_kept(layer_models, exported):
    for name in ('dropout_and_frozen', 'sequential'):
        model, loaded = layer_models[name], load_layers_model(exported[name])
        for ours, theirs in zip(
            loaded.layers[1:], model.layers[-len(loaded.layers[1:]) :], strict=True
        ):
            assert (ours.name, ours.trainable) == (theirs.name, theirs.trainable)
            assert getattr(ours, 'rate', None) == getattr(theirs, 'rate', None)


def test_a_file_of_any_name_is_loaded(layer_models, exported, tmp_path):
    folder = shutil.copytree(exported['concatenations'], tmp_path / 'model')
    (folder / 'model.json').rename(folder / 'other name: 1.json')
    loaded = load_layers_model(str(folder / 'other name: 1.json'))
    assert graph_of(loaded) == graph_of(layer_models['concatenations'])


def test_a_topology_that_was_converted_from_keras_2(layer_models, exported, tmp_path):
    folder = shutil.copytree(exported['reshapes'], tmp_path / 'model')
    document = json.loads((folder / 'model.json').read_text().replace('"Model"', '"Functional"'))
    topology = {'model_config': document['modelTopology'], 'keras_version': '2.15.0'}
    (folder / 'model.json').write_text(json.dumps(document | {'modelTopology': topology}))
    assert graph_of(load_layers_model(folder)) == graph_of(layer_models['reshapes'])


def test_extreme_floats_come_back(tmp_path):
    values = np.array([[-0.0, 1e-45, -1e-45, 1.1754942e-38, 3.4028235e38, 1 / 3]], np.float32)
    x = keras.Input((1,))
    dense = layers.Dense(6, use_bias=False)
    model = keras.Model(x, dense(x))
    dense.kernel.assign(values)
    folder = save_layers_model(model, tmp_path / 'model')
    assert (folder / 'weights.bin').read_bytes() == values.tobytes()
    assert load_layers_model(folder).layers[1].kernel.numpy().tobytes() == values.tobytes()


@pytest.mark.parametrize(
    ('quantization', 'bytes_of_one', 'steps'), [('uint8', 1, 255), ('float16', 2, 2**11)]
)
def test_quantized_weights_are_close_and_small(
    quantization, bytes_of_one, steps, system_models, tmp_path
):
    model = system_models['rhythmvae.decoder']
    folder = save_layers_model(model, tmp_path / 'model', quantization=quantization)
    loaded = load_layers_model(folder)
    before, after = weights_of(model, graph_of(model)), weights_of(loaded, graph_of(loaded))
    assert (folder / 'weights.bin').stat().st_size == bytes_of_one * model.count_params()
    for name, value in before.items():
        spread = value.max() - value.min()
        assert np.abs(value - after[name]).max() <= 0.51 * spread / steps * 2, name
    # What came back is on the grid already: it is stored and read without a further loss.
    again = save_layers_model(loaded, tmp_path / 'again', quantization=quantization)
    twice = load_layers_model(again)
    for name, value in weights_of(twice, graph_of(twice)).items():
        np.testing.assert_allclose(value, after[name], rtol=1e-6, atol=1e-7)


def test_a_constant_weight_survives_uint8(tmp_path):
    x = keras.Input((3,))
    model = keras.Model(x, layers.Dense(2, bias_initializer=keras.initializers.Constant(0.1))(x))
    folder = save_layers_model(model, tmp_path / 'model', quantization='uint8')
    bias = load_layers_model(folder).layers[1].bias
    assert float(bias[0]) == float(bias[1]) == float(np.float32(0.1))


def test_metadata_comes_back(layer_models, exported, tmp_path):
    metadata = {'system': 'é', 'grid': [24, 32], 'nested': {'a': None, 'b': [True, 0.1]}}
    folder = save_layers_model(layer_models['reshapes'], tmp_path / 'a', metadata=metadata)
    assert read_metadata(folder) == metadata
    assert read_metadata(exported['reshapes']) == {}


def test_a_global_dtype_policy_does_not_change_what_is_loaded(exported):
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy('mixed_float16')
    try:
        loaded = load_layers_model(exported['dense_of_higher_rank'])
    finally:
        keras.config.set_dtype_policy(policy)
    computing = [layer for layer in loaded.layers if not isinstance(layer, layers.InputLayer)]
    assert {layer.compute_dtype for layer in computing} == {'float32'}
    assert {tensor.dtype for tensor in loaded.inputs + loaded.outputs} == {'float32'}
