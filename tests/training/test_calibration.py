"""Calibration: as many notes as the data has, of the pitches of the data."""

import numpy as np
import pytest

from melodyvae.config.presets import preset
from melodyvae.loops.dataset import load_loops, save_loops
from melodyvae.playing.latent import z_random
from melodyvae.training import calibration as threshold
from melodyvae.training.calibration import (
    balance_pitches,
    balance_rows,
    calibrate_threshold,
    model_threshold,
    notes_per_loop,
)
from melodyvae.training.examples import take_examples
from melodyvae.training.split import split

import runs


def test_monophonic_counts_the_best_row_of_each_step():
    onset = np.array([[[0.9, 0.2, 0.1], [0.8, 0.3, 0.05]]], np.float32)  # [1, 2 rows, 3 steps]
    config = preset('melodyvae_improved')
    assert calibrate_threshold(onset, 1.0, config) == pytest.approx(0.9)
    assert calibrate_threshold(onset, 2.0, config) == pytest.approx(0.3)
    config.device.messages = 'voices'
    assert calibrate_threshold(onset, 2.0, config) == pytest.approx(0.8)


def test_threshold_gives_the_wanted_number_of_notes():
    onset = np.random.default_rng(0).uniform(0, 1, (50, 9, 96)).astype(np.float32)
    threshold = calibrate_threshold(onset, 20.0, preset('rhythmvae'))
    assert np.sum(onset >= threshold) / 50 == pytest.approx(20.0, abs=0.1)


def test_threshold_stays_on_the_dial():
    onset = np.zeros((4, 24, 32), np.float32)
    assert calibrate_threshold(onset, 10.0, preset('melodyvae_improved')) == 0.01
    assert calibrate_threshold(onset, 0.0, preset('melodyvae_improved')) == 1.0


def test_chords_count_once_for_a_monophonic_device(golden_loops):
    loops = golden_loops
    config = preset('melodyvae_improved')
    steps = np.mean([len(np.unique(loops[i]['step'])) for i in range(len(loops))])
    assert notes_per_loop(loops.offsets, loops.cells, config) == pytest.approx(steps)
    config.device.messages = 'voices'
    cells = len(loops.cells) / len(loops)
    assert notes_per_loop(loops.offsets, loops.cells, config) == pytest.approx(cells)
    assert cells > steps


@pytest.mark.parametrize('at_once', [1, 7, 38, 115, 116, 117])
def test_notes_are_counted_piece_by_piece(at_once, golden_loops, tmp_path, monkeypatch):
    config = preset('melodyvae_improved')
    whole = notes_per_loop(golden_loops.offsets, golden_loops.cells, config)
    save_loops(golden_loops, tmp_path / 'data')
    stored = load_loops(tmp_path / 'data')
    monkeypatch.setattr(threshold, 'AT_ONCE', at_once)
    assert len(golden_loops) == 116
    for loops in (golden_loops, stored):
        assert notes_per_loop(loops.offsets, loops.cells, config) == whole


@pytest.mark.parametrize('name', ['melodyvae_improved', 'melodyvae_original'])
def test_a_model_plays_as_many_notes_as_its_library_has(name, golden_loops):
    """The Improved device plays one row a step, the Original every cell."""
    config = runs.small_config(name)
    config.training.seed = 3
    model = runs.made_model(config)
    notes = notes_per_loop(golden_loops.offsets, golden_loops.cells, config)
    found = model_threshold(model, golden_loops)
    z = z_random(threshold.PRIOR_SAMPLES, latent=2, seed=3).astype(np.float32)
    onset = model.decoder(z)[0].numpy().reshape(-1, 24, 32)
    played = (onset.max(axis=1) if name == 'melodyvae_improved' else onset) >= found - 1e-6
    assert 0.01 < found < 1
    assert played.sum() / len(z) == pytest.approx(notes, abs=0.02)
    assert model_threshold(model, golden_loops) == found


def balanced_config(limit):
    config = runs.small_config()
    config.training.pitch_balance = limit
    return config


