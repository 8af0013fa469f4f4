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


@pytest.fixture
def model(config):
    keras.utils.set_random_seed(0)
    model = MelodyVAE(config)
    model.compile()
    return model


def test_fit_from_arrays_learns(model, golden_loops):
    x = golden_loops.to_dense(np.arange(32))
    history = model.fit(x, batch_size=16, epochs=8, validation_data=(x, None), verbose=0).history
    assert history['loss'][-1] < history['loss'][0]
    names = {'onset_loss', 'velocity_loss', 'duration_loss', 'timeshift_loss', 'kl', 'beta'}
    names |= {'objective', 'loss'}
    assert names <= set(history)
    assert {f'val_{name}' for name in names - {'beta'}} <= set(history)


def test_xla_compiles_what_a_gpu_trains(two_features, golden_loops):
    """Keras uses it there on its own; here it is asked for."""
    x = golden_loops.to_dense(np.arange(16))
    losses = []
    for on in (True, False):
        keras.utils.set_random_seed(0)
        model = MelodyVAE(two_features)
        model.compile(jit_compile=on)
        losses.append(model.fit(x, batch_size=16, verbose=0).history['objective'])
    assert losses[0] == pytest.approx(losses[1], rel=0.02)


def test_decoder_outputs_stay_in_their_ranges(model, golden_loops):
    grids = model.predict(golden_loops.to_dense(np.arange(4)), verbose=0)
    assert list(grids) == ['onset', 'velocity', 'duration', 'timeshift']
    for name, low, high in [('onset', 0, 1), ('velocity', 0, 1), ('timeshift', -1, 1)]:
        assert low <= grids[name].min() <= grids[name].max() <= high
    assert grids['duration'].min() >= 0
    assert grids['onset'].shape == (4, 24, 32)


def test_a_partial_batch_weighs_what_it_holds(model, golden_loops):
    x = golden_loops.to_dense(np.arange(10))
    model.seed_generator = keras.random.SeedGenerator(0)
    onset = model.evaluate(x, batch_size=4, verbose=0, return_dict=True)['duration_loss']
    parts = [
        model.evaluate(golden_loops.to_dense(np.arange(i, i + 1)), verbose=0, return_dict=True)[
            'duration_loss'
        ]
        for i in range(10)
    ]
    assert onset == pytest.approx(np.mean(parts), rel=0.01)


