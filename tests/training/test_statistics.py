"""What is counted of a pad's loops."""

import numpy as np
import pytest

from melodyvae.config.settings import GridConfig
from melodyvae.loops.loops import Loops
from melodyvae.loops.pattern import NOTE
from melodyvae.training.compose import cut_segments
from melodyvae.training.statistics import count_matches, count_statistics

GRID = GridConfig(rows=12, steps=8, steps_per_quarter=2, minimum_onsets=1)


def count(*lines, weight=None):
    patterns = [
        np.array(
            [(row, step, 0.5, 0.1, 0) for step, row in enumerate(rows) if row is not None], NOTE
        )
        for rows in lines
    ]
    loops = Loops.from_files([('a', list(enumerate(patterns)))], GRID)
    segments = cut_segments(loops, len(loops))
    weight = np.full(len(loops), 1 / len(loops)) if weight is None else np.array(weight)
    return count_statistics(segments, np.stack(segments.of, axis=1), weight)


def test_loops_are_counted_by_weight():
    found = count([0, 2, 4, 5, 7, 9, 11, 9], [0, None, 4, 4, 7, None, 4, 4], weight=[0.25, 0.75])
    assert found.notes[8] == 0.25 and found.notes[6] == 0.75 and found.notes.sum() == 1
    assert found.pitches == pytest.approx(0.25 * 7 + 0.75 * 3)
    assert sum(rows.sum() for rows in found.rows) == pytest.approx(0.25 * 8 + 0.75 * 6)
    assert all(rhythms.sum() == pytest.approx(1) for rhythms in found.rhythms)
    assert found.matches.tolist() == [0, 0, 0, 1]  # both beats have the same rhythm, in a row
    assert found.repeats == pytest.approx(0.75)  # the second loop repeats one beat


def test_neighbors_that_match_count_more():
    same = np.array([[1, 0, 1, 0], [1, 1, 0, 0], [1, 1, 1, 1], [0, 0, 0, 0]], bool)
    assert count_matches(same).tolist() == [2, 3, 7, 0]


def test_figures_return_transposed_too():
    rising, falling = [0, 2, 4, 5], [9, 7, 5, 4]
    assert count(rising + [one + 3 for one in rising]).returning == 1
    assert count(rising + falling).returning == 0
    assert count(rising + rising, rising + falling, weight=[0.25, 0.75]).returning == 0.25
    assert count([0, 2, None, None, 4, 5, None, None]).returning == 0  # fewer than four notes
