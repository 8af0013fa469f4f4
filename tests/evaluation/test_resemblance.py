"""Generated patterns beside the data: resemblance and copies."""

import numpy as np
import pytest

from melodyvae.config.presets import preset
from melodyvae.config.settings import FEATURES
from melodyvae.evaluation import resemblance as module
from melodyvae.evaluation.resemblance import Copying, compare_patterns, measure_nearest_distances
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


def test_distance_counts_the_cells_that_only_one_has():
    ours = loops_at([(0, 0), (1, 1)], [(5, 5)], [])
    others = loops_at([(0, 0), (1, 1), (2, 2)], [(0, 0), (9, 9), (9, 10), (9, 11)])
    assert measure_nearest_distances(ours, others).tolist() == [1, 4, 3]


def test_distance_agrees_with_sets_in_batches_of_any_size(golden_loops, monkeypatch):
    random = np.random.default_rng(1)
    ours = golden_loops.take(random.permutation(len(golden_loops))[:23])
    others = golden_loops.take(random.permutation(len(golden_loops))[:31])

    def cells(loops, index):
        return {(cell['row'], cell['step']) for cell in loops[index]}

    slow = [
        min(len(cells(ours, i) ^ cells(others, j)) for j in range(len(others)))
        for i in range(len(ours))
    ]
    assert np.mean(slow) > 0
    assert measure_nearest_distances(ours, others).tolist() == slow
    monkeypatch.setattr(module, 'BATCH', 7)
    assert measure_nearest_distances(ours, others).tolist() == slow


def test_the_data_resembles_itself_fully(golden_loops):
    result = compare_patterns(golden_loops, golden_loops, FEATURES, golden_loops)
    assert result.patterns == len(golden_loops)
    assert result.empty == 0
    assert len(result.features) == 7
    for feature in result.features.values():
        assert feature.overlap == pytest.approx(1.0)
        assert feature.histogram == feature.data_histogram
        assert feature.mean == feature.data_mean
    assert result.nearest_training_loop == Copying(
        mean_distance=0.0, copies=1.0, data_mean_distance=0.0, data_copies=1.0
    )


def test_made_up_patterns_beside_data():
    data = loops_at([(0, 0), (4, 8)], [(0, 0), (4, 8), (7, 16)])
    generated = loops_at([(0, 0), (4, 8)], [], [(0, 0)], [(0, 4)])
    result = compare_patterns(generated, data, FEATURES, data)
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
    assert result.nearest_training_loop == Copying(
        mean_distance=(0 + 2 + 1 + 3) / 4, copies=0.25, data_mean_distance=0.0, data_copies=1.0
    )


def test_without_training_loops_nothing_is_said_of_copies():
    loops = loops_at([(0, 0)])
    result = compare_patterns(loops, loops, FEATURES)
    assert result.nearest_training_loop is None
    assert result.features['note_count'].distance_overlap is None


def test_only_features_of_the_system_are_compared():
    loops = loops_at([(0, 0)])
    result = compare_patterns(loops, loops, ('onset', 'velocity'))
    assert 'velocity' in result.features
    assert 'note_length' not in result.features
