"""Builds pieces of MIDI files: ticks become quarter notes, and tracks one list of notes."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from melodyvae.midi.exact import Track
from melodyvae.midi.lines import find_lines
from melodyvae.midi.midi_file import MidiFile
from melodyvae.midi.names import decode_names
from melodyvae.midi.piece import DEFAULT_TEMPO, Metre, Notes, Piece


def build_pieces(midi: MidiFile) -> list[Piece]:
    """Returns the pieces of a MIDI file: one, or one per separate track with notes."""
    if not midi.separate:
        return [_build_piece(midi.tracks, midi)]
    pieces = [_build_piece([track], midi) for track in midi.tracks]
    return [piece for piece in pieces if len(piece.notes)] or pieces[:1]


def _build_piece(tracks: Sequence[Track], midi: MidiFile) -> Piece:
    counts = [len(track.start) for track in tracks]
    pitch, velocity, start_tick, end_tick = _join_columns(tracks)
    tempos = sorted([tempo for track in tracks for tempo in track.meta.tempos])
    to_quarters = _make_clock(midi, tempos)
    start = to_quarters(start_tick)
    metres = {metre for track in tracks for metre in track.meta.metres}
    several = [
        number for number, track in enumerate(tracks) if np.ndim(track.channel) and len(track.start)
    ]
    quarter = midi.ticks_per_quarter
    return Piece(
        Notes(
            pitch=pitch.astype(np.int16),
            velocity=velocity.astype(np.float32) / 127,
            start=start,
            length=to_quarters(end_tick) - start,
        ),
        track=_spread(range(len(tracks)), counts, np.int16),
        channel=_spread([track.channel for track in tracks], counts, np.int8),
        unended=_spread([track.unended for track in tracks], counts, np.bool_),
        metres=tuple([Metre(float(to_quarters(tick)), *beats) for tick, *beats in sorted(metres)]),
        tempos=tuple([60e6 / microseconds for _, microseconds in tempos]),
        length=float(to_quarters(max([track.length for track in tracks]))),
        track_names=tuple(decode_names([track.meta.name for track in tracks])),
        held=_hold(tracks, to_quarters, start),
        lines=tuple(
            [(n, line) for n in several for line in find_lines(tracks[n], quarter, midi.zones)]
        ),
    )


def _hold(
    tracks: Sequence[Track], to_quarters: Callable[[Any], Any], start: np.ndarray
) -> np.ndarray | None:
    """Returns the lengths of notes by the sustain pedal; None without a pedal."""
    if all(track.held is None for track in tracks):
        return None
    held = np.concatenate([track.end if track.held is None else track.held for track in tracks])
    return to_quarters(held) - start


def _make_clock(midi: MidiFile, tempos: Sequence[tuple[int, int]]) -> Callable[[Any], Any]:
    """Returns a function from ticks, as a number or an array, to quarter notes.

    Film frames are seconds, so their ticks last longer in quarter notes where the tempo is faster.
    """
    if not (midi.film and tempos):
        return lambda tick: tick / midi.ticks_per_quarter
    ticks = np.array([0, *(tick for tick, _ in tempos)])
    rates = np.array([DEFAULT_TEMPO, *(60e6 / microseconds for _, microseconds in tempos)])
    rates = rates / DEFAULT_TEMPO / midi.ticks_per_quarter
    quarters = np.append(0, np.cumsum(np.diff(ticks) * rates[:-1]))

    def clock(tick: Any) -> Any:
        index = np.searchsorted(ticks, tick, side='right') - 1
        return np.round(quarters[index] + (tick - ticks[index]) * rates[index], 9)

    return clock


def _join_columns(tracks: Sequence[Track]) -> Sequence[np.ndarray]:
    """Joins pitch, velocity, start and end of all notes; silent tracks have wider types."""
    columns = [track[:4] for track in tracks if len(track.start)]
    if len(columns) < 2:
        return (columns or [tracks[0][:4]])[0]
    return [np.concatenate(column) for column in zip(*columns, strict=True)]


def _spread(values: Iterable[np.ndarray | int], counts: Sequence[int], dtype: type) -> np.ndarray:
    """Joins arrays, or single values repeated for all notes of their track."""
    spread: np.ndarray = np.zeros(sum(counts), dtype)
    end = 0
    for value, count in zip(values, counts, strict=True):
        begin, end = end, end + count
        spread[begin:end] = value
    return spread
