"""Pitches to rows: what moves together, and what folds alone."""

import dataclasses

import numpy as np
import pytest
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
    return found.tolist(), np.flatnonzero(folded).tolist()


@pytest.mark.parametrize(
    ('grid', 'pitches', 'voice', 'loop', 'expected', 'folded'),
    [
        # A melody across the border of the rows folds in the devices.
        (FOLD, [71, 72, 74], None, None, [23, 0, 2], [1, 2]),
        # Otherwise a voice moves by octaves as a whole, or stays if it fits.
        (SHIFT, [71, 72, 74], None, None, [11, 12, 14], []),
        (SHIFT, [28, 31, 36], None, None, [4, 7, 12], []),
        (SHIFT, [48, 60, 71], None, None, [0, 12, 23], []),
        # Each voice moves by its own octaves.
        (SHIFT, [36, 38, 84, 86], [0, 0, 1, 1], [0, 0, 1, 1], [0, 2, 12, 14], []),
        # If a voice does not fit, each loop does: most notes are at 50 to 53, others higher.
        (SHIFT, [50, 52, 53, 52, 74, 76], None, [0, 0, 0, 0, 1, 1], [2, 4, 5, 4, 14, 16], []),
        # The second loop would fit an octave lower too, but stays with its voice.
        (SHIFT, [50, 52, 53, 64, 65, 80], None, [0, 0, 0, 1, 1, 2], [2, 4, 5, 16, 17, 20], []),
        # All of the 26 semitones but the highest fit, and only that note is folded.
        (SHIFT, [48, 50, 60, 74], None, None, [0, 2, 12, 2], [3]),
        (SHIFT, [], None, None, [], []),
    ],
)
def test_voices_then_loops_then_notes_move(grid, pitches, voice, loop, expected, folded):
    assert rows(pitches, grid, voice, loop) == (expected, folded)


def test_drums_neither_move_nor_fold():
    drums = dataclasses.replace(preset('rhythmvae').grid, octaves='shift')
    assert rows([36, 38, 42], drums) == ([0, 1, 2], [])


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
