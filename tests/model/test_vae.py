"""MelodyVAE as Keras people use it."""

import random

import keras
import numpy as np
import pytest
import tensorflow as tf

from melodyvae.model.vae import MelodyVAE
from melodyvae.system.errors import UserError

from runs import small_config


@pytest.fixture
def config():
    return small_config()


@pytest.fixture
def two_features(config):
    """The same with half of the layers, which halves the time to trace a step."""
    config.features = ('onset', 'velocity')
    return config


@pytest.fixture(scope='module')
def x(golden_loops):
    return golden_loops.to_dense(np.arange(16))


@pytest.fixture(scope='module')
def model(x):
    """A model that was fitted to arrays, with a callback of Keras."""
    keras.utils.set_random_seed(0)
    model = MelodyVAE(small_config())
    stopping = keras.callbacks.EarlyStopping(patience=9, restore_best_weights=True)
    model.fit(x, batch_size=8, epochs=8, validation_data=(x, None), callbacks=[stopping], verbose=0)
    assert stopping.best is not None
    return model


def test_fit_from_arrays_learns(model):
    history = model.history.history
    assert history['loss'][-1] < history['loss'][0]
    names = {'onset_loss', 'velocity_loss', 'duration_loss', 'timeshift_loss', 'kl', 'beta'}
    names |= {'objective', 'loss'}
    assert names <= set(history)
    assert {f'val_{name}' for name in names - {'beta'}} <= set(history)


def test_outputs_are_as_documented(model, x):
    grids = model.predict(x, verbose=0)
    assert list(grids) == ['onset', 'velocity', 'duration', 'timeshift']
    for name, low, high in [('onset', 0, 1), ('velocity', 0, 1), ('timeshift', -1, 1)]:
        assert low <= grids[name].min() <= grids[name].max() <= high
    assert grids['duration'].min() >= 0
    assert grids['onset'].shape == (16, 24, 32)
    flat = [np.array(grid) for grid in model.flatten(x)]
    z_mean, z_log_var = model.encoder.predict(flat, verbose=0)
    assert z_mean.shape == z_log_var.shape == (16, 2)
    decoded = model.decoder.predict(z_mean, verbose=0)
    for values, grid in zip(decoded, grids.values(), strict=True):
        np.testing.assert_allclose(values, grid.reshape(16, -1), rtol=1e-4, atol=1e-6)


def test_a_partial_batch_weighs_what_it_holds(model, golden_loops):
    def evaluate(*loops):
        grids = golden_loops.to_dense(np.arange(*loops))
        return model.evaluate(grids, batch_size=8, verbose=0, return_dict=True)['duration_loss']

    assert evaluate(0, 11) == pytest.approx((8 * evaluate(0, 8) + 3 * evaluate(8, 11)) / 11, 0.01)


def test_beta_is_read_at_every_step(model, x):
    for beta in (0.0, 2.0, 1.0):
        model.beta.assign(beta)
        found = model.evaluate(x, verbose=0, return_dict=True)
        expected = found['objective'] + (beta - 1) * found['kl']
        assert found['loss'] == pytest.approx(expected, rel=1e-5)


