"""The notes of a piece, as its file has them. NumPy only."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Self

import numpy as np

DRUM_CHANNEL = 9  # counted from 0
MAX_TRACKS, CHANNELS = 2**15, 16
DEFAULT_TEMPO = 120.0  # quarter notes per minute, of a piece that names none
MIN_TEMPO, MAX_TEMPO = 4, 1000  # that MIDI files are written with


@dataclasses.dataclass(frozen=True, slots=True)
class Notes:
    """Notes of a piece, in the file's order (track by track)."""

    pitch: np.ndarray  # `[notes]` int16, MIDI pitch
    velocity: np.ndarray  # `[notes]` float32 in [0, 1]
    start: np.ndarray  # `[notes]` float64, quarter notes from the beginning
    length: np.ndarray  # `[notes]` float64, quarter notes

    def __len__(self) -> int:
        return len(self.pitch)

    def take(self, which: np.ndarray | slice) -> Self:
        """Returns the notes at indices, a mask or a slice."""
        if not isinstance(which, slice) and which.dtype == bool:
            if which.all():
                return self
            which = np.flatnonzero(which)  # once for all columns
        names = [field.name for field in dataclasses.fields(self)]
        return type(self)(*(getattr(self, name)[which] for name in names))


class Metre(NamedTuple):
    """A time signature, such as 6/8."""

    start: float  # quarter notes from the beginning of the piece; it holds up to the next one
    numerator: int  # beats per bar, at least 1
    denominator: int  # which note a beat is: 4 is a quarter note; a power of two


@dataclasses.dataclass(frozen=True, slots=True)
class Piece:
    """The notes of a piece, of all tracks and channels, and what bars they stand in."""

    # Track by track; in a track channel by channel, in the order of the first events; of a channel
    # in the order of the file.
    notes: Notes
    track: np.ndarray  # `[notes]` int16, from 0; it counts the tracks without notes too
    channel: np.ndarray  # `[notes]` int8 in [0, 15]; 9 is for drums
    # `[notes]` bool, whether the file never ends the note. It then lasts until the next note of its
    # pitch and channel, an "all notes off", or the end of the track.
    unended: np.ndarray
    metres: tuple[Metre, ...]  # by start; empty if the file names none
    tempos: tuple[float, ...]  # quarter notes per minute, of every tempo event, by time
    length: float  # quarter notes, up to the end of the longest track or of the last note
    track_names: tuple[str, ...]  # one per track, '' if it has none
    sections: tuple[float, ...] = ()  # quarter notes, bar lines where written sections begin
    title: str = ''  # number and titles of an ABC tune, such as '12 The Tune'
    held: np.ndarray | None = None  # `[notes]` float64, lengths by a sustain pedal
    # Track and channels of each line over several channels, as of MPE and MIDI guitars.
    lines: tuple[tuple[int, tuple[int, ...]], ...] = ()


class Reading(NamedTuple):
    """The music of a file."""

    # The tunes of an ABC book, the patterns of a MIDI file of format 2, or one piece. A piece of
    # MIDI may have no notes.
    pieces: list[Piece]
    rejected: list[str]  # one reason per tune of an ABC book that is left out
    remarks: list[str]  # what was repaired or guessed


def make_clock(starts: Sequence[float], rates: np.ndarray) -> Callable[[Any], Any]:
    """Returns a function from times, as a number or an array, to quarter notes.

    It rounds to undo floating-point error.

    Args:
      starts: times from which each rate holds; the first is 0.
      rates: `[rates]` float64, quarter notes per unit of time.
    """
    times = np.array(starts)
    quarters = np.append(0, np.cumsum(np.diff(times) * rates[:-1]))

    def clock(time: Any) -> Any:
        index = np.searchsorted(times, time, side='right') - 1
        return np.round(quarters[index] + (time - times[index]) * rates[index], 9)

    return clock


def join_notes(pieces: Sequence[Notes]) -> Notes:
    """Joins the notes of several pieces, in order."""
    return Notes(
        pitch=np.concatenate([np.zeros(0, np.int16), *(piece.pitch for piece in pieces)]),
        velocity=np.concatenate([np.zeros(0, np.float32), *(piece.velocity for piece in pieces)]),
        start=np.concatenate([np.zeros(0), *(piece.start for piece in pieces)]),
        length=np.concatenate([np.zeros(0), *(piece.length for piece in pieces)]),
    )
