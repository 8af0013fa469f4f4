"""Pitches to rows: what moves together, and what folds alone."""

import dataclasses

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from melodyvae.config.presets import preset
from melodyvae.config.settings import GridConfig
from melodyvae.cutting.contour import find_rows
from melodyvae.loops.pattern import pitch_rows

FOLD = GridConfig()
SHIFT = GridConfig(octaves='shift')


def rows(pitches, grid, voice=None, loop=None):
    pitch = np.array(pitches, np.int16)
    zeros = np.zeros(len(pitch), np.int64)
    voice = zeros if voice is None else np.array(voice)
    loop = zeros if loop is None else np.array(loop)
    found, folded = find_rows(pitch, voice, loop, grid)
    return found.tolist(), folded.tolist()


def test_a_melody_across_the_border_of_the_rows_folds_in_the_devices():
    assert rows([71, 72, 74], FOLD) == ([23, 0, 2], [False, True, True])


def test_a_voice_moves_by_octaves_as_a_whole():
    assert rows([71, 72, 74], SHIFT) == ([11, 12, 14], [False] * 3)
    assert rows([28, 31, 36], SHIFT) == ([4, 7, 12], [False] * 3)  # up by two octaves
    assert rows([48, 60, 71], SHIFT) == ([0, 12, 23], [False] * 3)  # fits as it is


def test_each_voice_moves_by_its_own_octaves():
    voice, loop = [0, 0, 1, 1], [0, 0, 1, 1]
    assert rows([36, 38, 84, 86], SHIFT, voice, loop) == ([0, 2, 12, 14], [False] * 4)


def test_where_a_voice_does_not_fit_each_loop_does():
    # 50 to 53 is what most notes of the voice are at; the second loop is two octaves higher.
    pitches, loop = [50, 52, 53, 52, 74, 76], [0, 0, 0, 0, 1, 1]
    assert rows(pitches, SHIFT, [0] * 6, loop) == ([2, 4, 5, 4, 14, 16], [False] * 6)


def test_a_loop_that_fits_stays_where_its_voice_is():
    # The second loop would fit an octave lower too.
    pitches, loop = [50, 52, 53, 64, 65, 80], [0, 0, 0, 1, 1, 2]
    found, folded = rows(pitches, SHIFT, [0] * 6, loop)
    assert found[3:5] == [16, 17]
    assert not any(folded)


def test_only_what_is_left_folds():
    # 26 semitones: all but the highest fit.
    assert rows([48, 50, 60, 74], SHIFT) == ([0, 2, 12, 2], [False, False, False, True])


def test_drums_neither_move_nor_fold():
    drums = dataclasses.replace(preset('rhythmvae').grid, octaves='shift')
    assert rows([36, 38, 42], drums) == ([0, 1, 2], [False] * 3)


def test_no_notes_have_no_rows():
    assert rows([], SHIFT) == ([], [])


@given(
    st.lists(
        st.tuples(st.integers(0, 127), st.integers(0, 2), st.integers(0, 2)),
        min_size=1,
        max_size=30,
    ),
    st.sampled_from([SHIFT, GridConfig(rows=25, lowest_pitch=40, octaves='shift')]),
)
@settings(deadline=None)
def test_contours_are_those_of_the_notes(notes, grid):
    pitch, voice, part = (np.array(column) for column in zip(*notes, strict=True))
    loop = voice * 3 + part
    found, folded = find_rows(pitch.astype(np.int16), voice, loop, grid)
    assert ((found >= 0) & (found < grid.rows)).all()
    np.testing.assert_array_equal((found + grid.lowest_pitch - pitch) % 12, 0)
    for number in np.unique(loop):
        whole = (loop == number) & ~folded
        assert len(np.unique(found[whole] - pitch[whole])) <= 1
        if np.ptp(pitch[loop == number]) <= grid.rows - 12:
            assert not folded[loop == number].any()  # an octave of room is always enough
    assert folded.sum() <= (pitch_rows(pitch, grid) + grid.lowest_pitch != pitch).sum()
