"""Notes of a MIDI file by symusic, in C++, where they are certain to be those of the exact reader.

symusic keeps neither channels nor the order of events, and these decide which of two notes on one
cell counts. So each track is parsed by itself, and its bytes are walked through here, in Python, if
it has several voices, a channel that is to be ignored (but for the drums', which symusic marks), or
two notes that begin together in one row and sound different. A file with anything unusual in it is
left to the exact reader, `exact.read_midi`, as a whole.
"""

import collections
import dataclasses
import re
import struct
from collections.abc import Collection
from typing import Any

import numpy as np
import symusic.core

from melodyvae.config.settings import GridConfig
from melodyvae.loops.pattern import pitch_rows
from melodyvae.midi.note_sequence import DRUM_CHANNEL

_NOTE_OFF, _NOTE_ON, _PROGRAM, _BEND, _SYSTEM = 0x80, 0x90, 0xC0, 0xE0, 0xF0
_SYSEX, _SYSEX_END, _META = 0xF0, 0xF7, 0xFF
_ANY_NOTE_ON = re.compile(rb'[\x90-\x9f]')
_CHUNK_HEAD = 8  # bytes: 'MTrk' and the length


@dataclasses.dataclass(frozen=True, slots=True)
class TickNotes:
    """Notes of a file, track by track, without those of ignored channels.

    Attributes:
      pitch, velocity, start, end: `[notes]` integers; start and end in ticks.
      ticks_per_quarter: of the file.
      tempos: quarter notes a minute, of every tempo event.
      some_ignored: whether there were any on ignored channels.
    """

    pitch: np.ndarray
    velocity: np.ndarray
    start: np.ndarray
    end: np.ndarray
    ticks_per_quarter: int
    tempos: list[float]
    some_ignored: bool


def parse(data: bytes, grid: GridConfig) -> TickNotes | None:
    """The notes that count for the grid, or None where the exact reader has to be asked."""
    tracks = _tracks(data)
    if tracks is None:
        return None
    ticks_per_quarter, chunks = tracks
    with_notes = [chunk for chunk in chunks if _ANY_NOTE_ON.search(chunk, _CHUNK_HEAD)]
    if len(with_notes) == 1:  # all other tracks are for tempos and the like: parse them in one go
        chunks, files = with_notes, [data]
    else:
        header = b'MThd\0\0\0\6' + struct.pack('>HHh', 0, 1, ticks_per_quarter)
        files = [header + chunk for chunk in chunks]
    voices: list[np.ndarray] = []
    tempos: list[float] = []
    some_ignored = False
    for chunk, file in zip(chunks, files, strict=True):
        try:
            score: Any = symusic.core.ScoreTick.from_midi(file)
        except RuntimeError:  # perhaps a damaged file: the exact reader says how
            return None
        tempos += [60e6 / max(tempo.mspq, 1) for tempo in score.tempos]
        track = _certain_notes(score, chunk, grid) or _walked_notes(chunk, grid.ignored_channels)
        if track is None:
            return None
        voices.append(track[0])
        some_ignored |= track[1]
    if len(voices) == 1:
        (notes,) = voices
    else:
        notes = np.concatenate([np.zeros((4, 0), np.int64), *voices], axis=1)
    pitch, velocity, start, end = notes
    return TickNotes(pitch, velocity, start, end, ticks_per_quarter, tempos, some_ignored)


def _tracks(data: bytes) -> tuple[int, list[bytes]] | None:
    """Ticks per quarter note and the track chunks; None if the file is in any way unusual."""
    if len(data) < 14 or data[:8] != b'MThd\0\0\0\6':
        return None
    kind, count, ticks_per_quarter = struct.unpack('>HHh', data[8:14])
    chunks, position = [], 14
    while data[position : position + 4] == b'MTrk':
        end = position + _CHUNK_HEAD + int.from_bytes(data[position + 4 : position + _CHUNK_HEAD])
        chunks.append(data[position:end])
        position = end
    usual = position == len(data) and len(chunks) == count and kind <= 2 and ticks_per_quarter > 0
    return (ticks_per_quarter, chunks) if usual else None


