"""Calibration: as many notes as the data has."""

import numpy as np
import pytest

from melodyvae.config.presets import preset
from melodyvae.loops.dataset import load_loops, save_loops
from melodyvae.playing.latent import z_random
from melodyvae.training import calibration as threshold
from melodyvae.training.calibration import calibrate_threshold, model_threshold, notes_per_loop

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
