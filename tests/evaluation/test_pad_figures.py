"""Figures of a pad."""

import numpy as np
import pytest
from tunes import make_loops

from melodyvae.config.presets import preset
from melodyvae.evaluation.pad_figures import measure_pad
from melodyvae.playing.player import Player

CONFIG = preset('melodyvae')


FIRST, SECOND = [5, 7, 9, 7, 5, 4, 2, 4], [12, 11, 9, 7, 5, 4, 2, 11]
LIBRARY = make_loops([list(enumerate(FIRST)), list(enumerate(SECOND))])


def play_by(choose):
    """A player whose decoder gives the loop that `choose` gives for z; None for silence."""

    def decode(z):
        grids = np.zeros((len(z), CONFIG.grid.rows, CONFIG.grid.steps), np.float32)
        for grid, point in zip(grids, z, strict=True):
            rows = choose(point)
            if rows:
                grid[rows, np.arange(len(rows))] = 1
        flat = grids.reshape(len(z), -1)
        return [flat] + [flat * 0 + 0.5] * 3

    return Player(CONFIG, decode, None, 0.5)


def test_a_pad_of_copies():
    played, library = measure_pad(play_by(lambda z: FIRST if z[0] < 0 else SECOND), LIBRARY)
    assert played['plays_own_loop'] == played['within_2_steps'] == 1
    assert played['distinct'] == 0.002 and played['silent'] == 0
    assert played['foreign_pitches'] == played['too_wide'] == 0
    assert 0 < played['cells_per_tenth'] < 1
    assert played['register_overlap'] > 0.9
    assert {'motif_return', 'last_note'} <= library.keys() & played.keys()


def test_a_pad_of_strangers():
    def choose(z):
        return None if z[1] < 0 else [0, 23, 0, 23, 1, 22, 0, 1]

    played, _ = measure_pad(play_by(choose), LIBRARY)
    assert played['plays_own_loop'] == played['within_2_steps'] == 0
    assert played['silent'] == pytest.approx(0.5, abs=0.05)
    assert played['foreign_pitches'] == 0.375 and played['too_wide'] > 0.5
    assert played['loops_too_wide'] == 1
