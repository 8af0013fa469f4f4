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
        (BetaAnnealing(2, 0.5, planned=4), [0.0, 0.25, 0.5, 0.5]),
        (BetaAnnealing(0, 3.0, planned=2), [3.0]),
        (BetaAnnealing(4, 1.0, planned=8), [0.0, 0.5, 1.0, 1.0]),  # 4 epochs are run
        (BetaAnnealing(1, 1.0, planned=1), [0.0, 0.25, 0.5, 0.75]),
    ],
)
def test_beta_rises_linearly_and_stays(annealing, betas):
    assert fit([annealing], len(betas)).betas == betas


def test_beta_continues_from_a_later_epoch():
    assert fit([BetaAnnealing(4, 1.0, planned=4)], 4, initial_epoch=2).betas == [0.5, 0.75]


@pytest.mark.parametrize(('reset', 'steps'), [(False, [1, 2, 3, 4]), (True, [1, 2, 1, 2])])
def test_the_learning_rate_decays_after_every_so_many_epochs(reset, steps):
    """Adam keeps its moments at a decay, unless it is that of the devices."""
    recorder = fit([StepDecay(2, 0.5, reset_optimizer=reset)], 4)
    assert recorder.rates == pytest.approx([0.1, 0.1, 0.05, 0.05])
    assert recorder.steps == steps


def test_the_learning_rate_falls_along_half_a_cosine_wave():
    recorder = fit([CosineDecay(0.1), LogLearningRate()], 5)
    rates = recorder.rates
    assert rates[0] == pytest.approx(0.1)
    assert rates[2] == pytest.approx((0.1 + 0.001) / 2)  # the middle of the wave
    assert rates[-1] == pytest.approx(0.001)
    falls = -np.diff(rates)
    assert falls[0] < falls[1]
    np.testing.assert_allclose(falls, falls[::-1], rtol=1e-4)
    assert [logs['learning_rate'] for logs in recorder.logs] == rates
    assert recorder.steps == [1, 2, 3, 4, 5]
    assert fit([CosineDecay(0.1)], 5, initial_epoch=3).rates == rates[3:]  # of a resumed run


def test_a_cosine_of_one_epoch_is_the_full_rate():
    assert fit([CosineDecay(0.1)], 1).rates == pytest.approx([0.1])


@pytest.mark.parametrize(
    'callback', [StepDecay(2), CosineDecay(0.1), ReduceLROnPlateau('loss', mode='min')]
)
def test_an_optimizer_with_a_schedule_of_its_own_is_refused(callback):
    rate = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
    model = TwoLayers()
    model.compile(optimizer=keras.optimizers.Adam(rate), loss='mse')
    with pytest.raises(UserError, match=r"config\.training\.decay = 'none'"):
        model.fit(np.ones((8, 2)), np.ones((8, 1)), callbacks=[callback], verbose=0)
