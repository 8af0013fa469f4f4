"""MelodyVAE as Keras people use it."""

import keras
import numpy as np
import pytest

from melodyvae.config import preset
from melodyvae.fit import build_optimizer
from melodyvae.model import MelodyVAE


@pytest.fixture
def config():
    config = preset('melodyvae_improved')
    config.model.hidden, config.model.decoder_hidden = 8, 16
    return config


@pytest.fixture
def model(config):
    keras.utils.set_random_seed(0)
    model = MelodyVAE(config)
    model.compile(optimizer=build_optimizer(config))
    return model


def test_fit_from_arrays_learns(model, golden_loops):
    x = golden_loops.dense(np.arange(32))
    history = model.fit(x, batch_size=16, epochs=8, validation_data=(x, None), verbose=0).history
    assert history['total_loss'][-1] < history['total_loss'][0]
    names = {'onset_loss', 'velocity_loss', 'duration_loss', 'timeshift_loss', 'kl', 'beta'}
    names |= {'negative_elbo', 'total_loss'}
    assert names <= set(history)
    assert {f'val_{name}' for name in names - {'beta'}} <= set(history)


def test_decoder_outputs_stay_in_their_ranges(model, golden_loops):
    grids = model.predict(golden_loops.dense(np.arange(4)), verbose=0)
    assert list(grids) == ['onset', 'velocity', 'duration', 'timeshift']
    for name, low, high in [('onset', 0, 1), ('velocity', 0, 1), ('timeshift', -1, 1)]:
        assert low <= grids[name].min() <= grids[name].max() <= high
    assert grids['duration'].min() >= 0
    assert grids['onset'].shape == (4, 24, 32)


def test_a_partial_batch_weighs_what_it_holds(model, golden_loops):
    x = golden_loops.dense(np.arange(10))
    model.seed_generator = keras.random.SeedGenerator(0)
    onset = model.evaluate(x, batch_size=4, verbose=0, return_dict=True)['duration_loss']
    parts = [
        model.evaluate(golden_loops.dense(np.arange(i, i + 1)), verbose=0, return_dict=True)[
            'duration_loss'
        ]
        for i in range(10)
    ]
    assert onset == pytest.approx(np.mean(parts), rel=0.01)


def test_whole_model_is_saved_and_loaded(model, golden_loops, tmp_path):
    x = golden_loops.dense(np.arange(8))
    model.fit(x, batch_size=8, epochs=2, verbose=0)
    model.beta.assign(0.5)
    model.save(tmp_path / 'model.keras')
    loaded = keras.models.load_model(tmp_path / 'model.keras')
    assert loaded.config == model.config
    assert float(loaded.beta) == 0.5
    for ours, theirs in zip(loaded.weights, model.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    for ours, theirs in zip(loaded.optimizer.variables, model.optimizer.variables, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    again = model.fit(x, batch_size=8, epochs=1, verbose=0, shuffle=False).history
    assert loaded.fit(x, batch_size=8, epochs=1, verbose=0, shuffle=False).history == again
    assert [path.name for path in tmp_path.iterdir()] == ['model.keras']


@pytest.mark.parametrize(('fidelity', 'acts'), [('documented', True), ('js', False)])
def test_normalisation_and_dropout_act_only_as_documented(fidelity, acts, golden_loops):
    config = preset('melodyvae_improved', fidelity)
    config.model.hidden, config.model.decoder_hidden = 8, 16
    model = MelodyVAE(config)
    model.compile(optimizer=build_optimizer(config))
    model.fit(golden_loops.dense(np.arange(8)), batch_size=8, verbose=0)
    moving = model.encoder.get_layer('encoder_merged_normalisation').moving_mean
    assert bool(np.any(np.array(moving) != 0)) == acts


def test_beta_is_read_at_every_step(model, golden_loops):
    x = golden_loops.dense(np.arange(8))
    model.beta.assign(0.0)
    plain = model.evaluate(x, verbose=0, return_dict=True)
    model.beta.assign(2.0)
    weighted = model.evaluate(x, verbose=0, return_dict=True)
    assert plain['total_loss'] == pytest.approx(plain['negative_elbo'] - plain['kl'], rel=1e-5)
    assert weighted['total_loss'] == pytest.approx(
        weighted['negative_elbo'] + weighted['kl'], rel=1e-5
    )
