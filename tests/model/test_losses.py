"""Losses against numbers worked out by hand."""

import numpy as np
import pytest

from melodyvae.config.settings import LossConfig
from melodyvae.model import losses


def test_onset_loss_stays_finite_at_the_ends():
    loss = losses.onset_loss(np.array([[1.0, 0.0]], 'f4'), np.array([[0.0, 1.0]], 'f4'))
    # The clipped float32 next to 1 is 1 - 1.19e-7.
    assert float(loss[0]) == pytest.approx(-np.log(1e-7) - np.log(1.1920929e-7), rel=1e-5)


def test_huber_error_is_squared_up_to_delta_and_straight_after_it():
    true = np.array([[1.0, 1.0, 1.0, 1.0]], 'f4')
    decoded = np.array([[0.9, 1.5, 0.0, 3.0]], 'f4')
    expected = 0.01 + 0.25 + 0.5 * (2 * 1 - 0.5) + 0.5 * (2 * 2 - 0.5)
    assert float(losses.value_error(true, decoded, None, 0.5)[0]) == pytest.approx(expected)
    where = np.array([[0.0, 1.0, 0.0, 1.0]], 'f4')
    expected = 0.25 + 0.5 * (2 * 2 - 0.5)
    assert float(losses.value_error(true, decoded, where, 0.5)[0]) == pytest.approx(expected)


def test_an_absurd_log_variance_stays_finite():
    z_log_var = np.array([[200.0, -200.0]], np.float32)
    divergence = losses.kl_divergence(losses.posterior(np.zeros((1, 2), np.float32), z_log_var))
    assert np.isfinite(divergence).all()


@pytest.mark.parametrize('only_at_onsets', [False, True])
def test_a_config_says_which_errors_count(only_at_onsets):
    true = {'onset': np.array([[1.0, 0.0]], 'f4'), 'velocity': np.array([[1.0, 0.0]], 'f4')}
    decoded = {'onset': np.array([[0.5, 0.5]], 'f4'), 'velocity': np.array([[0.0, 0.5]], 'f4')}
    config = LossConfig(only_at_onsets=only_at_onsets, huber_delta=0.25)
    found = losses.feature_losses(true, decoded, config)
    at_the_note, beside_it = 0.25 * (2 * 1 - 0.25), 0.25 * (2 * 0.5 - 0.25)
    expected = at_the_note if only_at_onsets else at_the_note + beside_it
    assert float(found['velocity'][0]) == pytest.approx(expected)
    assert float(found['onset'][0]) == pytest.approx(-2 * np.log(0.5))
