"""`python -m tfjs_export`."""

import subprocess
import sys

import keras
import numpy as np
import pytest
from keras import layers

from tfjs_export import load_layers_model


def run(*arguments):
    command = [sys.executable, '-m', 'tfjs_export', *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=200)


@pytest.fixture
def saved(tmp_path, randomise):
    model = randomise(keras.Sequential([keras.Input((2,)), layers.Dense(3)]))
    model.save(tmp_path / 'mine.keras')
    return model, tmp_path / 'mine.keras'


def test_a_keras_file_becomes_a_folder(saved, tmp_path, draw_inputs, apply_keras):
    model, path = saved
    done = run(path, tmp_path / 'out')
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(tmp_path / 'out' / 'model.json')
    inputs = draw_inputs(model, 4)
    for one, other in zip(
        apply_keras(load_layers_model(tmp_path / 'out'), inputs),
        apply_keras(model, inputs),
        strict=True,
    ):
        np.testing.assert_array_equal(one, other)
    refused = run(path, tmp_path / 'out')
    assert refused.returncode == 1 and 'Traceback' not in refused.stderr
    assert 'exists already' in refused.stderr.splitlines()[-1]


def test_what_is_no_model_is_one_sentence(tmp_path):
    (tmp_path / 'text.keras').write_text('no model')
    done = run(tmp_path / 'text.keras', tmp_path / 'out')
    assert done.returncode == 1 and 'Traceback' not in done.stderr
    assert 'text.keras: ' in done.stderr.splitlines()[-1]
    assert 'does not exist' in run(tmp_path / 'none.keras', tmp_path / 'out').stderr
    assert not (tmp_path / 'out').exists()
