"""A piece of music as its file has it: nothing is left out, folded or cut yet. NumPy only."""

import dataclasses
from typing import NamedTuple

import numpy as np

from melodyvae.loops.pattern import Notes

DRUM_CHANNEL = 9  # counted from 0
DEFAULT_TEMPO = 120.0  # quarter notes a minute, of a piece that names none


class Metre(NamedTuple):
    """A time signature, such as 6/8.

    Attributes:
      start: quarter notes from the beginning of the piece; it holds up to the next one.
      numerator: beats a bar, at least 1.
      denominator: which note a beat is: 4 is a quarter note; a power of two.
    """

    start: float
    numerator: int
    denominator: int


@dataclasses.dataclass(frozen=True, slots=True)
class Piece:
    """The notes of a piece, of all tracks and channels, and what bars they stand in.

    Attributes:
      notes: track by track; in a track channel by channel, in the order of the first events; of a
        channel in the order of the file.
      track: `[notes]` int16, from 0; it counts the tracks without notes too.
      channel: `[notes]` int8 in [0, 15]; 9 is for drums.
      unended: `[notes]` bool, whether the file never ends the note. It then lasts until the next
        note of its pitch and channel, an "all notes off", or the end of the track.
      metres: by start; empty where the file names none.
      tempos: quarter notes a minute, of every tempo event, by time.
      length: quarter notes, up to the end of the longest track or of the last note.
      track_names: one a track, '' where it has none.
      sections: quarter notes, the bar lines where sections of written music begin.
    """

    notes: Notes
    track: np.ndarray
    channel: np.ndarray
    unended: np.ndarray
    metres: tuple[Metre, ...]
    tempos: tuple[float, ...]
    length: float
    track_names: tuple[str, ...]
    sections: tuple[float, ...] = ()
