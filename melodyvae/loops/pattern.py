"""Converts notes to patterns and back. NumPy only.

A pattern is one loop (two bars in every preset) as an array of `NOTE` records, one per cell in
which a note begins: about 20 of 768.
"""

import numpy as np

from melodyvae.config.devices import DRUM_CLASSES
from melodyvae.config.settings import GridConfig
from melodyvae.loops.drum_maps import known_map, list_drum_notes, parse_map
from melodyvae.midi.piece import Notes
from melodyvae.system.errors import UserError

PITCH_CLASSES = ('C', 'C#', 'D', 'D#', 'E', 'F', 'F#', 'G', 'G#', 'A', 'A#', 'B')
NOTE = np.dtype(
    [
        ('row', 'u1'),
        ('step', 'u1'),
        ('velocity', '<f4'),
        ('duration', '<f4'),
        ('timeshift', '<f4'),
    ]
)
"""One cell: row and step; velocity in [0, 1]; duration in half notes; timeshift in half steps."""

VALUES = ('velocity', 'duration', 'timeshift')  # of a cell in which a note begins
MIN_DURATION, MAX_DURATION = 0.1, 2.0  # half notes; the devices clip durations to this range
QUARTERS_PER_HALF_NOTE = 2.0


def pitch_rows(pitch: np.ndarray, grid: GridConfig) -> np.ndarray:
    """Returns the rows that MIDI pitches belong to.

    Args:
      pitch: `[notes]` integers in [0, 127].
      grid: pitches of melodies outside of the rows move into them by whole octaves (the devices'
        `pitch % 24`); drums go to the row of their class.

    Returns:
      `[notes]` int16 in [0, rows), or -1 for a drum that the map leaves out.

    Raises:
      UserError: if there are fewer rows than an octave has.
    """
    if grid.drum_map:
        drums = parse_map(grid.drum_classes) or known_map(grid.drum_map)
        classes = np.full(128, -1, np.int16)
        classes[list(drums)] = list(drums.values())
        return classes[pitch]
    if grid.rows < 12:
        raise UserError(f'--config.grid.rows={grid.rows} cannot be used: a melody needs 12 rows.')
    above = pitch.astype(np.int16) - grid.lowest_pitch
    octaves = grid.rows // 12 * 12
    if grid.rows_from_pitch_0:
        return pitch.astype(np.int16) % octaves
    folded = above % octaves
    return np.where((above >= 0) & (above < grid.rows), above, folded)


def row_pitches(grid: GridConfig) -> np.ndarray:
    """Returns the MIDI pitch that each row is played with, `[rows]` int16."""
    if grid.drum_map:
        return np.array(list_drum_notes(grid.drum_notes), np.int16)
    return np.arange(grid.lowest_pitch, grid.lowest_pitch + grid.rows, dtype=np.int16)


def learned_pitches(grid: GridConfig) -> np.ndarray:
    """Returns the MIDI pitch of each row in clips, which is read as the same row, `[rows]` int16.

    It is the pitch that the device plays or, if that is read as another row, the nearest one that
    is not: RhythmVAE plays two toms and the rim as notes of other classes, and with
    `rows_from_pitch_0` the device plays other pitches than it reads. If no pitch is read as a row,
    or `drum_notes` is 'strict', the row keeps the pitch of `row_pitches`.
    """
    pitches = row_pitches(grid)
    if grid.drum_notes == 'strict':
        return pitches
    row_of = pitch_rows(np.arange(128), grid)
    for row in np.flatnonzero(row_of[pitches] != np.arange(grid.rows)).tolist():
        same = np.flatnonzero(row_of == row)
        if len(same):
            pitches[row] = same[np.abs(same - pitches[row]).argmin()]
    return pitches


def name_pitch(pitch: int) -> str:
    """Returns the name of a MIDI pitch as Live shows it: 60 is C3."""
    return f'{PITCH_CLASSES[pitch % 12]}{pitch // 12 - 2}'


def row_names(grid: GridConfig) -> dict[int, str]:
    """Returns names of rows for a picture: of every drum class, or of each C and G."""
    if grid.drum_map:
        return dict(enumerate(DRUM_CLASSES))
    return {
        row: name_pitch(pitch)
        for row, pitch in enumerate(row_pitches(grid).tolist())
        if PITCH_CLASSES[pitch % 12] in ('C', 'G')
    }


def shaded_rows(grid: GridConfig) -> list[int]:
    """Returns the rows that a picture shades: black keys, or every other drum class."""
    if grid.drum_map:
        return list(range(1, grid.rows, 2))
    pitches = row_pitches(grid).tolist()
    return [row for row, pitch in enumerate(pitches) if '#' in PITCH_CLASSES[pitch % 12]]


def pattern_notes(
    pattern: np.ndarray, grid: GridConfig, pitches: np.ndarray | None = None
) -> Notes:
    """Returns the notes of a pattern, by start.

    Args:
      pattern: `[cells]` of `NOTE`; durations outside [0.1, 2.0] half notes are clipped to it,
        as in training.
      grid: gives pitches and the length of a step.
      pitches: `[rows]` int16, of each row; by default, those that the device plays.

    Returns:
      Notes with `start` in quarter notes from the loop's first step; a note that is early on the
      first step starts below 0.
    """
    start = (pattern['step'] + pattern['timeshift'].astype(np.float64) / 2) / grid.steps_per_quarter
    order = np.argsort(start, kind='stable')
    duration = np.clip(pattern['duration'].astype(np.float64), MIN_DURATION, MAX_DURATION)
    return Notes(
        pitch=(row_pitches(grid) if pitches is None else pitches)[pattern['row']][order],
        velocity=np.clip(pattern['velocity'], 0, 1)[order],
        start=start[order],
        length=duration[order] * QUARTERS_PER_HALF_NOTE,
    )


def to_dense(
    cells: np.ndarray, loop: np.ndarray, count: int, grid: GridConfig
) -> dict[str, np.ndarray]:
    """Returns dense grids of several patterns.

    Args:
      cells: `[cells]` of `NOTE`, of all patterns.
      loop: `[cells]` integers in [0, count): the pattern that each cell belongs to.

    Returns:
      onset, velocity, duration and timeshift: `[count, rows, steps]` float32, 0 where nothing
      starts.
    """
    shape = (count, grid.rows, grid.steps)
    grids = {name: np.zeros(shape, np.float32) for name in ('onset', *VALUES)}
    at = (loop, cells['row'], cells['step'])
    grids['onset'][at] = 1
    for name in VALUES:
        grids[name][at] = cells[name]
    return grids
