"""Each callback in a plain `fit` of a two-layer model."""

import time

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras.callbacks import ReduceLROnPlateau

from melodyvae.config.presets import preset
from melodyvae.training.fit import deciding_callbacks
from melodyvae.training.monitors import NotANumber, StopOnNaN, TimeShare, TimeshiftCollapseWarning
from melodyvae.training.schedules import BetaAnnealing, CosineDecay, LogLearningRate, StepDecay


@keras.saving.register_keras_serializable('tests')
class TwoLayers(keras.Model):
    """The least model with a beta."""

    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(3)
        self.out = keras.layers.Dense(1)
        self.beta = self.add_weight(name='beta', initializer='ones', trainable=False)

    def call(self, x):
        return self.out(self.dense(x))


class Recorder(keras.callbacks.Callback):
    """What beta, the learning rate and Adam's step count were, epoch by epoch."""

    def __init__(self):
        super().__init__()
        self.betas, self.rates, self.steps, self.logs = [], [], [], []

    def on_epoch_end(self, epoch, logs=None):
        self.betas.append(float(self.model.beta))
        self.rates.append(float(self.model.optimizer.learning_rate))
        self.steps.append(int(self.model.optimizer.iterations))
        self.logs.append(dict(logs or {}))


def fit(callbacks, epochs, **kwargs):
    recorder = Recorder()
    model = TwoLayers()
    model.compile(optimizer=keras.optimizers.Adam(0.1), loss='mse')
    x = np.ones((8, 2), np.float32)
    y = np.ones((8, 1), np.float32)
    model.fit(
        x, y, batch_size=4, epochs=epochs, callbacks=[*callbacks, recorder], verbose=0, **kwargs
    )
    return recorder


