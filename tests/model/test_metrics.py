"""Means over an epoch."""

import numpy as np

from melodyvae.model.metrics import MeanOfEach


def test_means_are_0_before_the_first_batch_and_after_a_reset():
    means = MeanOfEach(['loss'])
    assert float(means.result()['loss']) == 0
    means.update_state({'loss': np.array([5], 'f4')})
    means.reset_state()
    assert float(means.result()['loss']) == 0
