"""Splits pieces into voices, each of which has loops of its own. NumPy only."""

import dataclasses

import numpy as np

from melodyvae.config.settings import GridConfig
from melodyvae.cutting.select import Selection, take_notes
from melodyvae.midi.piece import Notes, number_voices

TOGETHER = 0.5  # half steps; notes of a chord begin within so much of one another


@dataclasses.dataclass(frozen=True, slots=True)
class Voices:
    """The voices of several pieces, piece by piece.

    Attributes:
      piece: `[voices]` int64, the piece that each is of; it never falls.
      track: `[voices]` int64, the track of its first note.
      first: `[voices + 1]` int64; voice i has the notes from `first[i]` to `first[i + 1]`, at least
        one.
    """

    piece: np.ndarray
    track: np.ndarray
    first: np.ndarray

    def __len__(self) -> int:
        return len(self.piece)

    def spread(self) -> np.ndarray:
        """Returns the voice of each note, `[notes]` int64."""
        return np.repeat(np.arange(len(self)), np.diff(self.first))

    def count_by_piece(self, pieces: int) -> np.ndarray:
        """Counts the voices of each piece, `[pieces]` int64."""
        return np.bincount(self.piece, minlength=pieces)


def split_voices(selection: Selection, grid: GridConfig) -> tuple[Notes, Voices]:
    """Splits notes into voices.

    Args:
      selection: the notes of all pieces.
      grid: with `voices` 'highest' or 'lowest' each channel of a track is a voice; otherwise a
        piece is one.

    Returns:
      The notes, voice after voice, those of a voice in the order of the piece; and the voices.
    """
    notes, piece = selection.notes, selection.piece
    if grid.voices not in ('highest', 'lowest'):
        begin = np.flatnonzero(np.diff(piece, prepend=-1))
        track = selection.track[begin].astype(np.int64)
        return notes, Voices(piece[begin], track, np.append(begin, len(piece)))
    piece, track, _, voice = number_voices(piece, selection.track, selection.channel)
    if (np.diff(voice) < 0).any():
        notes = take_notes(notes, np.argsort(voice, kind='stable'))
    counts = np.bincount(voice, minlength=len(piece))
    return notes, Voices(piece, track, np.append(0, np.cumsum(counts)))


def choose_notes(
    step: np.ndarray, pitch: np.ndarray, timeshift: np.ndarray, grid: GridConfig
) -> tuple[np.ndarray, np.ndarray]:
    """Takes one note per step: the highest or the lowest; if there are several, the last.

    Args:
      step: `[notes]` int64, the same number for notes of one step of one voice.
      pitch: `[notes]` MIDI pitches.
      timeshift: `[notes]` float64, half steps.
      grid: its `voices` is 'highest' or 'lowest'.

    Returns:
      `[steps]` int64, indices of the notes that stay, in the order of the steps; and `[steps]`
      bool, whether the step has a chord: several notes that begin together.
    """
    rank = pitch.astype(np.int64) if grid.voices == 'highest' else 127 - pitch.astype(np.int64)
    key = np.sort((step * 128 + rank) * len(pitch) + np.arange(len(pitch)))
    order = key % max(1, len(pitch))
    step = step[order]
    first = np.flatnonzero(np.diff(step, prepend=-1))
    last = np.append(first[1:], len(step))[: len(first)] - 1
    late, early = (each.reduceat(timeshift[order], first) for each in (np.maximum, np.minimum))
    return order[last], (last > first) & (late - early < TOGETHER)
