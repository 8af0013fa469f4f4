"""Loops that begin on bars: what is in them can be told from pitches."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from melodyvae.config.settings import GridConfig
from melodyvae.cutting.cut import cut_loops, cut_pieces
from melodyvae.cutting.metres import bar_length, list_metres
from melodyvae.cutting.places import place_on_bars
from melodyvae.cutting.select import select_notes

from pieces import make_piece, play

BARS = GridConfig(bars='metre', minimum_onsets=4)
FITTING = dataclasses.replace(BARS, bars='fitting')


def bars_of(beats, count, first=0, start=0.0, step=1.0):
    """A note on each beat: 48 on every downbeat, others count the bars."""
    rows = []
    for bar in range(count):
        pitches = [48] + [49 + first + bar] * (beats - 1)
        rows += play(*pitches, step=step, start=start + bar * beats * step)
    return rows


def read(piece, grid=BARS):
    """Of each loop, its notes as `(step, pitch)` by step."""
    return [
        sorted((int(cell['step']), 48 + int(cell['row'])) for cell in loop)
        for loop in cut_loops([piece], grid)
    ]


def steps(piece, grid=BARS):
    return [[step for step, _ in loop] for loop in read(piece, grid)]


@pytest.mark.parametrize(
    ('beats', 'unit', 'in_a_loop'),
    [(4, 4, 2), (2, 2, 2), (2, 4, 4), (3, 4, 2), (6, 8, 2), (7, 8, 2), (5, 4, 1), (1, 4, 8)],
)
def test_loops_hold_as_many_whole_bars_as_fit(beats, unit, in_a_loop):
    step = 4 / unit
    piece = make_piece(
        bars_of(beats, 2 * in_a_loop, step=step),
        metres=[(0, beats, unit)],
        length=2 * in_a_loop * beats * step,
    )
    first, second = read(piece)
    downbeats = [round(bar * beats * step * 4) for bar in range(in_a_loop)]
    for loop in (first, second):
        assert [at for at, pitch in loop if pitch == 48] == downbeats
        assert len(loop) == in_a_loop * beats


def test_bars_that_do_not_fill_a_loop_may_be_left_out():
    waltz = make_piece(bars_of(3, 4), metres=[(0, 3, 4)], length=12)
    cut = cut_pieces([waltz], FITTING)
    assert (len(cut.cells), cut.reasons) == (0, ['no bars that fill a loop'])
    assert cut.remarks == [['bars of 3/4 left out (--config.grid.bars=metre)']]
    both = make_piece(
        bars_of(3, 4) + bars_of(4, 2, start=12), metres=[(0, 3, 4), (12, 4, 4)], length=20
    )
    assert steps(both, FITTING) == [list(range(0, 32, 4))]


def test_a_bar_that_is_longer_than_a_loop_is_left_out():
    cut = cut_pieces([make_piece(bars_of(9, 4), metres=[(0, 9, 4)], length=36)], BARS)
    assert cut.remarks == [['bars of 9/4 left out (--config.grid.bars=start)']]


def test_loops_are_cut_anew_where_the_metre_changes():
    piece = make_piece(
        bars_of(4, 4) + bars_of(2, 1, 4, start=16) + bars_of(4, 4, 5, start=18),
        metres=[(0, 4, 4), (16, 2, 4), (18, 4, 4)],
        length=34,
    )
    loops = read(piece)
    full = [at for at, pitch in loops[0] if pitch == 48]
    assert full == [0, 16]
    assert [len(loop) for loop in loops] == [8, 8, 2, 8, 8]  # the bar of 2/4 alone
    assert all(loop[0] == (0, 48) for loop in loops)
    assert cut_pieces([piece], BARS).metres == ['4/4, 2/4']


def test_loops_are_cut_anew_where_a_section_begins():
    piece = make_piece(bars_of(4, 7), length=28, sections=(12,))
    assert [[pitch for _, pitch in loop[1::4]] for loop in read(piece)] == [
        [49, 50],
        [51, 51],  # the bar that is left over repeats
        [52, 53],
        [54, 55],
    ]


def test_a_note_just_before_a_change_belongs_to_what_follows():
    early = [(48, 1, 7.95, 1)]
    piece = make_piece(
        bars_of(4, 2)[:-1] + early + bars_of(3, 2, 2, start=8)[1:],
        metres=[(0, 4, 4), (8, 3, 4)],
        length=14,
    )
    _, second = read(piece)
    assert second[0] == (0, 48)


WHOLE = list(range(0, 32, 4))  # a note on each beat of two bars
AGAIN = [(0, 4, 4), (4, 4, 4), (8, 4, 4)]


@pytest.mark.parametrize(
    ('rows', 'metres', 'length', 'loops'),
    [
        (bars_of(16, 1), [(0, 16, 4)], 16, [WHOLE, WHOLE]),  # a bar of several loops
        # Silence before the music is skipped.
        *((bars_of(4, 2, start=12), metres, 20, [WHOLE]) for metres in ([], AGAIN[:1], AGAIN)),
        # A short clip that begins late is whole.
        (bars_of(4, 2)[2:], [], 8, [list(range(8, 32, 4))]),
        (bars_of(4, 1, start=4), [], 8, [[16, 20, 24, 28]]),
        # A clip of a bar repeats, also if its last note sounds on, but not a clip of two bars.
        *((bars_of(4, 1), [], length, [WHOLE]) for length in (4, 4.2, 3.9)),
        (bars_of(4, 1), [], 8, [[0, 4, 8, 12]]),
        (play(48, 50, step=0.5), [], 1, [list(range(0, 32, 2))]),  # of a beat
        (bars_of(3, 1), [(0, 3, 4)], 3, [[0, 4, 8, 12, 16, 20]]),  # as far as its bars go
        # An early note in a clip that goes on stays where it is.
        ([*bars_of(4, 2), (60, 1, 7.95, 1)], [], 16, [WHOLE, [0]]),
    ],
)
def test_steps_of_loops(rows, metres, length, loops):
    assert steps(make_piece(rows, metres=metres, length=length)) == loops


@pytest.mark.parametrize(
    'rows',
    [
        bars_of(4, 4)[1:],  # whole loops with the bar that begins late
        [*bars_of(4, 4)[1:], (48, 1, 16, 1)],  # and the note that ends the last bar
        [row for row in bars_of(4, 5) if row[0] != 48],  # all bars begin late
    ],
)
def test_a_bar_that_begins_with_a_rest_is_no_pickup(rows):
    assert steps(make_piece(rows))[0][0] == 4


def test_bars_that_are_left_over_repeat_if_they_have_onsets_enough():
    _, second = read(make_piece(bars_of(4, 3), length=12))
    bar = [(0, 48), (4, 51), (8, 51), (12, 51)]
    assert second == bar + [(16 + at, pitch) for at, pitch in bar]
    sparse = dataclasses.replace(BARS, minimum_onsets=5)
    assert steps(make_piece(bars_of(4, 3), length=12), sparse)[1] == [0, 4, 8, 12]


def test_three_bars_of_four_repeat_their_first():
    piece = make_piece(bars_of(2, 7), metres=[(0, 2, 4)], length=14)
    _, second = read(piece)
    assert [pitch for _, pitch in second] == [48, 53, 48, 54, 48, 55, 48, 53]


@pytest.mark.parametrize(('count', 'loops'), [(1, 1), (2, 1), (4, 2)])
def test_an_early_last_downbeat_is_the_first_of_the_clip(count, loops):
    rows = [(48 + 12, 1, 4 * count - 0.05, 0.2), *bars_of(4, count)[1:]]
    piece = make_piece(rows, length=4 * count + 0.15)
    found = cut_loops([piece], BARS)
    assert len(found) == loops
    (downbeat,) = found[0][found[0]['step'] == 0]
    assert downbeat['row'] == 12
    assert downbeat['timeshift'] == pytest.approx(-0.4)
    assert count > 1 or (found[0]['step'] == 16).any()  # in the repeat as well


def test_voices_begin_with_their_own_music():
    song = make_piece(bars_of(4, 6) + bars_of(4, 4, start=12), track=[0] * 24 + [1] * 16, length=28)
    grid = dataclasses.replace(BARS, voices='highest')
    assert steps(song, grid) == [WHOLE] * 5


METRES = st.lists(
    st.tuples(st.integers(0, 40), st.integers(1, 9), st.sampled_from([2, 4, 8, 16])), max_size=4
).map(sorted)


@given(
    st.lists(
        st.lists(
            st.tuples(st.integers(48, 71), st.just(0.5), st.floats(0, 60), st.just(0.5)),
            max_size=20,
        ),
        min_size=1,
        max_size=3,
    ),
    st.lists(METRES, min_size=3, max_size=3),
    st.lists(st.integers(0, 60), max_size=3, unique=True).map(sorted),
    st.sampled_from([BARS, FITTING]),
)
@settings(deadline=None, max_examples=50)
def test_places_are_on_the_grid_whatever_the_metres(several, metres, sections, grid):
    pieces = [
        make_piece(rows, metres=m, sections=tuple(sections))
        for rows, m in zip(several, metres, strict=False)
    ]
    voices = select_notes(pieces, grid)
    if not len(voices):
        return
    places = place_on_bars(voices, pieces, grid)
    assert ((places.step >= 0) & (places.step < grid.steps)).all()
    assert (np.abs(places.timeshift) <= 1 + 1e-5).all()
    owner = np.repeat(np.arange(len(voices)), places.loops)
    np.testing.assert_array_equal(owner[places.loop], voices.spread()[places.note])
    originals = places.note[~places.copied]
    assert len(np.unique(originals)) == len(originals)
    assert set(places.loop[places.copied]) == set(places.repeating.tolist())
    # Whatever is cut together with others is cut as alone.
    alone = [loop for piece in pieces for loop in cut_loops([piece], grid)]
    together = cut_loops(pieces, grid)
    assert [loop.tolist() for loop in together] == [loop.tolist() for loop in alone]


@given(
    st.lists(st.floats(0, 60), min_size=1, max_size=30, unique=True),
    METRES,
    st.lists(st.integers(0, 60), max_size=3, unique=True).map(sorted),
    st.sampled_from([BARS, FITTING]),
)
@settings(deadline=None, max_examples=50)
def test_every_loop_begins_on_a_bar_line_whatever_the_metres(starts, metres, sections, grid):
    rows = [(60, 0.5, start, 0.5) for start in starts]
    piece = make_piece(rows, metres=metres, sections=tuple(sections), length=64)
    voices = select_notes([piece], grid)
    places = place_on_bars(voices, [piece], grid)
    changes = list_metres(piece.metres, piece.sections)
    within = (places.step + places.timeshift / 2) / grid.steps_per_quarter
    for begin in (voices.notes.start[places.note] - within)[~places.copied].tolist():
        metre = [each for each in changes if each.start <= begin + 1e-6][-1]
        bar = bar_length(metre)
        bar = 8 if bar % 8 == 0 else bar  # bars of several loops are cut into them
        assert round((begin - metre.start) / bar, 6) % 1 == 0
