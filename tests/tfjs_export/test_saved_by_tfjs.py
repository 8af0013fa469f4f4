"""Models that TF.js itself saved, and the topologies that the devices saved."""

import json
import subprocess
from pathlib import Path

import keras
import pytest
from keras_models import apply_keras, draw_inputs

from tfjs_export import load_layers_model, read_metadata, save_layers_model
from tfjs_export.verify import apply_in_tfjs, max_abs_difference

from runs import lay_made_weights

pytestmark = [pytest.mark.usefixtures('runtimes'), pytest.mark.timeout(120)]

HERE = Path(__file__).parent
TOPOLOGIES = sorted((HERE.parent / 'golden' / 'device_models').glob('*.model.json'))
SAVED = ('improved', 'rhythm', 'encoder', 'every_layer', 'sequential')


@pytest.fixture(scope='module', params=['1.7.4', '4.22.0'])
def saved(request, tmp_path_factory) -> tuple[str, Path]:
    """A version of TF.js, and the folder in which it saved its models."""
    root = tmp_path_factory.mktemp('saved')
    command = ['node', str(HERE / 'save_with_tfjs.cjs'), request.param, str(root)]
    subprocess.run(command, check=True, timeout=100, capture_output=True)
    return request.param, root


def compare(models: dict[Path, keras.Model], *versions: str) -> None:
    """Checks that Keras computes what TF.js computes."""
    jobs = [(folder, draw_inputs(model, 4)) for folder, model in models.items()]
    expected = [apply_keras(models[folder], inputs) for folder, inputs in jobs]
    for version in versions:
        _, outputs = apply_in_tfjs(jobs, version, timeout_s=100)
        for folder, *pair in zip(models, outputs, expected, strict=True):
            assert max_abs_difference(*pair) <= 1e-5, folder


def manifest(folder: Path) -> list:
    return json.loads((folder / 'model.json').read_text())['weightsManifest']


def check_written(model: keras.Model, folder: Path, target: Path) -> None:
    """Checks that a model that was loaded from a folder is written with the same weights."""
    written = save_layers_model(model, target)
    assert (written / 'weights.bin').read_bytes() == (folder / 'weights.bin').read_bytes()
    assert manifest(written)[0]['weights'] == manifest(folder)[0]['weights']


def test_models_saved_by_tfjs_agree_in_keras_and_are_written_back(saved, tmp_path):
    version, root = saved
    groups = {spec.get('group') for spec in manifest(root / 'trained')[0]['weights']}
    assert groups == {None, 'optimizer'}, 'the state of an optimizer is passed over'
    models = {root / name: load_layers_model(root / name) for name in (*SAVED, 'trained')}
    compare(models, version)
    for name in SAVED:
        check_written(models[root / name], root / name, tmp_path / name)
        assert read_metadata(root / name) == {'name': name}


def test_models_of_the_devices_agree_in_keras_and_are_written_back(tmp_path):
    models = {}
    for topology in TOPOLOGIES:
        folder = tmp_path / topology.name
        lay_made_weights(topology.name, folder)
        models[folder] = load_layers_model(folder)
        check_written(models[folder], folder, tmp_path / f'{topology.name}.again')
    compare(models, '1.2.8', '4.22.0')


def test_dropout_and_frozen_layers_are_kept(saved):
    _, root = saved
    layers = load_layers_model(root / 'improved').layers
    rates = [layer.rate for layer in layers if isinstance(layer, keras.layers.Dropout)]
    assert rates == [0.2] * 5
    layers = load_layers_model(root / 'sequential').layers
    assert [layer.trainable for layer in layers if isinstance(layer, keras.layers.Dense)] == [False]