@pytest.fixture
def onset():
    """Two rows of four: one always a little more probable than the other, and both rarely on."""
    onset = np.zeros((100, 4, 8), np.float32)
    onset[:, 1] = np.linspace(0.2, 0.4, 100)[:, None]
    onset[:, 2] = np.linspace(0.4, 0.2, 100)[:, None] - 0.05
    return onset


def played(onset, moved, config):
    """Notes of each row where a step plays its most probable one."""
    odds = onset / (1 - onset) * np.exp(moved)[:, None]
    return np.bincount(odds.argmax(axis=1).ravel(), minlength=len(moved)) / odds[:, 0].size


def test_rows_come_to_play_as_often_as_wanted(onset):
    config = balanced_config(5.0)
    wanted = np.array([0, 0.3, 0.7, 0])
    assert played(onset, np.zeros(4), config)[2] < 0.5
    moved = balance_rows(onset, wanted, 8.0, config)
    np.testing.assert_allclose(played(onset, moved, config), wanted, atol=0.02)


@pytest.mark.parametrize('messages', ['monophonic', 'voices'])
def test_no_row_moves_further_than_allowed(onset, messages):
    config = balanced_config(0.1)
    config.device.messages = messages
    moved = balance_rows(onset, np.array([0, 0.1, 0.9, 0]), 8.0, config)
    assert moved[1] == -0.1
    assert 0.05 < moved[2] <= 0.1
    assert np.abs(moved).max() == 0.1


def test_where_all_cells_play_a_row_with_too_few_gets_more():
    config = balanced_config(2.0)
    config.device.messages = 'voices'
    onset = np.random.default_rng(0).uniform(0, [[0.3], [0.5]], (200, 2, 8))
    moved = balance_rows(onset, np.array([0.5, 0.5]), 4.0, config)
    odds = onset / (1 - onset) * np.exp(moved)[:, None]
    counts = (odds >= np.sort(odds, axis=None)[-800]).sum(axis=(0, 2))
    np.testing.assert_allclose(counts / counts.sum(), [0.5, 0.5], atol=0.02)


def test_only_the_biases_of_onsets_move_the_same_for_a_row(golden_loops):
    config = balanced_config(0.2)
    model = runs.made_model(config)
    before = {weight.path: weight.numpy() for weight in model.weights}
    training, _ = split(golden_loops, config)
    balance_pitches(model, golden_loops, training)
    changed = {
        weight.path: weight.numpy() - before[weight.path]
        for weight in model.weights
        if (weight.numpy() != before[weight.path]).any()
    }
    assert [path.split('/')[-2:] for path in changed] == [['onset', 'bias']]
    (moved,) = changed.values()
    moved = moved.reshape(config.grid.rows, config.grid.steps)
    np.testing.assert_allclose(moved, np.broadcast_to(moved[:, :1], moved.shape), atol=1e-6)
    assert 0.1 < np.abs(moved).max() < 0.2 + 1e-6


def test_transposed_examples_count_where_they_are(golden_loops):
    """Pitches that are there only after transposing are played more, not less."""
    config = balanced_config(0.5)
    config.data.transpositions = (5,)
    training, _ = split(golden_loops, config)
    up = training.take(training.shift == 5)
    rows = take_examples(golden_loops, up).cells['row']
    model = runs.made_model(config)
    before = model.decoder.get_layer('onset').bias.numpy()
    balance_pitches(model, golden_loops, up)
    moved = (model.decoder.get_layer('onset').bias.numpy() - before)[:: config.grid.steps]
    shares = np.bincount(rows, minlength=config.grid.rows)
    assert moved[shares == 0].mean() < moved[shares > np.median(shares)].mean()


def test_ports_are_left_alone(golden_loops):
    config = preset('melodyvae_improved')
    assert config.training.pitch_balance == 0
    model = runs.made_model(balanced_config(0.0))
    before = model.decoder.get_layer('onset').bias.numpy()
    balance_pitches(model, golden_loops, split(golden_loops, config)[0])
    np.testing.assert_array_equal(model.decoder.get_layer('onset').bias.numpy(), before)
