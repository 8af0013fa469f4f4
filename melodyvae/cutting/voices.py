"""Splits notes into voices, each of which is cut into loops separately. NumPy only."""

import dataclasses
import itertools
from collections.abc import Iterator, Sequence
from typing import Self

import numpy as np

from melodyvae.config.settings import GridConfig
from melodyvae.midi.piece import CHANNELS, MAX_TRACKS, Notes, Piece, join_notes

TOGETHER = 0.5  # half steps; maximum distance between the onsets of a chord


@dataclasses.dataclass(frozen=True, slots=True)
class PieceNotes(Notes):
    """Notes of several pieces, with the piece, track and channel of each, `[notes]` integers."""

    piece: np.ndarray
    track: np.ndarray
    channel: np.ndarray

    def by_piece(self) -> Iterator[tuple[int, Self]]:
        """Yields the number of each piece that has notes, and these."""
        begin = np.flatnonzero(np.diff(self.piece, prepend=-1)).tolist()
        for first, last in itertools.pairwise([*begin, len(self)]):
            yield int(self.piece[first]), self.take(slice(first, last))

    def number_voices(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Numbers the channels of the tracks of pieces.

        Returns:
          The piece, track and channel of each voice, `[voices]` int64; and the number of the voice
          of each note, `[notes]` int64.
        """
        key = (self.piece * MAX_TRACKS + self.track) * CHANNELS + self.channel
        begin = np.flatnonzero(np.diff(key, prepend=-1))  # most notes go on with a voice
        keys, voice = np.unique(key[begin], return_inverse=True)
        voice = np.repeat(voice, np.diff(begin, append=len(key)))
        return (
            keys // (MAX_TRACKS * CHANNELS),
            keys // CHANNELS % MAX_TRACKS,
            keys % CHANNELS,
            voice,
        )


def join_pieces(pieces: Sequence[Piece]) -> PieceNotes:
    """Joins the notes of pieces, in order."""
    notes = join_notes([piece.notes for piece in pieces])
    return PieceNotes(
        notes.pitch,
        notes.velocity,
        notes.start,
        notes.length,
        piece=np.repeat(np.arange(len(pieces)), [len(piece.notes) for piece in pieces]),
        track=np.concatenate([np.zeros(0, np.int16), *(piece.track for piece in pieces)]),
        channel=np.concatenate([np.zeros(0, np.int8), *(piece.channel for piece in pieces)]),
    )


@dataclasses.dataclass(frozen=True, slots=True)
class Voices:
    """The notes of several pieces that count for a grid, in voices, piece by piece."""

    notes: PieceNotes  # voice by voice; within a voice in the order of the piece
    piece: np.ndarray  # `[voices]` int64, ascending
    track: np.ndarray  # `[voices]` int64, of the first note
    first: np.ndarray  # `[voices + 1]` int64; voice i has at least the note `first[i]`
    reasons: list[str]  # one per piece, why none of its notes count; otherwise ''
    remarks: list[list[str]]  # one list per piece: what was left out or guessed

    def __len__(self) -> int:
        return len(self.piece)

    def spread(self) -> np.ndarray:
        """Returns the voice of each note, `[notes]` int64."""
        return np.repeat(np.arange(len(self)), np.diff(self.first))


def split_voices(
    notes: PieceNotes, grid: GridConfig
) -> tuple[PieceNotes, np.ndarray, np.ndarray, np.ndarray]:
    """Splits notes into voices; returns `notes`, `piece`, `track` and `first` of `Voices`.

    With `grid.voices` 'highest' or 'lowest' each channel of a track is a voice; otherwise a piece
    is one.
    """
    if grid.voices not in ('highest', 'lowest'):
        begin = np.flatnonzero(np.diff(notes.piece, prepend=-1))
        track = notes.track[begin].astype(np.int64)
        return notes, notes.piece[begin], track, np.append(begin, len(notes))
    piece, track, _, voice = notes.number_voices()
    if (np.diff(voice) < 0).any():
        notes = notes.take(np.argsort(voice, kind='stable'))
    counts = np.bincount(voice, minlength=len(piece))
    return notes, piece, track, np.append(0, np.cumsum(counts))


def choose_notes(
    step: np.ndarray, pitch: np.ndarray, timeshift: np.ndarray, grid: GridConfig
) -> tuple[np.ndarray, np.ndarray]:
    """Chooses one note per step: the highest or the lowest, and the last of equal ones.

    Args:
      step: `[notes]` int64, a number per step and voice.
      pitch, timeshift: `[notes]`, MIDI pitches and half steps.
      grid: its `voices` is 'highest' or 'lowest'.

    Returns:
      `[steps]` int64, indices of the chosen notes, by step; and `[steps]` bool, whether the step
      has a chord: several notes that begin together.
    """
    rank = pitch.astype(np.int64) if grid.voices == 'highest' else 127 - pitch.astype(np.int64)
    order = sort_notes(step, rank)
    step = step[order]
    first = np.flatnonzero(np.diff(step, prepend=-1))
    last = np.append(first[1:], len(step))[: len(first)] - 1
    late, early = (each.reduceat(timeshift[order], first) for each in (np.maximum, np.minimum))
    return order[last], (last > first) & (late - early < TOGETHER)


def sort_notes(*keys: np.ndarray) -> np.ndarray:
    """Returns the indices of notes sorted by keys, the first one foremost, and then in order.

    Integers must not be negative. Of 16 bits or less, they are sorted several times as fast.
    """
    return np.lexsort(
        [
            key.astype(np.min_scalar_type(key.max(initial=0))) if key.dtype.kind == 'i' else key
            for key in reversed(keys)
        ]
    )
