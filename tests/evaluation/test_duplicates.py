"""Duplicates of literal tunes."""

import dataclasses

import numpy as np
from tunes import make_loops

from melodyvae.config.presets import preset
from melodyvae.evaluation.duplicates import (
    count_distinct,
    find_copies,
    measure_bar_copies,
    share_figures,
)
from melodyvae.evaluation.melodies import take_melodies

BAR = [(0, 0), (4, 4), (8, 7), (12, 5)]
OTHER = [(0, 0), (2, 1), (8, 2), (14, 9)]
LATER = 16


def take(*tunes):
    return make_loops(list(tunes))


def move(tune, steps=0, rows=0):
    return [(step + steps, row + rows) for step, row in tune]


def test_a_transposed_loop_is_a_copy_and_a_later_one_is_not():
    copies = find_copies(take(BAR, move(BAR, rows=5), move(BAR, steps=2), OTHER), take(BAR))
    assert copies.tolist() == [True, True, False, False]


def test_transposed_drums_are_no_copies():
    drums = dataclasses.replace(take(BAR, move(BAR, rows=1)), grid=preset('rhythmvae').grid)
    assert find_copies(drums, drums.take(np.array([0]))).tolist() == [True, False]


def test_transposed_loops_are_distinct():
    assert count_distinct(take(BAR, move(BAR, rows=1), OTHER, BAR)) == 3


def test_a_bar_is_copied_from_either_bar():
    known = take(BAR + move(OTHER, LATER))
    assert measure_bar_copies(take(move(BAR, LATER, 3)), known) == 1
    assert measure_bar_copies(take(BAR + move(BAR[::-1][:3], LATER)), known) == 1  # three notes
    new = move([(0, 0), (4, 4), (8, 7), (12, 6)], LATER)
    assert measure_bar_copies(take(BAR + new), known) == 0.5
    assert measure_bar_copies(take([(0, 1)]), known) == 0


def test_the_file_that_shares_most_figures_is_the_nearest():
    tune = BAR + move(OTHER, LATER, 2)  # eight notes, five figures
    nearest, share = share_figures(
        take_melodies(take(tune, BAR, [(0, 1)])),
        take_melodies(take(OTHER, BAR, move(tune, 0, 3))),
        2,
    )
    assert nearest[0].tolist() == [2, 0]
    assert set(nearest[1].tolist()) == {1, 2}
    assert nearest[2].tolist() == [-1, -1]
    assert np.array_equal(share, [1, 1, 0])
