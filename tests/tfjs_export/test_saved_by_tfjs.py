"""Models that TF.js itself saved, and the topologies that the devices saved."""

import json
import subprocess
from pathlib import Path

import keras
import numpy as np
import pytest

from tfjs_export import load_layers_model, read_metadata, save_layers_model, verify
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
    script = HERE / 'save_with_tfjs.cjs'
    subprocess.run(
        ['node', str(script), request.param, str(root)],
        check=True,
        timeout=100,
        capture_output=True,
    )
    return request.param, root


def test_models_saved_by_tfjs_agree_in_keras(saved, draw_inputs, apply_keras):
    version, root = saved
    models = {name: load_layers_model(root / name) for name in SAVED}
    inputs = {name: draw_inputs(model, 8) for name, model in models.items()}
    jobs = [(root / name, inputs[name]) for name in SAVED]
    _, outputs = apply_in_tfjs(jobs, version, timeout_s=100)
    for name, made in zip(SAVED, outputs, strict=True):
        assert max_abs_difference(made, apply_keras(models[name], inputs[name])) <= 1e-5
        assert read_metadata(root / name) == {'name': name}


@pytest.mark.parametrize('name', SAVED)
def test_a_model_saved_by_tfjs_and_written_back_has_the_same_weights(name, saved, tmp_path):
    _, root = saved
    model = load_layers_model(root / name)
    written = save_layers_model(model, tmp_path / name)
    assert (written / 'weights.bin').read_bytes() == (root / name / 'weights.bin').read_bytes()
    assert manifest(written) == manifest(root / name)


def manifest(folder: Path) -> list:
    return json.loads((folder / 'model.json').read_text())['weightsManifest']


def test_dropout_and_frozen_layers_are_kept(saved):
    _, root = saved
    layers = load_layers_model(root / 'improved').layers
    rates = [layer.rate for layer in layers if isinstance(layer, keras.layers.Dropout)]
    assert rates == [0.2] * 5
    layers = load_layers_model(root / 'sequential').layers
    assert [layer.trainable for layer in layers if isinstance(layer, keras.layers.Dense)] == [False]


def test_the_state_of_an_optimizer_is_passed_over(saved):
    version, root = saved
    folder = root / 'trained'
    groups = {spec.get('group') for spec in manifest(folder)[0]['weights']}
    assert groups == {None, 'optimizer'}
    assert verify(load_layers_model(folder), folder, tfjs_version=version).max_abs_difference < 1e-5


@pytest.mark.parametrize('topology', TOPOLOGIES, ids=lambda path: path.name.removesuffix('.json'))
def test_models_of_the_devices_are_imported_and_written_back(topology, tmp_path):
    folder = tmp_path / 'device.model'
    lay_made_weights(topology.name, folder)
    written = save_layers_model(load_layers_model(folder), tmp_path / 'written')
    assert (written / 'weights.bin').read_bytes() == (folder / 'weights.bin').read_bytes()
    assert manifest(written)[0]['weights'] == manifest(folder)[0]['weights']


@pytest.mark.parametrize('version', ['1.2.8', '4.22.0'])
def test_models_of_the_devices_agree_in_keras(version, tmp_path):
    z = np.random.default_rng(0).standard_normal((8, 2), np.float32)
    folders = [tmp_path / topology.name for topology in TOPOLOGIES]
    for topology, folder in zip(TOPOLOGIES, folders, strict=True):
        lay_made_weights(topology.name, folder)
    _, outputs = apply_in_tfjs([(folder, [z]) for folder in folders], version, timeout_s=100)
    for folder, made in zip(folders, outputs, strict=True):
        expected = [np.asarray(output) for output in load_layers_model(folder)(z)]
        assert max_abs_difference(made, expected) <= 1e-5
