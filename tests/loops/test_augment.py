"""Transposition, and its golden files."""

import numpy as np
import pytest

from melodyvae.config.presets import preset
from melodyvae.loops.augment import augment, fitting_shifts, transpose
from melodyvae.loops.pattern import NOTE

import golden_files


def pattern(*rows):
    return np.array([(row, step, 0.5, 0.25, 0.125) for step, row in enumerate(rows)], NOTE)


def test_transpose_moves_rows_alone():
    moved = transpose(pattern(3, 10), -3)
    assert moved['row'].tolist() == [0, 7]
    unmoved = [name for name in NOTE.names if name != 'row']
    assert moved[unmoved].tolist() == pattern(3, 10)[unmoved].tolist()


def test_transpose_leaves_the_original_alone():
    original = pattern(3)
    transpose(original, 5)
    assert original['row'].tolist() == [3]


def test_only_shifts_that_stay_inside_fit():
    loops, shifts = fitting_shifts(np.array([5, 0]), np.array([18, 23]), [-12, -5, 5, 7], 24)
    assert loops.tolist() == [0, 0]
    assert shifts.tolist() == [-5, 5]


def test_copies_follow_all_originals():
    patterns = augment([pattern(10), pattern(11)], [-1, 1], 24)
    assert [int(p['row'][0]) for p in patterns] == [10, 11, 9, 11, 10, 12]


def test_a_shift_of_0_doubles_a_loop():
    assert len(augment([pattern(0, 23)], [-1, 0, 1], 24)) == 2


def test_no_loops_no_copies():
    assert augment([], [-12, 12], 24) == []


@pytest.mark.parametrize('name', ['melodyvae_improved', 'melodyvae_original'])
def test_golden_copies(name):
    config = preset(name, 'js')
    originals = golden_files.read(f'{name}.patterns.augment0.json')
    expected = golden_files.read(f'{name}.patterns.augment1.json')
    assert originals.keys() == expected.keys()
    copies = 0
    for file in originals:
        loops = [
            np.array([tuple(value or 0 for value in cell) for cell in loop], NOTE)
            for loop in originals[file]['patterns'] or []
        ]
        loops = augment(loops, config.data.transpositions, config.grid.rows)
        wanted = expected[file]['patterns'] or []
        assert len(loops) == len(wanted), file
        for loop, cells in zip(loops, wanted, strict=True):
            assert loop[['row', 'step']].tolist() == [tuple(cell[:2]) for cell in cells]
        copies += len(wanted) - len(originals[file]['patterns'] or [])
    assert copies > 0
