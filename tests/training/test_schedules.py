"""Each schedule in a plain `fit` of a two-layer model."""

import keras
import numpy as np
import pytest

from melodyvae.system.errors import UserError
from melodyvae.training.schedules import (
    BetaAnnealing,
    CosineDecay,
    LogLearningRate,
    ReduceLROnPlateau,
    StepDecay,
)

from plain_fit import TwoLayers, fit


@pytest.mark.parametrize(
    ('annealing', 'betas'),
    [
        (BetaAnnealing(4), [0.0, 0.25, 0.5, 0.75, 1.0, 1.0]),
        (BetaAnnealing(2, beta=0.5), [0.0, 0.25, 0.5, 0.5]),
        (BetaAnnealing(0, beta=3.0), [3.0, 3.0]),
        (BetaAnnealing(4, planned=12), [0.0, 0.5, 1.0, 1.0, 1.0, 1.0]),  # 6 epochs are run
        (BetaAnnealing(2, planned=3), [0.0, 0.25, 0.5, 0.75, 1.0, 1.0]),
    ],
)
def test_beta_rises_linearly_and_stays(annealing, betas):
    assert fit([annealing], len(betas)).betas == betas


def test_beta_continues_from_a_later_epoch():
    assert fit([BetaAnnealing(4)], 4, initial_epoch=2).betas == [0.5, 0.75]


def test_the_learning_rate_decays_after_every_so_many_epochs():
    rates = fit([StepDecay(2, 0.5)], 6).rates
    assert rates == pytest.approx([0.1, 0.1, 0.05, 0.05, 0.025, 0.025])


@pytest.mark.parametrize('decay', [StepDecay(2, 0.5), CosineDecay(0.1)])
def test_adam_keeps_its_moments_at_a_decay(decay):
    assert fit([decay], 3).steps == [2, 4, 6]


def test_adam_forgets_its_moments_at_a_decay_of_the_device():
    recorder = fit([StepDecay(2, 0.5, reset_optimizer=True)], 3)
    assert recorder.steps == [2, 4, 2]
    assert recorder.rates == pytest.approx([0.1, 0.1, 0.05])


def test_the_learning_rate_falls_along_half_a_cosine_wave():
    rates = fit([CosineDecay(0.1)], 9).rates
    assert rates[0] == pytest.approx(0.1)
    assert rates[4] == pytest.approx((0.1 + 0.001) / 2)  # the middle of the wave
    assert rates[-1] == pytest.approx(0.001)
    falls = -np.diff(rates)
    assert np.all(falls > 0)
    assert np.argmax(falls) in (3, 4)
    np.testing.assert_allclose(falls, falls[::-1], rtol=1e-4)


def test_a_resumed_run_gets_the_rate_of_its_epoch():
    straight = fit([CosineDecay(0.1)], 6).rates
    assert fit([CosineDecay(0.1)], 6, initial_epoch=4).rates == straight[4:]


def test_a_cosine_of_one_epoch_is_the_full_rate():
    assert fit([CosineDecay(0.1)], 1).rates == pytest.approx([0.1])


def test_the_learning_rate_is_logged():
    assert fit([LogLearningRate()], 1).logs[0]['learning_rate'] == pytest.approx(0.1)


@pytest.mark.parametrize(
    'callback', [StepDecay(2), CosineDecay(0.1), ReduceLROnPlateau('loss', mode='min')]
)
def test_an_optimizer_with_a_schedule_of_its_own_is_refused(callback):
    rate = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
    model = TwoLayers()
    model.compile(optimizer=keras.optimizers.Adam(rate), loss='mse')
    with pytest.raises(UserError, match=r"config\.training\.decay = 'none'"):
        model.fit(np.ones((8, 2)), np.ones((8, 1)), callbacks=[callback], verbose=0)
