"""Generated patterns compared with the data."""

import numpy as np
import pytest

from melodyvae.config.presets import preset
from melodyvae.config.settings import FEATURES
from melodyvae.evaluation.resemblance import compare_patterns
from melodyvae.loops.loops import Loops
from melodyvae.loops.pattern import NOTE

GRID = preset('melodyvae_improved').grid


def loops_at(*patterns):
    """Loops with notes at the given (row, step) pairs."""
    arrays = []
    for number, pattern in enumerate(patterns):
        cells = np.zeros(len(pattern), NOTE)
        for cell, (row, step) in zip(cells, sorted(pattern), strict=True):
            cell['row'], cell['step'], cell['velocity'], cell['duration'] = row, step, 0.8, 0.5
        arrays.append((number, cells))
    return Loops.from_files([('made', arrays)], GRID)


def test_the_data_resembles_itself_fully(golden_loops):
    result = compare_patterns(golden_loops, golden_loops, FEATURES)
    assert result.patterns == len(golden_loops)
    assert result.empty == 0
    assert len(result.features) == 7
    for feature in result.features.values():
        assert feature.overlap == pytest.approx(1.0)
        assert feature.histogram == feature.data_histogram
        assert feature.mean == feature.data_mean


def test_made_up_patterns_beside_data():
    data = loops_at([(0, 0), (4, 8)], [(0, 0), (4, 8), (7, 16)])
    generated = loops_at([(0, 0), (4, 8)], [], [(0, 0)], [(0, 4)])
    result = compare_patterns(generated, data, FEATURES)
    assert result.empty == 0.25
    notes = result.features['note_count']
    assert (notes.mean, notes.data_mean) == (1.0, 2.5)
    assert notes.histogram == {'0': 0.25, '1': 0.5, '2': 0.25}
    assert notes.overlap == 0.25
    # Of the three patterns that have notes: C and E, C, C.
    classes = result.features['pitch_class']
    assert classes.histogram == pytest.approx({'C': 5 / 6, 'E': 1 / 6})
    assert classes.data_histogram == pytest.approx({'C': 5 / 12, 'E': 5 / 12, 'G': 1 / 6})
    assert classes.overlap == pytest.approx(5 / 12 + 1 / 6)
