"""Loops as melodies and rhythms: literal notes, values counted by hand."""

import numpy as np
from tunes import make_loops

from melodyvae.evaluation.melodies import number_figures, take_melodies, take_rhythms


def test_the_highest_note_of_a_step_is_the_melody():
    melodies = take_melodies(make_loops([[(0, 5), (0, 9), (4, 7), (2, 3)]]))
    assert melodies.step.tolist() == [0, 2, 4]
    assert melodies.what.tolist() == [9, 3, 7]
    assert melodies.interval.tolist() == [-6, 4]


def test_nothing_links_two_loops():
    melodies = take_melodies(make_loops([[(0, 5), (4, 7)], [], [(0, 3)], [(2, 1), (3, 2)]]))
    assert melodies.owner.tolist() == [0, 0, 2, 3, 3]
    assert melodies.links.tolist() == [False, True, False, False, True]
    assert melodies.interval.tolist() == [2, 1]
    assert len(np.unique(melodies.symbols)) == 2


def test_some_melodies_are_renumbered():
    melodies = take_melodies(make_loops([[(0, 5)], [(0, 7), (1, 8)], [(3, 1)]]))
    some = melodies.take(np.array([False, True, True]))
    assert some.owner.tolist() == [0, 0, 1]
    assert some.what.tolist() == [7, 8, 1]
    assert some.group.tolist() == [1, 2]


def test_melodies_are_laid_out_with_minus_1_where_nothing_starts():
    laid = take_melodies(make_loops([[(0, 5), (30, 7)]])).lay_out()
    assert laid.shape == (1, 32)
    assert (laid[0, 0], laid[0, 30], laid.sum()) == (5, 7, 12 - 30)


def test_a_figure_is_four_notes_of_one_loop_wherever_it_stands():
    up = [(0, 0), (2, 2), (4, 4), (6, 5)]
    higher_and_later = [(step + 3, row + 7) for step, row in up]
    (one, of_one), (other, of_other) = number_figures(
        [take_melodies(make_loops([up, up[:3]])), take_melodies(make_loops([higher_and_later]))]
    )
    assert one.tolist() == other.tolist()
    assert of_one.tolist() == of_other.tolist() == [0]


def test_what_is_hit_at_once_is_one_onset():
    rhythms = take_rhythms(make_loops([[(0, 0), (0, 2), (4, 1)], [(8, 3)]]))
    assert rhythms.step.tolist() == [0, 4, 8]
    assert rhythms.what.tolist() == [0b101, 0b10, 0b1000]
    assert rhythms.owner.tolist() == [0, 0, 1]
    assert rhythms.group.tolist() == [0, 1]


def test_a_symbol_is_what_is_hit_and_how_long_after():
    same = [(0, 0), (4, 1), (4, 2), (8, 1)]
    loops = [same, [(step + 3, row) for step, row in same], [(0, 0), (4, 1), (8, 1)]]
    first, second, other = take_rhythms(make_loops(loops)).symbols.reshape(3, 2)
    assert (first == second).all()
    assert first[0] != other[0] and first[1] == other[1]
    assert first.max() < take_rhythms(make_loops(loops)).alphabet


def test_silent_loops_keep_their_number():
    rhythms = take_rhythms(make_loops([[], [(1, 1)], []]))
    assert rhythms.owner.tolist() == [1] and len(rhythms) == 3
