"""Notes of a MIDI file by symusic, in C++, where they are certain to be those of the exact reader.

symusic keeps neither channels nor the order of events, and these decide which of two notes on one
cell counts. So each track is parsed by itself, and a file is left to the exact reader,
`note_sequences.read_midi`, if a track has several voices, a channel that is to be ignored (but for
the drums', which symusic marks), or two notes that begin together in one row and sound different.
"""

import dataclasses
import struct
from typing import Any

import numpy as np
import symusic

from melodyvae.config import GridConfig
from melodyvae.note_sequences import DRUM_CHANNEL
from melodyvae.pattern import pitch_rows

_NOTE_ON = 0x90


@dataclasses.dataclass(frozen=True, slots=True)
class TickNotes:
    """Notes of a file, track by track, without the drums if these are to be ignored.

    Attributes:
      pitch, velocity, start, end: `[notes]` integers; start and end in ticks.
      ticks_per_quarter: of the file.
      tempos: quarter notes a minute, of every tempo event.
      drums_ignored: whether there were any.
    """

    pitch: np.ndarray
    velocity: np.ndarray
    start: np.ndarray
    end: np.ndarray
    ticks_per_quarter: int
    tempos: list[float]
    drums_ignored: bool


def parse(data: bytes, grid: GridConfig) -> TickNotes | None:
    """The notes that count for the grid, or None where the exact reader has to be asked."""
    other = [channel for channel in grid.ignored_channels if channel != DRUM_CHANNEL]
    if any(_NOTE_ON | channel in data for channel in other):
        return None
    tracks = _tracks(data)
    if tracks is None:
        return None
    ticks_per_quarter, chunks = tracks
    header = b'MThd\0\0\0\6' + struct.pack('>HHh', 0, 1, ticks_per_quarter)
    voices: list[dict[str, np.ndarray]] = []
    tempos: list[float] = []
    drums_ignored = False
    for chunk in chunks:
        try:
            score: Any = symusic.Score.from_midi(header + chunk)
        except RuntimeError:  # perhaps a damaged file: the exact reader says how
            return None
        tempos += [60e6 / max(tempo.mspq, 1) for tempo in score.tempos]
        sounding = [track for track in score.tracks if len(track.notes)]
        if len(sounding) > 1:
            return None
        if sounding and sounding[0].is_drum and DRUM_CHANNEL in grid.ignored_channels:
            drums_ignored = True
        elif sounding:
            voices.append(sounding[0].notes.numpy())
    if any(_ambiguous(voice, grid) for voice in voices):
        return None
    pitch, velocity, start, duration = (
        np.concatenate([np.zeros(0, np.int64), *(voice[name] for voice in voices)])
        for name in ('pitch', 'velocity', 'time', 'duration')
    )
    return TickNotes(
        pitch, velocity, start, start + duration, ticks_per_quarter, tempos, drums_ignored
    )


def _tracks(data: bytes) -> tuple[int, list[bytes]] | None:
    """Ticks per quarter note and the track chunks; None if the file is in any way unusual."""
    if len(data) < 14 or data[:8] != b'MThd\0\0\0\6':
        return None
    _, count, ticks_per_quarter = struct.unpack('>HHh', data[8:14])
    chunks, position = [], 14
    while data[position : position + 4] == b'MTrk':
        end = position + 8 + int.from_bytes(data[position + 4 : position + 8])
        chunks.append(data[position:end])
        position = end
    usual = position == len(data) and len(chunks) == count and ticks_per_quarter > 0
    return (ticks_per_quarter, chunks) if usual else None


def _ambiguous(voice: dict[str, np.ndarray], grid: GridConfig) -> bool:
    """Whether two notes begin on one tick in one row, and sound different."""
    place = voice['time'].astype(np.int64) * 512 + pitch_rows(voice['pitch'], grid)
    order = np.argsort(place)
    together = np.diff(place[order]) == 0
    return any(np.diff(voice[name][order])[together].any() for name in ('velocity', 'duration'))