def _certain_notes(score: Any, chunk: bytes, grid: GridConfig) -> tuple[np.ndarray, bool] | None:
    """What `_walked_notes` gives, from symusic's notes; None if they do not tell."""
    others = (channel for channel in grid.ignored_channels if channel != DRUM_CHANNEL)
    if any(_NOTE_ON | channel in chunk for channel in others):
        return None
    nothing = np.zeros((4, 0), np.int64)
    sounding = [track for track in score.tracks if len(track.notes)]
    if not sounding:
        return nothing, False
    if len(sounding) > 1:
        return None
    if sounding[0].is_drum and DRUM_CHANNEL in grid.ignored_channels:
        return nothing, True
    voice = sounding[0].notes.numpy()
    notes = np.array([voice[name] for name in ('pitch', 'velocity', 'time', 'duration')], np.int64)
    if _ambiguous(notes, grid):
        return None
    notes[3] += notes[2]
    return notes, False


def _ambiguous(notes: np.ndarray, grid: GridConfig) -> bool:
    """Whether two notes begin on one tick in one row, and sound different."""
    pitch, velocity, start, duration = notes
    if (start[1:] > start[:-1]).all():
        return False
    place = start * 512 + pitch_rows(pitch, grid)
    order = np.argsort(place)
    together = np.diff(place[order]) == 0
    return any(np.diff(values[order])[together].any() for values in (velocity, duration))


def _walked_notes(chunk: bytes, ignored: Collection[int]) -> tuple[np.ndarray, bool] | None:
    """The notes of a track as the exact reader orders and ends them, from the bytes themselves.

    Returns:
      `[4, notes]` int64 pitch, velocity, start and end in ticks, and whether notes on ignored
      channels were left out; None if the track holds anything unusual.
    """
    voices: dict[tuple[int, int], list[list[int]]] = {}  # in the order of their first events
    voice_of: list[list[list[int]] | None] = [None] * 16  # by channel
    sounding: dict[int, collections.deque] = collections.defaultdict(collections.deque)
    position, end, tick, running = _CHUNK_HEAD, len(chunk), 0, 0
    try:
        while position < end:
            delta, position = _number(chunk, position)
            tick += delta
            status = chunk[position]
            if status == _META or status in (_SYSEX, _SYSEX_END):
                running = running if status == _META else 0
                length, position = _number(chunk, position + (2 if status == _META else 1))
                position += length
                continue
            if status >= _NOTE_OFF:
                running = status
                position += 1
            if not _NOTE_OFF <= running < _SYSTEM:
                return None
            kind, channel = running & 0xF0, running & 0x0F
            size = 1 if _PROGRAM <= kind < _BEND else 2
            first, last = chunk[position], chunk[position + size - 1]
            position += size
            if first > 127 or last > 127:
                return None
            voice = voice_of[channel]
            if voice is None or kind == _PROGRAM:
                program = first if kind == _PROGRAM else 0
                voice = voice_of[channel] = voices.setdefault((channel, program), [])
            if kind == _NOTE_ON and last:
                note = [first, last, tick]
                voice.append(note)
                sounding[channel << 7 | first].append(note)
            elif kind in (_NOTE_ON, _NOTE_OFF) and sounding[channel << 7 | first]:
                sounding[channel << 7 | first].popleft().append(tick)
    except IndexError:  # it ends too early
        return None
    if position > end:
        return None
    ended = [(c, note) for (c, _), voice in voices.items() for note in voice if len(note) == 4]
    kept = [note for channel, note in ended if channel not in ignored]
    return np.array(kept, np.int64).reshape(-1, 4).T, len(kept) < len(ended)


def _number(data: bytes, position: int) -> tuple[int, int]:
    """A number of variable length, and where it ends."""
    byte = data[position]
    value = byte & 0x7F
    while byte > 0x7F:
        position += 1
        byte = data[position]
        value = value << 7 | byte & 0x7F
    return value, position + 1
