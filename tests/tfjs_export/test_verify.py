"""The check of an export on the user's own machine: what it finds, and what it says is missing."""

import keras
import numpy as np
import pytest
from keras import layers

from tfjs_export import (
    NodeMissingError,
    TfjsMissingError,
    VerifyError,
    VerifyResult,
    save_layers_model,
    verify,
)
from tfjs_export.verify import max_abs_difference

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope='module')
def model():
    a, b = keras.Input((2,)), keras.Input((3,))
    y = layers.Dense(4, activation='tanh')(layers.Concatenate()([a, b]))
    return keras.Model([a, b], [layers.Reshape((2, 2))(y), layers.Dense(1)(y)])


@pytest.fixture
def folder(model, tmp_path):
    return save_layers_model(model, tmp_path / 'model')


@pytest.mark.usefixtures('runtimes')
def test_a_good_export_agrees(model, folder):
    inputs = [np.zeros((2, 2), np.float32), np.full((2, 3), 0.5)]
    result = verify(model, folder, inputs=inputs, tfjs_version='1.7.4')
    assert isinstance(result, VerifyResult)
    assert result.max_abs_difference < 1e-6
    assert (result.tfjs_version, result.inputs) == ('1.7.4', 2)


@pytest.mark.usefixtures('runtimes')
def test_a_wrong_weight_is_found(model, folder):
    data = np.fromfile(folder / 'weights.bin', np.float32)
    data[3] += 0.01
    data.tofile(folder / 'weights.bin')
    assert 1e-4 < verify(model, folder, inputs=5).max_abs_difference < 0.1


@pytest.mark.usefixtures('runtimes')
def test_an_export_that_tfjs_cannot_load_is_named(model, folder):
    text = (folder / 'model.json').read_text()
    (folder / 'model.json').write_text(text.replace('"Model"', '"Functional"'))
    with pytest.raises(VerifyError, match=r'model: TF\.js 1\.2\.8 says: Unknown layer: Functional'):
        verify(model, folder, tfjs_version='1.2.8')
    (folder / 'model.json').unlink()
    with pytest.raises(VerifyError, match='no such file'):
        verify(model, folder)


@pytest.mark.usefixtures('runtimes')
def test_node_is_not_waited_for_without_end(model, folder):
    with pytest.raises(VerifyError, match=r'did not finish within 0\.001 seconds'):
        verify(model, folder, timeout_s=0.001)


def test_node_that_is_missing_is_named(model, folder, monkeypatch):
    monkeypatch.setenv('PATH', '')
    with pytest.raises(NodeMissingError, match='install Node'):
        verify(model, folder)


@pytest.mark.usefixtures('runtimes')
def test_a_tfjs_that_is_missing_is_named(model, folder):
    with pytest.raises(TfjsMissingError, match=r'TF\.js 9\.9\.9 is not installed: run "npm ci"'):
        verify(model, folder, tfjs_version='9.9.9')


@pytest.mark.parametrize(
    ('inputs', 'message'),
    [
        (0, 'a list of arrays or a count, not 0'),
        ([np.zeros((2, 2))], 'takes 2 inputs, but 1'),
        ([np.zeros((2, 2)), np.zeros((1, 3))], r'same count'),
    ],
)
def test_inputs_that_make_no_sense(inputs, message, model, folder):
    with pytest.raises(ValueError, match=message):
        verify(model, folder, inputs=inputs)


def test_a_difference_that_is_not_a_number_is_infinite():
    fine, broken = np.zeros(3), np.array([0, np.nan, 0])
    assert max_abs_difference([fine, fine], [fine, fine + 2]) == 2
    for outputs, expected in (([fine, broken], [fine, fine]), ([fine], [broken])):
        assert max_abs_difference(outputs, expected) == np.inf
    assert max_abs_difference([np.array([np.inf])], [np.array([np.inf])]) == np.inf


def test_outputs_of_other_shapes_are_no_match():
    with pytest.raises(VerifyError, match='shapes'):
        max_abs_difference([np.zeros((2, 3))], [np.zeros((3, 2))])