@pytest.mark.parametrize('name', ['melodyvae_improved', 'melodyvae'])
def test_a_model_is_saved_and_loaded(name, golden_loops, tmp_path):
    config = small_config(name)
    keras.utils.set_random_seed(0)
    model = MelodyVAE(config)
    x = golden_loops.to_dense(np.arange(8))
    model.fit(x, batch_size=4, epochs=2, verbose=0)
    model.beta.assign(0.5)
    model.save(tmp_path / 'model.keras')
    loaded = keras.models.load_model(tmp_path / 'model.keras')
    assert loaded.config == config
    assert float(loaded.beta) == 0.5
    for ours, theirs in zip(loaded.weights, model.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    for ours, theirs in zip(loaded.optimizer.variables, model.optimizer.variables, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    again = model.fit(x, batch_size=4, epochs=1, verbose=0, shuffle=False).history
    assert loaded.fit(x, batch_size=4, epochs=1, verbose=0, shuffle=False).history == again
    assert [path.name for path in tmp_path.iterdir()] == ['model.keras']


@pytest.mark.parametrize(('fidelity', 'acts'), [('documented', True), ('js', False)])
def test_normalization_and_dropout_act_only_as_documented(fidelity, acts, golden_loops):
    model = MelodyVAE(small_config(fidelity=fidelity))
    model.compile(run_eagerly=True)  # faster for one step
    model.fit(golden_loops.to_dense(np.arange(8)), batch_size=8, verbose=0)
    moving = model.encoder.get_layer('encoder_merged_normalization').moving_mean
    assert bool(np.any(np.array(moving) != 0)) == acts


def test_the_step_is_traced_once(two_features, golden_loops, monkeypatch):
    """Tracing takes seconds; TensorFlow does it again if a step makes the optimizer's variables."""
    traced = []
    step = MelodyVAE.train_step

    def counted(model, data):
        traced.append(data)
        return step(model, data)

    monkeypatch.setattr(MelodyVAE, 'train_step', counted)
    model = MelodyVAE(two_features)
    model.fit(golden_loops.to_dense(np.arange(8)), batch_size=4, epochs=2, verbose=0)
    assert len(traced) == 1


def test_beta_is_read_at_every_step(model, golden_loops):
    x = golden_loops.to_dense(np.arange(8))
    model.beta.assign(0.0)
    plain = model.evaluate(x, verbose=0, return_dict=True)
    model.beta.assign(2.0)
    weighted = model.evaluate(x, verbose=0, return_dict=True)
    assert plain['loss'] == pytest.approx(plain['objective'] - plain['kl'], rel=1e-5)
    assert weighted['loss'] == pytest.approx(weighted['objective'] + weighted['kl'], rel=1e-5)


def test_keras_s_own_early_stopping_works(model, golden_loops):
    x = golden_loops.to_dense(np.arange(16))
    stopping = keras.callbacks.EarlyStopping(patience=1, restore_best_weights=True)
    model.fit(x, validation_data=(x, None), batch_size=8, epochs=3, callbacks=[stopping], verbose=0)
    assert stopping.best is not None


def test_a_model_compiles_itself_as_its_config_says(two_features, golden_loops):
    two_features.training.learning_rate = 0.003
    two_features.training.device_adam = True
    model = MelodyVAE(two_features)
    model.fit(golden_loops.to_dense(np.arange(8)), verbose=0)
    assert type(model.optimizer).__name__ == 'PaperAdam'
    assert float(model.optimizer.learning_rate) == pytest.approx(0.003)
    fresh = MelodyVAE(two_features)
    assert 'loss' in fresh.evaluate(
        golden_loops.to_dense(np.arange(8)), return_dict=True, verbose=0
    )


@pytest.mark.parametrize('name', ['loss', 'weighted_metrics'])
def test_losses_and_metrics_of_others_are_refused(config, name):
    with pytest.raises(UserError, match=f'leave {name}= out of compile'):
        MelodyVAE(config).compile(optimizer='adam', **{name: ['mse']})


def test_a_scaled_loss_moves_weights_as_far(config, golden_loops):
    x = golden_loops.to_dense(np.arange(8))
    weights = []
    for scale in (None, 1024.0):
        model = MelodyVAE(config)
        model.compile(keras.optimizers.SGD(1e-3, loss_scale_factor=scale), run_eagerly=True)
        model.fit(x, batch_size=8, shuffle=False, verbose=0)
        weights.append(model.decoder.get_weights())
    for ours, theirs in zip(*weights, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-7)


def test_another_precision_is_refused(config):
    with pytest.raises(UserError, match='leave dtype= out'):
        MelodyVAE(config, dtype='mixed_float16')


def test_a_layer_without_weights_is_refused(config):
    model = MelodyVAE(config)
    model.head = keras.layers.Dense(3, name='head')
    with pytest.raises(UserError, match=r'without weights, head: call its build\(\)'):
        model.compile()
    model.head.build((None, 2))
    model.compile()


def test_a_model_with_a_pad_is_not_trained_further(model, golden_loops):
    model.anchors = 3
    with pytest.raises(UserError, match=r'trained\.keras'):
        model.fit(golden_loops.to_dense(np.arange(8)))


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


def test_weights_of_loops_are_refused_and_not_dropped(model, golden_loops):
    x = golden_loops.to_dense(np.arange(8))
    weights = np.ones(8, 'f4')
    for method in (model.fit, model.evaluate):
        with pytest.raises(UserError, match='leave sample_weight= out'):
            method(x, sample_weight=weights, verbose=0)
    weighed = tf.data.Dataset.from_tensors((x, None, weights))
    with pytest.raises(UserError, match='leave sample_weight= out'):
        model.fit(weighed, shuffle=False, verbose=0)


@pytest.mark.parametrize('what', ['fit', 'evaluate', 'predict'])
def test_a_batch_of_another_grid_is_refused(model, what):
    x = {name: np.zeros((64, 24, 16), 'f4') for name in model.config.features}
    with pytest.raises(UserError, match='24 rows x 16 steps, and this model takes 24 x 32'):
        getattr(model, what)(x, verbose=0)


def test_missing_features_are_named(model, golden_loops):
    x = golden_loops.to_dense(np.arange(8))
    del x['velocity'], x['timeshift']
    with pytest.raises(UserError, match='lacks velocity, timeshift'):
        model.fit(x, verbose=0)
    with pytest.raises(UserError, match='takes a dict of grids'):
        model.fit(np.zeros((8, 24, 32), 'f4'), verbose=0)


def test_targets_are_refused(model, golden_loops):
    x = golden_loops.to_dense(np.arange(8))
    with pytest.raises(UserError, match='leave y out'):
        model.fit(x, x['onset'], verbose=0)


def test_encoder_and_decoder_predict_as_documented(model, golden_loops):
    x = model.flatten(golden_loops.to_dense(np.arange(6)))
    z_mean, z_log_var = model.encoder.predict([np.array(grid) for grid in x], verbose=0)
    assert z_mean.shape == z_log_var.shape == (6, 2)
    decoded = model.decoder.predict(z_mean, verbose=0)
    assert [grid.shape for grid in decoded] == [(6, 24 * 32)] * 4
