"""Exports in the TF.js versions that the devices run, in Node."""

import pytest
from keras_models import apply_keras, draw_inputs

from tfjs_export import load_layers_model, save_layers_model
from tfjs_export.verify import apply_in_tfjs, max_abs_difference

pytestmark = [pytest.mark.usefixtures('runtimes'), pytest.mark.timeout(180)]


@pytest.mark.parametrize('version', ['1.2.8', '1.7.4', '4.22.0'])
def test_all_systems_layers_and_wirings_agree_with_keras(version, all_models, exported, tmp_path):
    exact = all_models['dense_activations']
    folder = save_layers_model(exact, tmp_path / 'uint8', quantization='uint8')
    models = all_models | {'uint8': load_layers_model(folder)}
    inputs = {name: draw_inputs(model, 8) for name, model in models.items()}
    folders = exported | {'uint8': folder}
    ran, outputs = apply_in_tfjs([(folders[name], inputs[name]) for name in models], version, 150)
    assert ran == version
    for (name, model), output in zip(models.items(), outputs, strict=True):
        assert max_abs_difference(output, apply_keras(model, inputs[name])) <= 1e-5, name
    lost = max_abs_difference(outputs[-1], apply_keras(exact, inputs['uint8']))
    assert 1e-5 < lost < 0.1
