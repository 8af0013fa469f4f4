"""Notes to cells and back, on cases small enough to check by eye."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from melodyvae.config.presets import preset
from melodyvae.config.settings import GridConfig
from melodyvae.errors import UserError
from melodyvae.loops.pattern import (
    DRUM_MAPS,
    NOTE,
    Notes,
    cut_loops,
    name_pitch,
    pattern_notes,
    pitch_rows,
    row_names,
    row_pitches,
    shaded_rows,
    to_dense,
)

MELODY = GridConfig()
DRUMS = preset('rhythmvae').grid


def notes(*rows):
    """Notes from `(pitch, velocity, start, length)`, in quarter notes."""
    pitch, velocity, start, length = np.array(rows, float).reshape(-1, 4).T
    return Notes(pitch.astype(np.int16), velocity.astype(np.float32), start, length)


def cells(pattern):
    return [(*cell[:2], *(round(value, 5) for value in cell[2:])) for cell in pattern.tolist()]


def test_a_note_is_one_cell():
    (loop,) = cut_loops(notes((60, 0.5, 1.0, 1.0)), MELODY)
    assert loop.dtype == NOTE
    assert cells(loop) == [(12, 4, 0.5, 0.5, 0.0)]


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
    (loop,) = cut_loops(notes((60, 1, start, 0.25)), MELODY)
    assert cells(loop)[0][1] == step
    assert loop['timeshift'][0] == pytest.approx(timeshift, abs=1e-6)


@pytest.mark.parametrize(
    ('length', 'duration'), [(0.0, 0.1), (0.2, 0.1), (1.0, 0.5), (2.0, 1.0), (4.0, 2.0), (9.0, 2.0)]
)
def test_duration_is_in_half_notes_and_clipped(length, duration):
    (loop,) = cut_loops(notes((60, 1, 0, length)), MELODY)
    assert loop['duration'][0] == pytest.approx(duration)


def test_triplets_have_cells_of_their_own_at_12_steps_a_quarter():
    (loop,) = cut_loops(notes(*((36, 1, third / 3, 0.1) for third in range(6))), DRUMS)
    assert loop['step'].tolist() == [0, 4, 8, 12, 16, 20]
    assert np.abs(loop['timeshift']).max() < 1e-6


def test_half_steps_of_triplets_fall_on_the_later_step():
    starts = (2 * np.arange(96) + 1) / 24
    loops = cut_loops(notes(*((36, 1, start, 0.1) for start in starts)), DRUMS)
    assert [loop['step'].tolist() for loop in loops] == [list(range(1, 96)), [0]]


def test_the_later_note_of_a_cell_counts():
    (loop,) = cut_loops(notes((60, 0.2, 0, 1), (84, 0.9, 0.01, 2), (62, 0.4, 0, 1)), MELODY)
    assert cells(loop) == [(12, 0, 0.9, 1.0, 0.08), (14, 0, 0.4, 0.5, 0.0)]


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
def test_loops_are_those_of_cutting_one_note_at_a_time(rows, grid):
    piece = notes(*rows)
    found, expected = cut_loops(piece, grid), cut_one_note_at_a_time(piece, grid)
    assert [loop.tolist() for loop in found] == [loop.tolist() for loop in expected]


def test_loops_are_cut_from_time_0_and_empty_ones_keep_their_place():
    loops = cut_loops(notes((60, 1, 7.9, 1), (60, 1, 0, 1), (62, 1, 24, 1)), MELODY)
    # 7.9 quarter notes is nearest to the first step of the second loop.
    assert [loop['step'].tolist() for loop in loops] == [[0], [0], [], [0]]
    assert [len(loop) for loop in loops] == [1, 1, 0, 1]
    assert cells(loops[1]) == [(12, 0, 1.0, 0.5, -0.8)]


def test_cells_are_sorted_by_row_and_then_step():
    (loop,) = cut_loops(notes((62, 1, 0, 1), (60, 1, 2, 1), (60, 1, 1, 1)), MELODY)
    assert [(int(c['row']), int(c['step'])) for c in loop] == [(12, 4), (12, 8), (14, 0)]


def test_no_notes_are_no_loops():
    assert cut_loops(notes(), MELODY) == []
    assert cut_loops(notes((1, 1, 0, 1)), DRUMS) == []  # a pitch that is no drum


def test_pitches_fold_by_octaves():
    pitches = np.array([0, 23, 24, 47, 48, 60, 71, 72, 127], np.int16)
    assert pitch_rows(pitches, MELODY).tolist() == [0, 23, 0, 23, 0, 12, 23, 0, 7]
    assert pitch_rows(pitches, MELODY).tolist() == (pitches % 24).tolist()


def test_a_grid_of_25_rows_keeps_its_top_row():
    grid = GridConfig(rows=25, lowest_pitch=40)
    assert pitch_rows(np.array([40, 64, 65, 39]), grid).tolist() == [0, 24, 1, 23]


def test_a_melody_needs_an_octave():
    with pytest.raises(UserError, match='rows=11'):
        pitch_rows(np.array([60]), GridConfig(rows=11))


@pytest.mark.parametrize(('name', 'drums'), DRUM_MAPS.items())
def test_drum_maps_sort_into_nine_classes(name, drums):
    grid = GridConfig(rows=9, drum_map=name)
    rows = pitch_rows(np.arange(128), grid)
    for row, members in enumerate(drums):
        assert (rows[list(members)] == row).all()
    assert (rows >= 0).sum() == sum(map(len, drums))


def test_drums_are_played_back_as_the_device_does_or_as_the_strict_map_has_them():
    for drum_map in ('strict', 'greedy', 'device'):
        grid = GridConfig(rows=9, drum_map=drum_map)
        assert row_pitches(grid).tolist() == [36, 38, 42, 46, 41, 45, 48, 39, 37]
        grid.drum_notes = 'strict'
        assert row_pitches(grid).tolist() == [36, 38, 42, 46, 45, 48, 50, 39, 51]


def test_the_revision_with_25_rows_counts_rows_from_pitch_0_as_it_runs():
    pitches = np.array([64, 40, 41, 72, 60])  # E, E, F, C, C
    as_it_runs = preset('melodyvae_improved_25x32', 'js').grid
    assert pitch_rows(pitches, as_it_runs).tolist() == [16, 16, 17, 0, 12]
    assert row_pitches(as_it_runs)[16] == 56  # an E comes back as a G#
    documented = preset('melodyvae_improved_25x32').grid
    assert pitch_rows(pitches, documented).tolist() == [24, 0, 1, 8, 20]


def test_melody_rows_are_played_back_from_the_lowest_pitch():
    assert row_pitches(MELODY)[[0, 23]].tolist() == [48, 71]


def test_pictures_name_and_shade_rows():
    assert row_names(MELODY) == {0: 'C2', 7: 'G2', 12: 'C3', 19: 'G3'}
    assert shaded_rows(GridConfig(rows=13, lowest_pitch=40)) == [2, 4, 6, 9, 11]  # from an E
    assert row_names(DRUMS)[0] == 'kick' and len(row_names(DRUMS)) == 9
    assert shaded_rows(DRUMS) == [1, 3, 5, 7]


def test_dense_grids_hold_the_cells():
    pattern = np.array([(2, 31, 0.5, 1.5, -1)], NOTE)
    grids = to_dense(pattern, np.zeros(1, int), 1, MELODY)
    assert {name: grid[0, 2, 31] for name, grid in grids.items()} == {
        'onset': 1,
        'velocity': 0.5,
        'duration': 1.5,
        'timeshift': -1,
    }
    assert all(np.count_nonzero(grid) == 1 for grid in grids.values())
    assert all(grid.shape == (1, 24, 32) and grid.dtype == np.float32 for grid in grids.values())


def test_dense_keeps_patterns_apart():
    both = np.array([(0, 0, 1, 1, 0), (0, 0, 0.5, 1, 0), (1, 0, 1, 1, 0)], NOTE)
    onset = to_dense(both, np.array([0, 2, 2]), 3, MELODY)['onset']
    assert onset.sum((1, 2)).tolist() == [1, 0, 2]


def test_pattern_notes_tell_pitch_and_time():
    pattern = np.array([(0, 4, 0.5, 0.5, 1), (23, 0, 2, 0.01, -0.5)], NOTE)
    played = pattern_notes(pattern, MELODY)
    assert played.pitch.tolist() == [71, 48]  # by start
    assert played.start.tolist() == [-0.0625, 1.125]
    assert played.velocity.tolist() == [1, 0.5]
    assert played.length == pytest.approx([0.2, 1.0])


@given(
    st.lists(
        st.tuples(
            st.integers(0, 23),
            st.integers(0, 31),
            st.integers(0, 127).map(lambda velocity: velocity / 127),
            st.integers(100, 2000).map(lambda length: length / 1000),
            st.integers(-1000, 999).map(lambda shift: shift / 1000),
        ),
        min_size=1,
        unique_by=lambda cell: cell[:2],
    )
)
def test_notes_of_a_pattern_give_the_pattern_back(rows):
    pattern = np.sort(np.array(rows, NOTE), order=['row', 'step'])
    played = pattern_notes(pattern, MELODY)
    moved = Notes(played.pitch, played.velocity, played.start + 8, played.length)
    loops = cut_loops(moved, MELODY)
    assert len(loops[0]) == 0
    assert loops[1][['row', 'step']].tolist() == pattern[['row', 'step']].tolist()
    for name in ('velocity', 'duration', 'timeshift'):
        assert loops[1][name] == pytest.approx(pattern[name], abs=1e-5)


def test_pitches_have_the_names_that_live_shows():
    assert [name_pitch(pitch) for pitch in (60, 48, 71, 40, 0, 127)] == [
        'C3',
        'C2',
        'B3',
        'E1',
        'C-2',
        'G8',
    ]
