"""`python -m tfjs_export`."""

import subprocess
import sys

import keras
import numpy as np
import pytest
from keras import layers
from keras_models import apply_keras, draw_inputs, randomize

from tfjs_export import load_layers_model
from tfjs_export.__main__ import main


@pytest.fixture
def run(monkeypatch, capsys):
    """A function that runs the program, and returns its exit status and what it printed."""

    def run_main(*arguments: object) -> tuple[object, str]:
        monkeypatch.setattr(sys, 'argv', ['tfjs_export', *map(str, arguments)])
        try:
            main()
            status = 0
        except SystemExit as end:
            status = end.code
        printed = capsys.readouterr()
        return status, printed.out + printed.err

    return run_main


@pytest.fixture
def saved(tmp_path):
    model = randomize(keras.Sequential([keras.Input((2,)), layers.Dense(3)]))
    model.save(tmp_path / 'mine.keras')
    return model, tmp_path / 'mine.keras'


def test_a_keras_file_becomes_a_folder(saved, run, tmp_path):
    model, path = saved
    assert run(path, tmp_path / 'out') == (0, f'{tmp_path / "out" / "model.json"}\n')
    inputs = draw_inputs(model, 4)
    for one, other in zip(
        apply_keras(load_layers_model(tmp_path / 'out'), inputs),
        apply_keras(model, inputs),
        strict=True,
    ):
        np.testing.assert_array_equal(one, other)
    assert 'exists already' in run(path, tmp_path / 'out')[0]


def test_what_is_no_model_is_one_sentence(run, tmp_path):
    (tmp_path / 'text.keras').write_text('no model')
    said = run(tmp_path / 'text.keras', tmp_path / 'out')[0]
    assert 'text.keras: ' in said and '\n' not in said
    command = [sys.executable, '-m', 'tfjs_export', tmp_path / 'none.keras', tmp_path / 'out']
    done = subprocess.run(command, capture_output=True, text=True, timeout=200)
    assert done.returncode == 2 and 'Traceback' not in done.stderr
    assert 'does not exist' in done.stderr.splitlines()[-1]
    assert not (tmp_path / 'out').exists()
