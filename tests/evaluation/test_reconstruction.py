"""How well loops are reconstructed: by hand on a tiny grid, and against Keras."""

import dataclasses
import math

import keras
import numpy as np
import pytest

from melodyvae.evaluation.reconstruction import measure_reconstruction
from melodyvae.model import losses
from melodyvae.playing import player as player_module
from melodyvae.playing.player import Player

from runs import made_model, set_constant, small_config

AT_MEAN = {  # for a drawn z: the same for z = z_mean
    'onset_loss': 'onset_bce',
    'velocity_loss': 'velocity_loss_at_mean',
    'duration_loss': 'duration_loss_at_mean',
    'timeshift_loss': 'timeshift_loss_at_mean',
    'objective': 'objective_at_mean',
}


def test_losses_by_hand(tiny, tiny_loops):
    found = measure_reconstruction(Player.of(tiny, 0.2), tiny_loops, seed=0)
    first = -math.log(0.8) - math.log(0.8) - math.log(0.4) - math.log(0.9)
    second = -math.log(0.2) - math.log(0.8) - math.log(0.6) - math.log(0.1)
    velocity = ((0.4**2 + 0.5**2 + 2 * 0.25**2) + (2 * 0.5**2 + 2 * 0.25**2)) / 2
    duration = ((0.5**2 + 0.5**2) + (1.0**2 + 0.5**2 + 1.0**2 + 0.25**2)) / 2
    timeshift = (0.25**2 + (0.5**2 + 0.5**2)) / 2
    kl = 0.5 * (0.5**2 + 1 - 1 - 0) + 0.5 * (4.0**2 + 4 - 1 - math.log(4))
    assert found['onset_bce'] == pytest.approx((first + second) / 2, rel=1e-6)
    assert found['velocity_loss_at_mean'] == pytest.approx(velocity, rel=1e-6)
    assert found['duration_loss_at_mean'] == pytest.approx(duration, rel=1e-6)
    assert found['timeshift_loss_at_mean'] == pytest.approx(timeshift, rel=1e-6)
    assert found['kl'] == pytest.approx(kl, rel=1e-6)
    weighted = (first + second) / 2 + 2.5 * velocity + 1.0 * duration + 1.5 * timeshift
    assert found['objective_at_mean'] == pytest.approx(weighted + kl, rel=1e-6)
    # The decoder gives the same whatever z is.
    for name, at_mean in AT_MEAN.items():
        assert found[name] == pytest.approx(found[at_mean], rel=1e-6)


def test_onsets_and_errors_by_hand(tiny, tiny_loops):
    found = measure_reconstruction(Player.of(tiny, 0.15), tiny_loops, seed=0)
    # Over 0.5: row 0 and row 1 of step 0, in both loops; one of them is right in each.
    assert found['onset_precision'] == pytest.approx(2 / 4)
    assert found['onset_recall'] == pytest.approx(2 / 3)
    assert found['onset_f1'] == pytest.approx(4 / 7)
    # The device plays row 0 at both steps: right once, at the first step of the first loop.
    assert found['device_onset_precision'] == pytest.approx(1 / 4)
    assert found['device_onset_recall'] == pytest.approx(1 / 3)
    assert found['device_onset_f1'] == pytest.approx(2 / 7)
    assert found['velocity_mae'] == pytest.approx((0.4 + 0.25 + 0.25) / 3, rel=1e-6)
    # Half notes are two beats; half a step of a sixteenth grid is 62.5 ms at 120 bpm.
    assert found['duration_mae_beats'] == pytest.approx((0.5 + 1.0 + 0.25) / 3 * 2, rel=1e-6)
    assert found['timeshift_mae_ms'] == pytest.approx((0.25 + 0.5 + 0.0) / 3 * 62.5, rel=1e-6)
    assert (found['active_units'], found['pad_share']) == (0, 0.0)


def test_the_device_plays_by_its_own_rule(tiny, tiny_loops):
    tiny.config.device.messages = 'voices'
    found = measure_reconstruction(Player.of(tiny, 0.15), tiny_loops, seed=0)
    # All but the last cell are played in both loops: right in 1 of 3, and in 1 of 3.
    assert found['device_onset_precision'] == pytest.approx(2 / 6)
    assert found['device_onset_recall'] == pytest.approx(2 / 3)


