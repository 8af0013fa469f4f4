"""FusedAdam against Keras's, PaperAdam against the paper's algorithm, written out."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from melodyvae.model.optimizer import FusedAdam, PaperAdam


def paper(gradients, rate, epsilon):
    """Kingma and Ba (2015), algorithm 1, in float64."""
    value, first, second = 1.0, 0.0, 0.0
    for t, gradient in enumerate(gradients, start=1):
        first = 0.9 * first + 0.1 * gradient
        second = 0.999 * second + 0.001 * gradient**2
        value -= rate * (first / (1 - 0.9**t)) / (np.sqrt(second / (1 - 0.999**t)) + epsilon)
    return value


def walk(optimizer, gradients):
    variable = keras.Variable([1.0])
    for gradient in gradients:
        optimizer.apply([np.array([gradient], np.float32)], [variable])
    return float(variable[0])


def test_epsilon_comes_after_the_bias_correction():
    gradients = [3e-7, -1e-7, 2e-7]  # small ones, where epsilon weighs
    expected = paper(gradients, 0.1, 1e-7)
    assert np.isclose(walk(PaperAdam(0.1, epsilon=1e-7), gradients), expected, rtol=1e-4)
    assert not np.isclose(
        walk(keras.optimizers.Adam(0.1, epsilon=1e-7), gradients), expected, rtol=1e-2
    )


def test_fused_adam_is_that_of_keras():
    random = np.random.default_rng(0)
    gradients = random.normal(0, 1e-3, (20, 50)).astype('f4')
    ours, theirs = keras.Variable(np.ones(50, 'f4')), keras.Variable(np.ones(50, 'f4'))
    settings = {'learning_rate': 0.01, 'beta_1': 0.8, 'beta_2': 0.99, 'epsilon': 1e-4}
    fused, plain = FusedAdam(**settings), keras.optimizers.Adam(**settings)
    for number, gradient in enumerate(gradients):
        fused.learning_rate = plain.learning_rate = 0.01 / (1 + number)
        fused.apply([tf.constant(gradient)], [ours])
        plain.apply([tf.constant(gradient)], [theirs])
    assert np.abs(np.array(theirs) - 1).max() > 1e-3
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)
    for mine, its in zip(fused.variables, plain.variables, strict=True):
        np.testing.assert_allclose(mine, its, rtol=1e-5, atol=1e-12)


@pytest.mark.parametrize('adam', [FusedAdam, PaperAdam])
def test_they_are_saved_and_loaded_by_name(adam):
    copy = keras.optimizers.deserialize(keras.optimizers.serialize(adam(0.25)))
    assert type(copy) is adam
    assert float(copy.learning_rate) == 0.25


def test_what_the_kernel_cannot_is_refused():
    with pytest.raises(ValueError, match='has no amsgrad'):
        FusedAdam(amsgrad=True)
