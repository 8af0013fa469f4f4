"""What of the first half returns, and how loops end."""

import pytest
from tunes import make_loops

from melodyvae.evaluation.form import measure_form
from melodyvae.evaluation.melodies import take_melodies


def measure(*loops):
    """Each loop is a dict of steps to rows."""
    return measure_form(take_melodies(make_loops([list(loop.items()) for loop in loops])), 4)


BAR = {0: 5, 4: 7, 6: 9, 8: 7, 12: 5}


def test_a_bar_that_returns():
    second = {step + 16: row + 2 for step, row in BAR.items()}  # transposed
    found = measure(BAR | second)
    assert found == {
        'motif_return': 1,
        'equal_rhythms': 1,
        'last_note': 4,
        'final_quarter': 1,
        'seam': 2,
    }


def test_a_bar_that_does_not_return():
    found = measure(BAR | {16: 3, 17: 2, 18: 11, 19: 5, 30: 0})
    assert found['motif_return'] == found['equal_rhythms'] == found['final_quarter'] == 0
    assert found['last_note'] == 2 and found['seam'] == 5


def test_figures_count_only_in_their_own_loop():
    second = {step + 16: row for step, row in BAR.items()}
    found = measure(BAR | {30: 0}, second | {0: 1})
    assert found['motif_return'] == 0
    assert found['last_note'] == pytest.approx((2 + 4) / 2)
