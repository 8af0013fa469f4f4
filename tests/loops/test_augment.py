"""Transposed copies, and their golden files."""

import numpy as np
import pytest

from melodyvae.config.presets import preset
from melodyvae.loops.augment import add_transpositions, find_fitting_shifts
from melodyvae.loops.examples import Examples, take_examples
from melodyvae.loops.loops import Loops
from melodyvae.loops.pattern import NOTE

import golden_files


def transposed(patterns, config) -> Loops:
    """The patterns as a library, with their copies."""
    loops = Loops.from_files([('a file', list(enumerate(patterns)))], config.grid)
    everything = Examples(np.arange(len(loops), dtype=np.int32), np.zeros(len(loops), np.int8))
    return take_examples(loops, add_transpositions(loops, everything, config))


def copies(shifts, *patterns) -> list[list[int]]:
    """Rows of patterns that have these rows, and of their copies."""
    config = preset('melodyvae_improved')
    config.data.transpositions = shifts
    cells = [np.array([(row, step, 1, 1, 0) for step, row in enumerate(p)], NOTE) for p in patterns]
    return [pattern['row'].tolist() for pattern in transposed(cells, config)]


def test_only_shifts_that_stay_inside_fit():
    loops, shifts = find_fitting_shifts(np.array([5, 0]), np.array([18, 23]), [-12, -5, 5, 7], 24)
    assert loops.tolist() == [0, 0]
    assert shifts.tolist() == [-5, 5]


def test_copies_follow_all_originals():
    assert copies((-1, 1), [10], [11, 0]) == [[10], [11, 0], [9], [11], [12, 1]]


def test_a_shift_of_0_doubles_a_loop():
    assert copies((-1, 0, 1), [0, 23]) == [[0, 23], [0, 23]]


def test_no_loops_no_copies():
    assert copies((-12, 12)) == []


@pytest.mark.parametrize('name', ['melodyvae_improved', 'melodyvae_original'])
def test_golden_copies(name):
    config = preset(name, 'js')
    originals = golden_files.read(f'{name}.patterns.augment0.json')
    expected = golden_files.read(f'{name}.patterns.augment1.json')
    assert originals.keys() == expected.keys()
    count = 0
    for file in originals:
        patterns = [
            np.array([tuple(value or 0 for value in cell) for cell in loop], NOTE)
            for loop in originals[file]['patterns'] or []
        ]
        loops = transposed(patterns, config)
        wanted = expected[file]['patterns'] or []
        assert len(loops) == len(wanted), file
        for loop, cells in zip(loops, wanted, strict=True):
            assert loop[['row', 'step']].tolist() == [tuple(cell[:2]) for cell in cells]
        count += len(wanted) - len(patterns)
    assert count > 0