def test_a_share_of_the_time_is_kept_to(monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(time, 'monotonic', lambda: clock[0])
    share = TimeShare(0.1)
    assert share.allows()  # nobody knows yet how long it takes
    with share.spent():
        clock[0] += 3
    for seconds, allowed in [(0, False), (29, False), (1, True)]:
        clock[0] += seconds
        assert share.allows() == allowed
    with share.spent():
        clock[0] += 1
    clock[0] += 10
    assert share.allows()


def test_beta_rises_linearly_and_stays():
    assert fit([BetaAnnealing(4)], 6).betas == [0.0, 0.25, 0.5, 0.75, 1.0, 1.0]


def test_beta_rises_to_its_end_value():
    assert fit([BetaAnnealing(2, beta=0.5)], 4).betas == [0.0, 0.25, 0.5, 0.5]


def test_beta_without_annealing_is_constant():
    assert fit([BetaAnnealing(0, beta=3.0)], 2).betas == [3.0, 3.0]


def test_beta_rises_again_in_every_cycle():
    assert fit([BetaAnnealing(2, cycle=3)], 6).betas == [0.0, 0.5, 1.0, 0.0, 0.5, 1.0]


def test_beta_continues_from_a_later_epoch():
    assert fit([BetaAnnealing(4)], 4, initial_epoch=2).betas == [0.5, 0.75]


def test_the_learning_rate_decays_after_every_so_many_epochs():
    rates = fit([StepDecay(2, 0.5)], 6).rates
    assert rates == pytest.approx([0.1, 0.1, 0.05, 0.05, 0.025, 0.025])


def test_adam_keeps_its_moments_at_a_decay():
    assert fit([StepDecay(2, 0.5)], 3).steps == [2, 4, 6]


def test_adam_forgets_its_moments_at_a_decay_of_the_device():
    recorder = fit([StepDecay(2, 0.5, reset_optimizer=True)], 3)
    assert recorder.steps == [2, 4, 2]
    assert recorder.rates == pytest.approx([0.1, 0.1, 0.05])


def test_the_learning_rate_falls_along_half_a_cosine_wave():
    rates = fit([CosineDecay(0.1, 9)], 9).rates
    assert rates[0] == pytest.approx(0.1)
    assert rates[4] == pytest.approx((0.1 + 0.001) / 2)  # the middle of the wave
    assert rates[-1] == pytest.approx(0.001)
    falls = -np.diff(rates)
    assert np.all(falls > 0)
    assert np.argmax(falls) in (3, 4)
    np.testing.assert_allclose(falls, falls[::-1], rtol=1e-4)


def test_a_resumed_run_gets_the_rate_of_its_epoch():
    straight = fit([CosineDecay(0.1, 6)], 6).rates
    assert fit([CosineDecay(0.1, 6)], 6, initial_epoch=4).rates == straight[4:]


def test_a_cosine_of_one_epoch_is_the_full_rate():
    assert fit([CosineDecay(0.1, 1)], 1).rates == pytest.approx([0.1])


def test_a_cosine_does_not_rise_again_after_its_end():
    assert fit([CosineDecay(0.1, 2)], 4).rates == pytest.approx([0.1, 0.001, 0.001, 0.001])


def test_a_cosine_leaves_adam_s_moments_alone():
    assert fit([CosineDecay(0.1, 3)], 3).steps == [2, 4, 6]


@pytest.mark.parametrize(
    ('decay', 'kind'),
    [('none', None), ('step', StepDecay), ('cosine', CosineDecay), ('plateau', ReduceLROnPlateau)],
)
def test_a_config_has_the_decay_that_it_names(decay, kind):
    config = preset('melodyvae_improved')
    config.training.decay = decay
    config.training.learning_rate, config.training.epochs = 0.02, 7
    kinds = (StepDecay, CosineDecay, ReduceLROnPlateau)
    chosen = [one for one in deciding_callbacks(config) if isinstance(one, kinds)]
    assert [type(one) for one in chosen] == ([kind] if kind else [])
    if decay == 'cosine':
        assert (chosen[0].learning_rate, chosen[0].epochs) == (0.02, 7)


def test_the_learning_rate_is_logged():
    assert fit([LogLearningRate()], 1).logs[0]['learning_rate'] == pytest.approx(0.1)


class Shifts(TwoLayers):
    """Decodes the timeshifts that it is told."""

    def __init__(self, spread):
        super().__init__()
        self.spread = spread

    def __call__(self, inputs, **kwargs):
        if isinstance(inputs, dict):
            return {'timeshift': self.spread * inputs['timeshift']}
        return super().__call__(inputs, **kwargs)


def collapse_messages(spread, widest=1.0):
    """What is logged over four epochs when the decoded timeshifts are `spread` times the data's."""
    random = np.random.default_rng(0)
    batch = {
        'onset': (random.uniform(size=(4, 3, 20)) < 0.3).astype('f4'),
        'timeshift': random.uniform(-widest, widest, (4, 3, 20)).astype('f4'),
    }
    messages = []
    callback = TimeshiftCollapseWarning(
        tf.data.Dataset.from_tensors(batch), after_epoch=1, log=lambda *args: messages.append(args)
    )
    callback.set_model(Shifts(spread))
    for epoch in range(4):
        callback.on_epoch_end(epoch)
    return messages, callback.share


def test_collapsed_timeshifts_are_warned_of_once():
    messages, share = collapse_messages(spread=0.1)
    assert [args[1] for args in messages] == [3]
    assert share == pytest.approx(0.01)


def test_living_timeshifts_give_no_warning():
    messages, share = collapse_messages(spread=0.9)
    assert messages == []
    assert share == pytest.approx(0.81)


def test_data_on_the_grid_gives_no_warning():
    assert collapse_messages(spread=0.1, widest=0.01)[0] == []


def test_a_loss_that_explodes_ends_a_plain_fit():
    with pytest.raises(NotANumber, match='step 1 of epoch 1'):
        fit([StopOnNaN()], 2, sample_weight=np.full(8, np.inf, np.float32))


def test_a_loss_that_explodes_is_noticed_where_keras_takes_several_steps_at_once():
    model = TwoLayers()
    model.compile(optimizer='sgd', loss='mse', steps_per_execution=2)
    y = np.array([[1], [1], [np.inf], [1], [1], [1]], np.float32)
    with pytest.raises(NotANumber, match='by step 4 of epoch 1'):
        model.fit(
            np.ones((6, 2), np.float32),
            y,
            batch_size=1,
            shuffle=False,
            callbacks=[StopOnNaN()],
            verbose=0,
        )


def test_a_validation_that_explodes_ends_a_fit_before_it_is_saved():
    x, y = np.ones((4, 2), np.float32), np.full((4, 1), np.inf, np.float32)
    with pytest.raises(NotANumber, match='val_loss'):
        fit([StopOnNaN()], 2, validation_data=(x, y))


def test_collapse_is_watched_in_a_plain_fit():
    data = tf.data.Dataset.from_tensors(
        {'onset': np.ones((2, 2), 'f4'), 'timeshift': np.array([[-1, 1], [1, -1]], 'f4')}
    )

    class Stiff(TwoLayers):
        def call(self, x):
            return {'timeshift': 0 * x['timeshift']} if isinstance(x, dict) else super().call(x)

    messages = []
    watch = TimeshiftCollapseWarning(data, after_epoch=0, log=lambda *args: messages.append(args))
    model = Stiff()
    model.compile(optimizer='sgd', loss='mse')
    model.fit(np.ones((4, 2)), np.ones((4, 1)), epochs=3, callbacks=[watch], verbose=0)
    assert [args[1] for args in messages] == [2]
