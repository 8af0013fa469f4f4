"""Drum loops as rhythms: literal hits, values counted by hand."""

from tunes import make_loops

from melodyvae.evaluation.rhythms import take_rhythms


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
