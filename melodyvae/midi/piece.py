"""A piece of music as its file has it: nothing is left out, folded or cut yet. NumPy only."""

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

DRUM_CHANNEL = 9  # counted from 0
MAX_TRACKS, CHANNELS = 2**15, 16
DEFAULT_TEMPO = 120.0  # quarter notes per minute, of a piece that names none
MIN_TEMPO, MAX_TEMPO = 4, 1000  # that MIDI files are written with


@dataclasses.dataclass(frozen=True, slots=True)
class Notes:
    """Notes of a piece, in the file's order (track by track).

    Attributes:
      pitch: `[notes]` int16, MIDI pitch.
      velocity: `[notes]` float32 in [0, 1].
      start: `[notes]` float64, quarter notes from the beginning.
      length: `[notes]` float64, quarter notes.
    """

    pitch: np.ndarray
    velocity: np.ndarray
    start: np.ndarray
    length: np.ndarray

    def __len__(self) -> int:
        return len(self.pitch)


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
      title: number and titles of an ABC tune, such as '12 The Tune'.
      held: `[notes]` float64, lengths of the notes by the sustain pedal; None without a pedal.
      lines: track and channels of each line over several channels, as of MPE and MIDI guitars.
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
    title: str = ''
    held: np.ndarray | None = None
    lines: tuple[tuple[int, tuple[int, ...]], ...] = ()


class Reading(NamedTuple):
    """The music of a file.

    Attributes:
      pieces: in the order of the file: the tunes of an ABC book, the patterns of a MIDI file of
        format 2, or one. A piece of MIDI may have no notes.
      rejected: one reason per tune of an ABC book that is left out.
      remarks: what was repaired or guessed.
    """

    pieces: list[Piece]
    rejected: list[str]
    remarks: list[str]


def join_notes(pieces: Sequence[Notes]) -> Notes:
    """Joins the notes of several pieces, in order."""
    return Notes(
        pitch=np.concatenate([np.zeros(0, np.int16), *(piece.pitch for piece in pieces)]),
        velocity=np.concatenate([np.zeros(0, np.float32), *(piece.velocity for piece in pieces)]),
        start=np.concatenate([np.zeros(0), *(piece.start for piece in pieces)]),
        length=np.concatenate([np.zeros(0), *(piece.length for piece in pieces)]),
    )


def number_voices(
    piece: np.ndarray, track: np.ndarray, channel: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Numbers the channels of the tracks of pieces.

    Args:
      piece, track, channel: `[notes]` integers; most notes have those of the note before.

    Returns:
      The piece, the track and the channel of each voice, `[voices]` int64; and the number of the
      voice of each note, `[notes]` int64.
    """
    key = (piece * MAX_TRACKS + track) * CHANNELS + channel
    begin = np.flatnonzero(np.diff(key, prepend=-1))
    keys, voice = np.unique(key[begin], return_inverse=True)
    voice = np.repeat(voice, np.diff(begin, append=len(key)))
    return keys // (MAX_TRACKS * CHANNELS), keys // CHANNELS % MAX_TRACKS, keys % CHANNELS, voice
