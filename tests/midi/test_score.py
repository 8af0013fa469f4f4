"""Bars of written music come to lie on the beat, whatever is missing of them."""

import pytest

from melodyvae.midi.score import (
    QUARTER,
    Bar,
    Part,
    ScoreNote,
    place_bars,
    ticks_of,
    to_note_sequence,
)

PIANO = [Part(name='piano')]


def bar(quarters, metre=(4, 4), **more):
    return Bar(metre=metre, length=round(quarters * QUARTER), **more)


def note(pitch, start, length, part=0):
    return ScoreNote(part, pitch, round(start * QUARTER), round(length * QUARTER), velocity=80)


def in_quarters(bars):
    starts, signatures, _ = place_bars(bars)
    return [start / QUARTER for start in starts], [(at / QUARTER, m) for at, m in signatures]


def test_ticks_of_a_metre():
    assert [ticks_of(m) / QUARTER for m in ((4, 4), (6, 8), (7, 16), (3, 2))] == [4, 3, 1.75, 6]


@pytest.mark.parametrize(
    ('bars', 'starts', 'signatures'),
    [
        ([bar(4), bar(4)], [0, 4], [(0, (4, 4))]),
        # A pickup lies before 0.
        ([bar(1), bar(4), bar(3)], [-1, 0, 4], [(0, (4, 4))]),
        # Around a repeat sign two bars make a full one.
        (
            [bar(1), bar(4), bar(3, ends_section=True), bar(1), bar(4)],
            [-1, 0, 4, 7, 8],
            [(0, (4, 4))],
        ),
        # Nothing completes it: silence does.
        ([bar(4), bar(3, ends_section=True), bar(4)], [0, 4, 8], [(0, (4, 4))]),
        # The other ending begins a bar of its own.
        (
            [bar(4), bar(3, ends_section=True), bar(1, begins_other_ending=True), bar(4)],
            [0, 4, 8, 9],
            [(0, (4, 4)), (8, (1, 4)), (9, (4, 4))],
        ),
        # Within a section, a bar of another length is a metre of its own.
        ([bar(4), bar(2), bar(4)], [0, 4, 6], [(0, (4, 4)), (4, (2, 4)), (6, (4, 4))]),
        ([bar(4), bar(1.5), bar(4)], [0, 4, 5.5], [(0, (4, 4)), (4, (3, 8)), (5.5, (4, 4))]),
        # Several bars in one, as where a bar line is left out.
        ([bar(8), bar(4)], [0, 8], [(0, (4, 4))]),
        ([bar(4), bar(3, (6, 8)), bar(3, (6, 8))], [0, 4, 7], [(0, (4, 4)), (4, (6, 8))]),
        ([bar(5, None), bar(4)], [0, 5], [(5, (4, 4))]),
    ],
)  # fmt: skip
def test_where_bars_begin(bars, starts, signatures):
    assert in_quarters(bars) == (starts, signatures)


ENDS = {'ends_section': True}
OTHER = {'begins_other_ending': True}


@pytest.mark.parametrize(
    ('bars', 'sections'),
    [
        ([bar(4), bar(4)], []),
        ([bar(4), bar(4, **ENDS), bar(4, **ENDS)], [8]),
        ([bar(1, **ENDS), bar(4), bar(4, **ENDS), bar(4)], [8]),  # not after the pickup
        ([bar(4), bar(3, **ENDS), bar(1), bar(4)], [8]),  # whose pickup completes a bar
        ([bar(4), bar(3, **ENDS), bar(4)], [8]),
        ([bar(4), bar(4, **ENDS), bar(4, **ENDS, **OTHER), bar(4)], [12]),
        ([bar(4), bar(3, **ENDS), bar(3, **ENDS, **OTHER), bar(1), bar(4)], [12]),
    ],
)
def test_a_section_begins_on_the_bar_after_the_end_of_another(bars, sections):
    placement = place_bars(bars)
    assert [at / QUARTER for at in placement.sections] == sections
    assert set(placement.sections) <= set(placement.starts)


def test_sections_are_told_in_seconds():
    whole = note(60, 0, 4)
    first = bar(4, notes=[whole], tempos=[(0, 60.0)], **ENDS)
    music = to_note_sequence([first, bar(4, notes=[whole])], PIANO)
    assert [section.time for section in music.section_annotations] == [4]


def test_notes_come_at_their_seconds_from_the_first_full_bar_on():
    pickup = bar(
        1, notes=[ScoreNote(0, 60, 0, QUARTER // 2, 80), ScoreNote(0, 62, 0, 2 * QUARTER, 80)]
    )
    first = bar(4, tempos=[(0, 60.0), (2 * QUARTER, 120.0)], keys=[(0, 7, 'MAJOR')])
    first.notes = [
        ScoreNote(0, 64, QUARTER, QUARTER, 90),
        ScoreNote(0, 65, 3 * QUARTER, QUARTER, 90),
    ]
    music = to_note_sequence([pickup, Bar(), first], PIANO)
    # What ends before the first full bar is gone; what sounds on into it begins with it.
    assert [(n.pitch, n.start_time, n.end_time) for n in music.notes] == [
        (62, 0, 1),
        (64, 1, 2),
        (65, 2.5, 3),
    ]
    assert [(t.time, t.qpm) for t in music.tempos] == [(0, 60), (2, 120)]
    assert [(k.time, k.key) for k in music.key_signatures] == [(0, 7)]
    assert [(s.time, s.numerator, s.denominator) for s in music.time_signatures] == [(0, 4, 4)]
    assert music.total_time == 3


def test_parts_keep_their_players():
    parts = [Part('flute', 0, 73), Part('drums', 9, 0, is_drum=True)]
    music = to_note_sequence(
        [bar(4, notes=[ScoreNote(1, 38, 0, QUARTER, 100), ScoreNote(0, 72, 0, QUARTER, 100)])],
        parts,
    )
    assert [(n.part, n.instrument, n.program, n.is_drum) for n in music.notes] == [
        (0, 0, 73, False),
        (1, 9, 0, True),
    ]
    assert [info.name for info in music.part_infos] == ['flute', 'drums']
