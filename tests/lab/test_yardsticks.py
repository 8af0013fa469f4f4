"""Yardsticks by hand."""

import dataclasses
import math
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from melodyvae.evaluation.metrics import METRICS
from melodyvae.lab import yardsticks as module
from melodyvae.lab.yardsticks import measure_yardsticks

from runs import made_model, set_constant, small_config


@pytest.fixture(autouse=True)
def without_judge(monkeypatch):
    """Leaves out naturalness, which trains a judge; test_job.py has all of it."""
    monkeypatch.setattr(module, 'measure_played_naturalness', lambda *_, **__: {})


def test_losses_by_hand(tiny, tiny_loops):
    found = measure_yardsticks(tiny, tiny_loops, tiny_loops.take(np.array([0])), threshold=0.15)
    first = -math.log(0.8) - math.log(0.8) - math.log(0.4) - math.log(0.9)
    second = -math.log(0.2) - math.log(0.8) - math.log(0.6) - math.log(0.1)
    kl = 0.5 * (0.5**2 + 1 - 1 - 0) + 0.5 * (4.0**2 + 4 - 1 - math.log(4))
    first_errors = 0.4**2 + 0.5**2 + 0.25**2
    second_errors = 2 * 0.25**2 + (1.0**2 + 0.25**2) + 0.5**2
    expected = {
        'onset_bce': (first + second) / 2,
        'velocity_mae': (0.4 + 0.25 + 0.25) / 3,
        'duration_mae_beats': 2 * (0.5 + 1.0 + 0.25) / 3,
        'timeshift_mae_ms': 62.5 * (0.25 + 0.5 + 0.0) / 3,
        'kl': kl,
        'negative_elbo': (first + first_errors + second + second_errors) / 2 + kl,
        'gap': (second + second_errors - first - first_errors) / 2,
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected, rel=1e-5)


def test_notes_and_latent_space_by_hand(tiny, tiny_loops):
    found = measure_yardsticks(tiny, tiny_loops, tiny_loops.take(np.array([0])), threshold=0.15)
    # The device plays row 0 at both steps, whatever z is.
    assert found['device_onset_f1'] == pytest.approx(2 * 1 / (4 + 3))
    assert found['training_device_onset_f1'] == pytest.approx(2 * 1 / (2 + 1))
    assert (found['active_units'], found['pad_share']) == (0, 0)
    assert (found['notes_per_tenth'], found['usable_points']) == (0, 0)
    # C twice a generated pattern; in the data C in one loop and C# in the other.
    assert found['pitch_class_distance'] == pytest.approx(0.5)
    # Generated as a half (2 quarters) and a quarter; data as a quarter, then a half and an eighth.
    assert found['note_length_distance'] == pytest.approx(1 - (0.25 + 0.5))
    # One onset after another in all patterns that have two.
    assert found['inter_onset_interval_distance'] == 0
    # 63 of 127 twice; 114, then 63.5, which is in the bin of 60 too.
    assert found['velocity_distance'] == pytest.approx(0.5)


def test_units_and_pad_count_over_held_out_and_training(tiny, tiny_loops):
    positions = iter([[[1.9, 0.5]], [[-1.9, 0.5], [0.0, 2.1]]])

    def encoder(x, training=False):
        z = np.array(next(positions), np.float32)
        return keras.ops.convert_to_tensor(z), keras.ops.zeros(z.shape)

    model = SimpleNamespace(config=tiny.config, encoder=encoder, decoder=tiny.decoder)
    found = measure_yardsticks(model, tiny_loops.take(np.array([0])), tiny_loops, threshold=0.15)
    assert found['pad_share'] == pytest.approx(2 / 3)
    assert found['active_units'] == 2


def test_loss_weights_do_not_count_and_the_seed_decides_what_is_drawn(golden_loops):
    model = made_model(small_config())
    loops = golden_loops.take(np.arange(30))
    before, other = (
        measure_yardsticks(model, loops, loops, threshold=0.02, seed=seed) for seed in (1, 2)
    )
    model.config.loss.velocity, model.config.loss.onset = 100.0, 0.0
    model.config.loss.only_at_onsets = not model.config.loss.only_at_onsets
    model.config.training.beta = 0.01
    assert measure_yardsticks(model, loops, loops, threshold=0.02, seed=1) == before
    assert before.keys() <= METRICS.keys()
    drawn = {name for name in before if before[name] != other[name]}
    assert {'negative_elbo', 'notes_per_tenth', 'velocity_distance'} <= drawn
    assert not drawn & {'onset_bce', 'velocity_mae', 'kl', 'device_onset_f1', 'usable_points'}


def test_a_large_library_is_sampled(golden_loops, monkeypatch):
    model = made_model(small_config())
    held_out, training = (golden_loops.take(np.arange(count)) for count in (5, 60))
    everything = measure_yardsticks(model, held_out, training, threshold=0.02)
    monkeypatch.setattr(module, 'MAX_TRAINING_LOOPS', 40)
    some = measure_yardsticks(model, held_out, training, threshold=0.02)
    assert some['gap'] == pytest.approx(everything['gap'], abs=0.1 * everything['negative_elbo'])
    changed = {name for name in some if some[name] != everything[name]}
    of_training = {'gap', 'training_device_onset_f1', 'active_units', 'pad_share'}
    assert {'gap'} <= changed <= of_training | {'notes_per_tenth'}


def test_features_that_a_system_lacks_are_absent(golden_loops):
    config = small_config('rhythmvae')
    drums = dataclasses.replace(golden_loops.take(np.arange(10)), grid=config.grid)
    drums.cells['row'] %= 9
    found = measure_yardsticks(made_model(config), drums, drums, threshold=0.02)
    assert not any(name.startswith(('duration', 'note_length', 'pitch')) for name in found)
    assert {'velocity_mae', 'timeshift_mae_ms', 'drum_class_distance'} <= found.keys()
    assert all(math.isfinite(value) for value in found.values())


def test_silence_is_measured(golden_loops):
    model = made_model(small_config())
    set_constant(model.decoder.get_layer('onset'), [-100.0] * 768)
    loops = golden_loops.take(np.arange(10))
    found = measure_yardsticks(model, loops, loops, threshold=0.5)
    assert found['device_onset_f1'] == found['usable_points'] == found['notes_per_tenth'] == 0
    assert found['pitch_class_distance'] == found['velocity_distance'] == 1
