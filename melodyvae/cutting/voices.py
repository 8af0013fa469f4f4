"""Splits pieces into voices, each of which is cut into loops separately. NumPy only."""

import dataclasses

import numpy as np

from melodyvae.config.settings import GridConfig
from melodyvae.midi.piece import Notes, number_voices

TOGETHER = 0.5  # half steps; maximum distance between the onsets of a chord


@dataclasses.dataclass(frozen=True, slots=True)
class Voices:
    """The notes of several pieces that count for a grid, in voices, piece by piece.

    Attributes:
      notes: voice by voice; within a voice in the order of the piece.
      piece: `[voices]` int64, index of the piece of each voice, in ascending order.
      track: `[voices]` int64, the track of its first note.
      first: `[voices + 1]` int64; voice i has the notes from `first[i]` to before `first[i + 1]`,
        at least one.
      reasons: one per piece, why none of its notes count; otherwise ''.
      remarks: one list per piece: what was left out or guessed.
    """

    notes: Notes
    piece: np.ndarray
    track: np.ndarray
    first: np.ndarray
    reasons: list[str]
    remarks: list[list[str]]

    def __len__(self) -> int:
        return len(self.piece)

    def spread(self) -> np.ndarray:
        """Returns the voice of each note, `[notes]` int64."""
        return np.repeat(np.arange(len(self)), np.diff(self.first))


def split_voices(
    notes: Notes, piece: np.ndarray, track: np.ndarray, channel: np.ndarray, grid: GridConfig
) -> tuple[Notes, np.ndarray, np.ndarray, np.ndarray]:
    """Splits notes into voices.

    Args:
      notes: of all pieces, piece by piece.
      piece, track, channel: `[notes]` integers.
      grid: with `voices` 'highest' or 'lowest' each channel of a track is a voice; otherwise a
        piece is one.

    Returns:
      `notes`, `piece`, `track` and `first` of `Voices`.
    """
    if grid.voices not in ('highest', 'lowest'):
        begin = np.flatnonzero(np.diff(piece, prepend=-1))
        return notes, piece[begin], track[begin].astype(np.int64), np.append(begin, len(piece))
    piece, track, _, voice = number_voices(piece, track, channel)
    if (np.diff(voice) < 0).any():
        notes = take_notes(notes, np.argsort(voice, kind='stable'))
    counts = np.bincount(voice, minlength=len(piece))
    return notes, piece, track, np.append(0, np.cumsum(counts))


def take_notes(notes: Notes, which: np.ndarray) -> Notes:
    """Returns the notes at indices or a mask."""
    return Notes(notes.pitch[which], notes.velocity[which], notes.start[which], notes.length[which])


def choose_notes(
    step: np.ndarray, pitch: np.ndarray, timeshift: np.ndarray, grid: GridConfig
) -> tuple[np.ndarray, np.ndarray]:
    """Chooses one note per step: the highest or the lowest, and the last of equal ones.

    Args:
      step: `[notes]` int64, a number per step and voice.
      pitch: `[notes]` MIDI pitches.
      timeshift: `[notes]` float64, half steps.
      grid: its `voices` is 'highest' or 'lowest'.

    Returns:
      `[steps]` int64, indices of the chosen notes, by step; and `[steps]` bool, whether the step
      has a chord: several notes that begin together.
    """
    rank = pitch.astype(np.int64) if grid.voices == 'highest' else 127 - pitch.astype(np.int64)
    key = np.sort((step * 128 + rank) * len(pitch) + np.arange(len(pitch)))
    order = key % max(1, len(pitch))
    step = step[order]
    first = np.flatnonzero(np.diff(step, prepend=-1))
    last = np.append(first[1:], len(step))[: len(first)] - 1
    late, early = (each.reduceat(timeshift[order], first) for each in (np.maximum, np.minimum))
    return order[last], (last > first) & (late - early < TOGETHER)
