"""Exports in the TF.js versions that the devices run, in Node."""

from pathlib import Path

import pytest

from tfjs_export import load_layers_model, save_layers_model, verify
from tfjs_export.verify import apply_in_tfjs, max_abs_difference

pytestmark = [pytest.mark.usefixtures('runtimes'), pytest.mark.timeout(180)]

VERSIONS = ('1.2.8', '1.7.4', '4.22.0')
HERE = Path(__file__).parent


@pytest.fixture(scope='module')
def exported(tmp_path_factory, system_models, layer_models):
    """Folder of each model, by its name."""
    root = tmp_path_factory.mktemp('exported')
    models = system_models | layer_models
    return {name: save_layers_model(model, root / name) for name, model in models.items()}


def differences(models, exported, version, count, draw_inputs, apply_keras):
    """Largest difference between TF.js and Keras, by the name of the model."""
    inputs = {name: draw_inputs(model, count) for name, model in models.items()}
    jobs = [(exported[name], inputs[name]) for name in models]
    ran, outputs = apply_in_tfjs(jobs, version, timeout_s=150)
    assert ran == version
    return {
        name: max_abs_difference(output, apply_keras(models[name], inputs[name]))
        for name, output in zip(models, outputs, strict=True)
    }


@pytest.mark.parametrize('version', VERSIONS)
def test_all_systems_agree_with_keras(version, system_models, exported, draw_inputs, apply_keras):
    found = differences(system_models, exported, version, 16, draw_inputs, apply_keras)
    assert len(found) == 6
    assert max(found.values()) <= 1e-5, found


@pytest.mark.parametrize('version', VERSIONS)
def test_all_layers_and_wirings_agree_with_keras(
    version, layer_models, exported, draw_inputs, apply_keras
):
    found = differences(layer_models, exported, version, 8, draw_inputs, apply_keras)
    assert max(found.values()) <= 1e-5, found


@pytest.mark.parametrize('version', VERSIONS)
def test_uint8_is_read_alike(version, layer_models, tmp_path):
    model = layer_models['dense_activations']
    folder = save_layers_model(model, tmp_path / 'model', quantization='uint8')
    assert verify(load_layers_model(folder), folder, tfjs_version=version).max_abs_difference < 1e-5
    lost = verify(model, folder, tfjs_version=version).max_abs_difference
    assert 1e-5 < lost < 0.1
