"""What a model is fitted to."""

import keras
import numpy as np
import pytest

from melodyvae.model.vae import MelodyVAE
from melodyvae.system.errors import UserError
from melodyvae.training.callbacks import default_callbacks
from melodyvae.training.data import count_steps_at_once, training_data

from runs import all_weights, golden_config


@pytest.mark.parametrize(
    ('steps', 'epochs', 'at_once'),
    [(6, 1000, 6), (16, 1000, 8), (44, 1000, 4), (43, 1000, 1), (8, 124, 1), (8, 125, 8)],
)
def test_steps_are_taken_together_where_they_fill_the_epochs_of_a_long_training(
    steps, epochs, at_once
):
    assert count_steps_at_once(steps, epochs) == at_once


def fit(loops, config) -> MelodyVAE:
    model = MelodyVAE(config)
    data = training_data(loops, config)
    model.fit(data, callbacks=default_callbacks(data, quiet=True))
    return model


def short_config(**settings):
    # No anchors: what was trained is looked at.
    short = {'training__epochs': 2, 'training__least_steps': 3, 'model__anchors': 0}
    config = golden_config(**short | settings)
    config.features = ('onset', 'velocity')  # a step is traced twice as fast
    return config


@pytest.fixture(scope='module')
def plain(golden_loops) -> MelodyVAE:
    """A model that was fitted as `short_config` says."""
    return fit(golden_loops, short_config())


def test_the_config_says_how_many_epochs_and_steps(plain):
    assert plain.history.epoch == [0, 1]
    assert int(plain.optimizer.iterations) == 2 * 3
    assert {'loss', 'val_loss', 'val_objective', 'learning_rate'} <= set(plain.history.history)


def test_the_seed_decides_every_bit_whether_steps_are_taken_at_once_or_not(
    plain, golden_loops, monkeypatch
):
    monkeypatch.setattr('melodyvae.training.data.SHORT', 0)
    together = fit(golden_loops, short_config())
    assert (plain.steps_per_execution, together.steps_per_execution) == (1, 3)
    np.testing.assert_array_equal(all_weights(plain), all_weights(together))


def test_the_weights_of_the_best_epoch_are_those_that_a_model_ends_with(golden_loops):
    config = short_config(training__keep_best=True)
    config.training.learning_rate, config.training.epochs = 0.05, 6
    data = training_data(golden_loops, config)
    callbacks = default_callbacks(data, quiet=True)
    kept = {}

    class Keep(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            kept[logs['val_objective']] = all_weights(self.model)

    model = MelodyVAE(config)
    model.fit(data, callbacks=[*callbacks, Keep()])
    np.testing.assert_array_equal(all_weights(model), kept[min(kept)])


def test_what_is_given_beside_the_data_counts_instead(golden_loops):
    model = MelodyVAE(short_config(training__decay='cosine'))
    data = training_data(golden_loops, model.config)
    callbacks = default_callbacks(data, quiet=True)
    others = data.loops.to_dense(data.held_out.loop[:4])
    model.fit(
        data, None, None, 4, callbacks=callbacks, steps_per_epoch=2, validation_data=(others,)
    )
    assert model.history.epoch == [0, 1, 2, 3]
    assert int(model.optimizer.iterations) == 8
    rates = model.history.history['learning_rate']
    assert rates == pytest.approx([1e-3, 7.525e-4, 2.575e-4, 1e-5], rel=1e-3)
    # Annealing is meant for 30 of the preset's epochs; here for 2, of which twice as many are run.
    assert float(model.beta) == pytest.approx(min(1, 3 / (30 * 4 / 2)))
    model.fit(data, epochs=6, initial_epoch=4, steps_per_epoch=1)
    assert model.history.epoch == [4, 5] and int(model.optimizer.iterations) == 10


def test_steps_that_are_given_are_exact_where_several_are_taken_at_once(golden_loops, monkeypatch):
    monkeypatch.setattr('melodyvae.training.data.SHORT', 0)
    model = MelodyVAE(short_config(training__least_steps=4))
    data = training_data(golden_loops, model.config)
    model.fit(data, epochs=1, steps_per_epoch=None, validation_split=0.0)
    assert int(model.optimizer.iterations) == model.steps_per_execution == 4
    model.fit(data, epochs=1, steps_per_epoch=6)
    assert (int(model.optimizer.iterations), model.steps_per_execution) == (4 + 6, 6)


@pytest.mark.parametrize('options', [{'batch_size': 8}, {'validation_split': 0.1}])
def test_what_the_config_decides_is_refused_beside_the_data(plain, golden_loops, options):
    with pytest.raises(UserError, match=next(iter(options))):
        plain.fit(training_data(golden_loops, plain.config), **options)


def test_loops_of_another_grid_are_refused(golden_loops):
    with pytest.raises(UserError, match=r'grid\.rows=24'):
        training_data(golden_loops, 'rhythmvae')


def test_a_config_that_is_changed_later_changes_neither_model_nor_data(golden_loops):
    config = short_config()
    model, data = MelodyVAE(config), training_data(golden_loops, config)
    config.training.seed = 7
    assert (model.config.training.seed, data.config.training.seed) == (0, 0)


def test_a_config_that_cannot_work_is_refused(golden_loops):
    config = short_config()
    config.training.epochs = 2.5
    for use in (MelodyVAE, lambda config: training_data(golden_loops, config)):
        with pytest.raises(UserError, match=r'training\.epochs=2\.5'):
            use(config)


def test_the_held_out_loops_are_evaluated(plain, golden_loops):
    data = training_data(golden_loops, plain.config)
    figures = dict(zip(plain.metrics_names, plain.evaluate(data, verbose=0), strict=True))
    again = plain.evaluate(data.held_out_batches(), return_dict=True, verbose=0)
    assert figures['kl'] == pytest.approx(again['kl'], rel=1e-5)
    with pytest.raises(UserError, match='predict takes a dict'):
        plain.predict(data)
