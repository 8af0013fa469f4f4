"""Time signatures of a piece."""

import pytest

from melodyvae.cutting.metres import bar_length, list_metres, name_metres
from melodyvae.midi.piece import Metre


@pytest.mark.parametrize(
    ('metres', 'changes'),
    [
        ([], [(0, 4, 4)]),
        ([(0, 3, 4)], [(0, 3, 4)]),
        ([(4, 3, 4)], [(0, 4, 4), (4, 3, 4)]),  # 4/4 up to the first
        ([(0, 4, 4), (0, 6, 8)], [(0, 6, 8)]),  # at one time the last
        ([(0, 4, 4), (4, 4, 4), (8, 4, 4)], [(0, 4, 4)]),  # said again at bar lines
        ([(0, 4, 4), (1, 4, 4)], [(0, 4, 4), (1, 4, 4)]),  # within a bar: a new bar line
        ([(0, 4, 4), (16, 2, 4), (18, 4, 4)], [(0, 4, 4), (16, 2, 4), (18, 4, 4)]),
        ([(0, 2, 2), (8, 4, 4)], [(0, 2, 2), (8, 4, 4)]),
        ([(-1, 3, 4)], [(0, 3, 4)]),
        ([(0.01, 3, 4)], [(0, 3, 4)]),  # a tick late
        ([(0, 4, 4), (8.01, 4, 4), (15.99, 3, 4)], [(0, 4, 4), (16, 3, 4)]),
    ],
)
def test_what_changes_is_listed(metres, changes):
    assert [tuple(metre) for metre in list_metres([Metre(*metre) for metre in metres])] == changes


def test_bars_are_counted_anew_where_a_section_begins():
    waltz = [Metre(0, 4, 4), Metre(8, 3, 4)]
    found = list_metres(waltz, [0, 4, 8, 17, 26])
    starts = [(0, 4), (4, 4), (8, 3), (17, 3), (26, 3)]
    assert [(metre.start, metre.numerator) for metre in found] == starts
    assert name_metres(found) == '4/4, 3/4'


@pytest.mark.parametrize(
    ('beats', 'unit', 'quarters'), [(4, 4, 4), (2, 2, 4), (6, 8, 3), (5, 16, 1.25), (4, 1, 16)]
)
def test_bars_are_as_long_as_their_beats(beats, unit, quarters):
    assert bar_length(Metre(0, beats, unit)) == quarters
