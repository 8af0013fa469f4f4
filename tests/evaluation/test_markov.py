"""Bits per note, computed by hand after Witten and Bell (1991), method C."""

import numpy as np
import pytest
from tunes import make_loops

from melodyvae.evaluation.markov import measure_bits
from melodyvae.evaluation.melodies import take_melodies

ALPHABET = 47 * 32  # intervals of 24 rows, times of 32 steps
UP, DOWN = [(0, 0), (4, 2)], [(0, 2), (4, 0)]


def bits_of(judged, reference):
    return measure_bits(take_melodies(make_loops(judged)), take_melodies(make_loops(reference)))


def test_without_context_a_note_is_as_likely_as_often_it_was_counted():
    # Three symbols of two types: (2 + 2 / alphabet) / (3 + 2), and (0 + 2 / alphabet) / 5 unseen.
    seen, unseen = bits_of([UP, [(0, 0), (4, 1)]], [UP, UP, DOWN])
    assert seen == pytest.approx(-np.log2((2 + 2 / ALPHABET) / 5))
    assert unseen == pytest.approx(-np.log2((2 / ALPHABET) / 5))


def test_orders_are_blended():
    reference = [[(0, 0), (4, 2), (8, 4)]]  # the same symbol twice
    first, second = bits_of(reference, reference)
    order_0 = (2 + 1 / ALPHABET) / 3
    assert first == pytest.approx(-np.log2(order_0))
    assert second == pytest.approx(-np.log2((1 + order_0) / 2))


def test_a_transposed_tune_is_as_likely_as_the_tune():
    tune = [(0, 0), (2, 4), (4, 7), (8, 5), (12, 4), (14, 2), (16, 0)]
    higher = [(step, row + 9) for step, row in tune]
    assert np.array_equal(bits_of([tune], [tune, UP]), bits_of([higher], [tune, UP]))


def test_a_file_left_out_is_as_if_it_had_not_been_there():
    tunes = [
        [(0, 0), (2, 4), (4, 7), (8, 5), (12, 4)],
        [(0, 0), (2, 4), (4, 7), (8, 9), (12, 4)],
        [(0, 3), (2, 7), (4, 5), (8, 3), (12, 2)],
    ]
    melodies = take_melodies(make_loops(tunes))
    left_out = np.array([[0, -1], [1, 2], [-1, -1]])
    bits = measure_bits(melodies, melodies, left_out)
    assert bits[:4] == pytest.approx(bits_of(tunes[:1], tunes[1:]))
    assert bits[4:8] == pytest.approx(bits_of(tunes[1:2], tunes[:1]))
    assert bits[8:] == pytest.approx(bits_of(tunes[2:], tunes))


def test_loops_of_one_note_teach_nothing():
    (bits,) = bits_of([UP], [[(0, 3)]])
    assert bits == pytest.approx(np.log2(ALPHABET))
