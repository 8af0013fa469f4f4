"""Bars of written music come to lie on the beat, whatever is missing of them."""

import pytest

from melodyvae.midi.score import QUARTER, Bar, Part, ScoreNote, build_piece, place_bars

PIANO = [Part(name='piano')]


def bar(quarters, metre=(4, 4), **more):
    return Bar(metre=metre, length=round(quarters * QUARTER), **more)


def note(pitch, start, length, part=0):
    return ScoreNote(part, pitch, round(start * QUARTER), round(length * QUARTER), velocity=80)


def in_quarters(bars):
    starts, signatures, _ = place_bars(bars)
    return [start / QUARTER for start in starts], [(at / QUARTER, m) for at, m in signatures]


@pytest.mark.parametrize(
    ('bars', 'starts', 'signatures'),
    [
        # Within a section, a bar of another length is a metre of its own.
        ([bar(4), bar(1.5), bar(4)], [0, 4, 5.5], [(0, (4, 4)), (4, (3, 8)), (5.5, (4, 4))]),
        ([bar(5, None), bar(4)], [0, 5], [(5, (4, 4))]),
    ],
)  # fmt: skip
def test_where_bars_begin(bars, starts, signatures):
    assert in_quarters(bars) == (starts, signatures)


def test_the_last_tempo_before_the_first_full_bar_holds_from_there_on():
    pickup = bar(1, tempos=[(0, 90.0), (QUARTER // 2, 80.0)])
    piece = build_piece([pickup, bar(4, notes=[note(60, 0, 4)])], PIANO)
    assert piece.tempos == (80,)
