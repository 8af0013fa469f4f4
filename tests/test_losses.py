"""Losses against numbers worked out by hand."""

import numpy as np
import pytest

from melodyvae import losses
from melodyvae.config import LossConfig


def test_onset_loss_is_summed_over_the_cells():
    true = np.array([[1, 0, 0], [0, 0, 0]], np.float32)
    decoded = np.array([[0.5, 0.5, 0.25], [0, 0, 0]], np.float32)
    expected = [-np.log(0.5) - np.log(0.5) - np.log(0.75), 0]
    np.testing.assert_allclose(losses.onset_loss(true, decoded), expected, rtol=1e-6, atol=1e-6)


def test_onset_loss_stays_finite_at_the_ends():
    loss = losses.onset_loss(np.array([[1.0, 0.0]], 'f4'), np.array([[0.0, 1.0]], 'f4'))
    # The clipped float32 next to 1 is 1 - 1.19e-7.
    assert float(loss[0]) == pytest.approx(-np.log(1e-7) - np.log(1.1920929e-7), rel=1e-5)


def test_squared_error():
    loss = losses.squared_error(np.array([[1.0, 2.0]], 'f4'), np.array([[0.0, 4.0]], 'f4'))
    assert loss.numpy().tolist() == [5.0]


def test_kl_divergence_is_the_closed_form():
    z_mean = np.array([[0.0, 0.0], [1.0, -2.0]], np.float32)
    z_log_var = np.array([[0.0, 0.0], [0.5, -1.0]], np.float32)
    expected = -0.5 * np.sum(1 + z_log_var - z_mean**2 - np.exp(z_log_var), axis=-1)
    divergence = losses.kl_divergence(losses.posterior(z_mean, z_log_var))
    np.testing.assert_allclose(divergence, expected, rtol=1e-6)


def test_an_absurd_log_variance_stays_finite():
    z_log_var = np.array([[200.0, -200.0]], np.float32)
    divergence = losses.kl_divergence(losses.posterior(np.zeros((1, 2), np.float32), z_log_var))
    assert np.isfinite(divergence).all()


def test_weighted_sum_leaves_out_what_is_missing():
    total = losses.weighted_sum(
        {'onset': 10.0, 'timeshift': 1.0, 'kl': 100.0}, LossConfig(onset=0.5, timeshift=3.0)
    )
    assert total == 8.0
