"""Yardsticks by hand."""

import dataclasses
import math
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from melodyvae.evaluation.metrics import METRICS
from melodyvae.evaluation.reconstruction import measure
from melodyvae.lab import yardsticks as module
from melodyvae.lab.yardsticks import RECONSTRUCTION, measure_yardsticks
from melodyvae.playing.player import Player

from runs import made_model, set_constant, small_config


@pytest.fixture(autouse=True)
def without_judge(monkeypatch):
    """Leaves out naturalness, which trains a judge; test_job.py has all of it."""
    monkeypatch.setattr(module, 'measure_played_naturalness', lambda *_, **__: {})


def test_held_out_and_training_loops_are_told_apart(tiny, tiny_loops):
    """The tests of `evaluation` measure each figure by hand."""
    training = tiny_loops.take(np.array([0]))
    found = measure_yardsticks(tiny, tiny_loops, training, threshold=0.15)
    player = Player.of(tiny, 0.15)
    ours, theirs = (measure(player, loops, seed=0)[1] for loops in (tiny_loops, training))
    assert {key: found[key] for key in RECONSTRUCTION} == {key: ours[key] for key in RECONSTRUCTION}
    assert found['gap'] == ours['negative_elbo'] - theirs['negative_elbo'] != 0
    assert found['training_device_onset_f1'] == pytest.approx(2 * 1 / (2 + 1))
    # C twice a generated pattern; in the held-out loops C in one and C# in the other.
    assert found['pitch_class_distance'] == pytest.approx(0.5)
    # Generated as a half (2 quarters) and a quarter; data as a quarter, then a half and an eighth.
    assert found['note_length_distance'] == pytest.approx(1 - (0.25 + 0.5))
    assert (found['notes_per_tenth'], found['usable_points']) == (0, 0)


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
