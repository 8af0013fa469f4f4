"""Means over an epoch."""

import numpy as np
import pytest

from melodyvae.model.metrics import MeanOfEach


def test_every_example_counts_the_same_whatever_its_batch():
    means = MeanOfEach(['loss', 'kl'])
    means.update_state({'loss': np.array([1, 2, 3], 'f4'), 'kl': np.array([0, 0, 4], 'f4')})
    means.update_state({'kl': np.array([8], 'f4'), 'loss': np.array([10], 'f4')})
    found = {name: float(value) for name, value in means.result().items()}
    assert found == pytest.approx({'loss': 4, 'kl': 3})


def test_means_are_0_before_the_first_batch_and_after_a_reset():
    means = MeanOfEach(['loss'])
    assert float(means.result()['loss']) == 0
    means.update_state({'loss': np.array([5], 'f4')})
    means.reset_state()
    assert float(means.result()['loss']) == 0
