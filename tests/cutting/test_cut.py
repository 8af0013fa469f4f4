"""Pieces to cells: as the devices do it, on cases small enough to check by eye."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from melodyvae.config.presets import preset
from melodyvae.config.settings import GridConfig
from melodyvae.cutting.cut import cut_loops
from melodyvae.loops.pattern import NOTE, pitch_rows
from melodyvae.midi.read import read_pieces

import golden_files
from pieces import make_piece

MELODY = GridConfig()
DRUMS = preset('rhythmvae').grid


@pytest.mark.parametrize(
    ('start', 'step', 'timeshift'),
    [
        (0.25, 1, 0.0),
        (0.26, 1, 0.08),
        (0.24, 1, -0.08),
        (0.37, 1, 0.96),
        (0.375, 2, -1.0),  # half way: the later step, as early as can be
        (0.0, 0, 0.0),
        (0.125, 1, -1.0),
    ],
)
def test_a_note_belongs_to_the_nearest_step(start, step, timeshift):
    (loop,) = cut_loops([make_piece([(60, 1, start, 0.25)])], MELODY)
    assert loop['step'].tolist() == [step]
    assert loop['timeshift'][0] == pytest.approx(timeshift, abs=1e-6)


def test_half_steps_of_triplets_fall_on_the_later_step():
    starts = (2 * np.arange(96) + 1) / 24
    loops = cut_loops([make_piece([(36, 1, start, 0.1) for start in starts])], DRUMS)
    assert [loop['step'].tolist() for loop in loops] == [list(range(1, 96)), [0]]


def cut_one_note_at_a_time(piece, grid):
    """`cut_loops` as one would say it."""
    loops = {}
    for note, row in enumerate(pitch_rows(piece.pitch, grid).tolist()):
        position = float(piece.start[note]) * grid.steps_per_quarter
        loop, step = divmod(max(0, math.floor(position + 0.5)), grid.steps)
        duration = min(max(float(piece.length[note]) / 2, 0.1), 2.0)
        timeshift = (position - loop * grid.steps - step) * 2
        if row >= 0:
            cell = (row, step, piece.velocity[note], duration, timeshift)
            loops.setdefault(loop, {})[row, step] = cell
    return [
        np.array([cell for _, cell in sorted(loops.get(number, {}).items())], NOTE)
        for number in range(max(loops, default=-1) + 1)
    ]


FEW = st.sampled_from([35, 36, 38, 47, 60, 72])  # often the same row, and for drums often none


@given(
    st.lists(
        st.tuples(
            FEW | st.integers(0, 127),
            st.integers(1, 127).map(lambda velocity: velocity / 127),
            st.sampled_from([0, 0.01, 8, 23.9]) | st.floats(-0.3, 30),
            st.floats(0, 6),
        ),
        max_size=40,
    ),
    st.sampled_from([MELODY, DRUMS, GridConfig(rows=25, lowest_pitch=40)]),
)
@settings(deadline=None)
def test_loops_are_those_of_cutting_one_note_at_a_time(rows, grid):
    piece = make_piece(rows)
    found, expected = cut_loops([piece], grid), cut_one_note_at_a_time(piece.notes, grid)
    assert [loop.tolist() for loop in found] == [loop.tolist() for loop in expected]


@pytest.mark.parametrize(
    ('name', 'rows', 'velocities'),
    [
        ('d13_drags/drags.mid', [1], {118}),
        ('d15_articulations/ride_and_pedal.mid', [2], {110}),
        ('d16_double_triggers/td.mid', [0, 1], {96, 108, 112, 118, 120}),
        ('d08_flams/flams.mid', [1], {45, 118}),  # some begin a cell before
    ],
)
def test_of_hits_in_one_cell_the_loudest_wins(name, rows, velocities):
    pieces = read_pieces(golden_files.GOLDEN / 'cases3' / name).pieces
    (loop,) = cut_loops(pieces, preset('drums').grid)
    hits = loop[np.isin(loop['row'], rows)]
    assert set((hits['velocity'] * 127).round().astype(int).tolist()) == velocities