def test_a_model_is_saved_and_loaded(model, x, tmp_path):
    model.beta.assign(0.5)
    model.save(tmp_path / 'model.keras')
    loaded = keras.models.load_model(tmp_path / 'model.keras')
    assert loaded.config == model.config
    assert float(loaded.beta) == 0.5
    for ours, theirs in zip(loaded.weights, model.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    for ours, theirs in zip(loaded.optimizer.variables, model.optimizer.variables, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    again = model.fit(x, batch_size=8, verbose=0, shuffle=False).history
    assert loaded.fit(x, batch_size=8, verbose=0, shuffle=False).history == again
    assert [path.name for path in tmp_path.iterdir()] == ['model.keras']


def test_xla_compiles_what_a_gpu_trains(two_features, x):
    """Keras uses it there on its own; here it is asked for."""
    losses = []
    for options in ({'jit_compile': True}, {'run_eagerly': True}):
        model = MelodyVAE(two_features)
        model.compile(**options)
        losses.append(model.fit(x, batch_size=16, verbose=0).history['objective'])
    assert losses[0] == pytest.approx(losses[1], rel=0.02)


@pytest.mark.parametrize(('fidelity', 'acts'), [('documented', True), ('js', False)])
def test_normalization_and_dropout_act_only_as_documented(fidelity, acts, x):
    model = MelodyVAE(small_config(fidelity=fidelity))
    model.compile(run_eagerly=True)  # faster for one step
    model.fit(x, batch_size=16, verbose=0)
    moving = model.encoder.get_layer('encoder_merged_normalization').moving_mean
    assert bool(np.any(np.array(moving) != 0)) == acts


def test_a_model_compiles_itself_and_traces_its_step_once(two_features, x, monkeypatch):
    """Tracing takes seconds; TensorFlow does it again if a step makes the optimizer's variables."""
    two_features.training.learning_rate = 0.003
    two_features.training.device_adam = True
    traced = []
    step = MelodyVAE.train_step

    def counted(model, data):
        traced.append(data)
        return step(model, data)

    monkeypatch.setattr(MelodyVAE, 'train_step', counted)
    model = MelodyVAE(two_features)
    model.fit(x, batch_size=8, epochs=2, verbose=0)
    assert len(traced) == 1
    assert type(model.optimizer).__name__ == 'PaperAdam'
    assert float(model.optimizer.learning_rate) == pytest.approx(0.003)


def test_a_scaled_loss_moves_weights_as_far(two_features, x):
    weights = []
    for scale in (None, 1024.0):
        model = MelodyVAE(two_features)
        model.compile(keras.optimizers.SGD(1e-3, loss_scale_factor=scale), run_eagerly=True)
        model.fit(x, batch_size=16, shuffle=False, verbose=0)
        weights.append(model.decoder.get_weights())
    for ours, theirs in zip(*weights, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-7)


def test_the_seed_decides_on_the_weights_and_leaves_other_generators_alone(config):
    random.seed(5)
    expected = random.random()
    random.seed(5)
    ours = MelodyVAE(config)
    assert random.random() == expected
    theirs = MelodyVAE(config)
    for one, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    config.training.seed = 1
    kernel = MelodyVAE(config).encoder.get_layer('z_mean').kernel
    assert np.any(np.array(kernel) != np.array(ours.encoder.get_layer('z_mean').kernel))


def test_another_precision_is_refused(config):
    with pytest.raises(UserError, match='leave dtype= out'):
        MelodyVAE(config, dtype='mixed_float16')


def test_what_cannot_be_compiled_is_refused(two_features):
    model = MelodyVAE(two_features)
    for name in ('loss', 'weighted_metrics'):
        with pytest.raises(UserError, match=f'leave {name}= out of compile'):
            model.compile(optimizer='adam', **{name: ['mse']})
    model.head = keras.layers.Dense(3, name='head')
    with pytest.raises(UserError, match=r'without weights, head: call its build\(\)'):
        model.compile()
    model.head.build((None, 2))
    model.compile()


def test_a_model_with_a_pad_is_not_trained_further(model, x, monkeypatch):
    monkeypatch.setattr(model, 'anchors', 3)
    with pytest.raises(UserError, match=r'trained\.keras'):
        model.fit(x)


def test_targets_and_weights_are_refused_and_not_dropped(model, x):
    with pytest.raises(UserError, match='leave y out'):
        model.fit(x, x['onset'], verbose=0)
    weights = np.ones(16, 'f4')
    for method in (model.fit, model.evaluate):
        with pytest.raises(UserError, match='leave sample_weight= out'):
            method(x, sample_weight=weights, verbose=0)
    weighed = tf.data.Dataset.from_tensors((x, None, weights))
    with pytest.raises(UserError, match='leave sample_weight= out'):
        model.fit(weighed, shuffle=False, verbose=0)


def test_other_batches_are_refused(model, x):
    smaller = {name: grid[..., :16] for name, grid in x.items()}
    for method in (model.fit, model.evaluate, model.predict):
        with pytest.raises(UserError, match='24 rows x 16 steps, and this model takes 24 x 32'):
            method(smaller, verbose=0)
    with pytest.raises(UserError, match='lacks velocity, timeshift'):
        model.fit({name: x[name] for name in ('onset', 'duration')}, verbose=0)
    with pytest.raises(UserError, match='takes a dict of grids'):
        model.fit(x['onset'], verbose=0)
