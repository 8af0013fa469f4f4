"""Moves pitches to rows, and keeps contours if they fit into the rows. NumPy only.

If each note outside the rows moved by octaves on its own, a melody that crosses the border of the
rows would jump by an octave there.
"""

import numpy as np

from melodyvae.config.settings import GridConfig
from melodyvae.loops.pattern import pitch_rows

OCTAVE = 12  # semitones
OCTAVES = 11  # that a pitch can move by, up or down


def find_rows(
    pitch: np.ndarray, voice: np.ndarray, loop: np.ndarray, grid: GridConfig
) -> tuple[np.ndarray, np.ndarray]:
    """Finds the rows of notes.

    Args:
      pitch: `[notes]` integers in [0, 127].
      voice: `[notes]` int64, from 0.
      loop: `[notes]` int64, the loop of each note, within one voice.
      grid: with `octaves` 'shift' a voice moves by the octaves that bring most of its notes into
        the rows; then each loop that still has notes outside does. The notes that are still outside
        move one by one, like all notes with 'fold'.

    Returns:
      `[notes]` int16 in [0, rows); and `[notes]` bool, whether the note moved on its own.
    """
    if grid.drum_map:
        return pitch_rows(pitch, grid), np.zeros(len(pitch), bool)
    if grid.octaves == 'shift' and len(pitch):
        pitch = pitch + _find_shifts(pitch, voice, grid)[voice]
        outside = _is_outside(pitch, grid)
        if outside.any():
            loops = np.unique(loop[outside])
            there = np.flatnonzero(np.isin(loop, loops))
            number = np.searchsorted(loops, loop[there])
            pitch[there] += _find_shifts(pitch[there], number, grid)[number]
    return pitch_rows(pitch, grid), _is_outside(pitch, grid)


def _is_outside(pitch: np.ndarray, grid: GridConfig) -> np.ndarray:
    return (pitch < grid.lowest_pitch) | (pitch >= grid.lowest_pitch + grid.rows)


def _find_shifts(pitch: np.ndarray, group: np.ndarray, grid: GridConfig) -> np.ndarray:
    """Finds the octaves, in semitones, that bring most notes of each group into the rows.

    Of several that are equally good it is the smallest, `[groups]` int16.
    """
    base = int(pitch.min())
    width, groups = int(pitch.max()) - base + 1, int(group.max()) + 1
    histogram = np.bincount(group * width + (pitch - base), minlength=groups * width)
    below = np.zeros((groups, width + 1), np.int64)  # how many notes are below a pitch
    np.cumsum(histogram.reshape(groups, width), axis=1, out=below[:, 1:])
    octaves = sorted(range(-OCTAVES, OCTAVES + 1), key=abs)
    shifts = np.array(octaves, np.int16) * OCTAVE
    lowest = grid.lowest_pitch - base - shifts
    inside = below[:, np.clip(lowest + grid.rows, 0, width)] - below[:, np.clip(lowest, 0, width)]
    return shifts[inside.argmax(axis=1)]
