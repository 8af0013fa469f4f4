"""PaperAdam against the paper's algorithm, written out."""

import keras
import numpy as np

from melodyvae.optimizer import PaperAdam


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


def test_it_is_saved_and_loaded_by_name():
    copy = keras.optimizers.deserialize(keras.optimizers.serialize(PaperAdam(0.25)))
    assert isinstance(copy, PaperAdam)
    assert float(copy.learning_rate) == 0.25
