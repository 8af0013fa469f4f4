"""Calibration: as many notes as the data has."""

import numpy as np
import pytest

from melodyvae.config import preset
from melodyvae.threshold import calibrated_threshold, notes_per_loop


def test_monophonic_counts_the_best_row_of_each_step():
    onset = np.array([[[0.9, 0.2, 0.1], [0.8, 0.3, 0.05]]], np.float32)  # [1, 2 rows, 3 steps]
    config = preset('melodyvae_improved')
    assert calibrated_threshold(onset, 1.0, config) == pytest.approx(0.9)
    assert calibrated_threshold(onset, 2.0, config) == pytest.approx(0.3)
    config.device.messages = 'voices'
    assert calibrated_threshold(onset, 2.0, config) == pytest.approx(0.8)


def test_threshold_gives_the_wanted_number_of_notes():
    onset = np.random.default_rng(0).uniform(0, 1, (50, 9, 96)).astype(np.float32)
    threshold = calibrated_threshold(onset, 20.0, preset('rhythmvae'))
    assert np.sum(onset >= threshold) / 50 == pytest.approx(20.0, abs=0.1)


def test_threshold_stays_on_the_dial():
    onset = np.zeros((4, 24, 32), np.float32)
    assert calibrated_threshold(onset, 10.0, preset('melodyvae_improved')) == 0.01
    assert calibrated_threshold(onset, 0.0, preset('melodyvae_improved')) == 1.0


def test_chords_count_once_for_a_monophonic_device(golden_loops):
    loops = golden_loops
    config = preset('melodyvae_improved')
    steps = np.mean([len(np.unique(loops[i]['step'])) for i in range(len(loops))])
    assert notes_per_loop(loops.offsets, loops.cells, config) == pytest.approx(steps)
    config.device.messages = 'voices'
    cells = len(loops.cells) / len(loops)
    assert notes_per_loop(loops.offsets, loops.cells, config) == pytest.approx(cells)
    assert cells > steps