def test_a_model_that_predicts_nothing_scores_zero(tiny, tiny_loops):
    set_constant(tiny.decoder.get_layer('onset'), [-100.0] * 4)
    found = measure_reconstruction(Player.of(tiny, 0.2), tiny_loops, seed=0)
    for name in ('onset', 'device_onset'):
        scores = [found[f'{name}_{score}'] for score in ('precision', 'recall', 'f1')]
        assert scores == [0.0, 0.0, 0.0]
    # Probabilities are clipped at 1e-7: three onsets in two loops.
    assert found['onset_bce'] == pytest.approx(3 * -math.log(1e-7) / 2, rel=1e-4)


def test_latent_space_by_hand(tiny, tiny_loops):
    z_mean = np.array([[1.9, 0.05], [-1.9, -2.1]], np.float32)

    def encoder(x):
        return keras.ops.convert_to_tensor(z_mean), keras.ops.zeros((2, 2))

    player = dataclasses.replace(Player.of(tiny, 0.2), encoder=encoder)
    assert measure_reconstruction(player, tiny_loops, seed=0)['pad_share'] == 0.5
    assert measure_reconstruction(player, tiny_loops, seed=0)['active_units'] == 2
    z_mean[:, 1] = (0.19, 0.0)  # variance 0.009
    assert measure_reconstruction(player, tiny_loops, seed=0)['active_units'] == 1
    z_mean[:, 1] = (0.21, 0.0)  # variance 0.011
    assert measure_reconstruction(player, tiny_loops, seed=0)['active_units'] == 2


def test_batches_change_nothing(golden_loops, monkeypatch):
    loops = golden_loops.take(np.arange(20, 40))
    player = Player.of(made_model(small_config()), 0.02)
    whole = measure_reconstruction(player, loops, seed=5)
    monkeypatch.setattr(player_module, 'BATCH', 7)
    assert measure_reconstruction(player, loops, seed=5) == pytest.approx(whole, rel=1e-5)


@pytest.mark.parametrize('name', ['melodyvae', 'rhythmvae'])
def test_objective_is_what_keras_reports_when_z_has_no_spread(golden_loops, monkeypatch, name):
    monkeypatch.setattr(losses, 'MAX_LOG_VAR', 80.0)
    model = made_model(small_config(name))
    cells = golden_loops.cells.copy()
    cells['row'] %= model.config.grid.rows
    loops = dataclasses.replace(golden_loops, cells=cells, grid=model.config.grid)
    # A standard deviation of 2e-9: the sample that test_step draws is z_mean.
    set_constant(model.encoder.get_layer('z_log_var'), [-40.0, -40.0])
    model.compile()
    everything = loops.to_dense(np.arange(len(loops)))
    x = {feature: everything[feature] for feature in model.config.features}
    keras_says = model.evaluate(x, batch_size=32, verbose=0, return_dict=True)
    found = measure_reconstruction(Player.of(model, 0.2), loops, seed=0)
    assert found['kl'] == pytest.approx(keras_says['kl'], rel=1e-5)
    for name, at_mean in AT_MEAN.items():
        if name in keras_says:
            assert found[name] == pytest.approx(keras_says[name], rel=1e-5)
            assert found[at_mean] == pytest.approx(keras_says[name], rel=1e-5)


def test_sampled_losses_are_what_keras_reports_on_average(golden_loops):
    model = made_model(small_config())
    set_constant(model.encoder.get_layer('z_log_var'), [-1.0, -1.0])
    model.compile()
    loops = golden_loops.take(np.arange(100))
    x = loops.to_dense(np.arange(100))
    ours = [measure_reconstruction(Player.of(model, 0.2), loops, seed=seed) for seed in range(8)]
    theirs = [model.evaluate(x, verbose=0, return_dict=True)['objective'] for _ in range(8)]
    sampled = [result['objective'] for result in ours]
    spread = np.hypot(np.std(sampled, ddof=1), np.std(theirs, ddof=1)) / math.sqrt(8)
    assert np.mean(sampled) == pytest.approx(np.mean(theirs), abs=4 * spread)
    assert abs(ours[0]['objective_at_mean'] - np.mean(theirs)) > 4 * spread
