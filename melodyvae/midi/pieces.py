"""Builds pieces of MIDI files: ticks become quarter notes, and tracks one list of notes."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from melodyvae.midi.exact import Track
from melodyvae.midi.lines import find_lines
from melodyvae.midi.midi_file import MidiFile
from melodyvae.midi.names import decode_names
from melodyvae.midi.piece import DEFAULT_TEMPO, Metre, Notes, Piece, make_clock


def build_pieces(midi: MidiFile) -> list[Piece]:
    """Returns the pieces of a MIDI file: one, or one per separate track with notes."""
    if not midi.separate:
        return [_build_piece(midi.tracks, midi)]
    pieces = [_build_piece([track], midi) for track in midi.tracks]
    return [piece for piece in pieces if len(piece.notes)] or pieces[:1]


def _build_piece(tracks: Sequence[Track], midi: MidiFile) -> Piece:
    def join(name: str, dtype: type) -> np.ndarray:
        columns = [getattr(track, name) for track in tracks]
        return np.concatenate(columns, dtype=dtype, casting='unsafe')

    tempos = sorted([tempo for track in tracks for tempo in track.meta.tempos])
    to_quarters = _make_clock(midi, tempos)
    start = to_quarters(join('start', np.int64))
    held = None
    if any(track.held is not None for track in tracks):
        ends = [track.end if track.held is None else track.held for track in tracks]
        held = to_quarters(np.concatenate(ends)) - start
    metres = {metre for track in tracks for metre in track.meta.metres}
    quarter = midi.ticks_per_quarter
    return Piece(
        Notes(
            pitch=join('pitch', np.int16),
            velocity=join('velocity', np.float32) / 127,
            start=start,
            length=to_quarters(join('end', np.int64)) - start,
        ),
        track=np.repeat(np.arange(len(tracks), dtype=np.int16), [len(t.start) for t in tracks]),
        channel=join('channel', np.int8),
        unended=join('unended', np.bool_),
        metres=tuple([Metre(float(to_quarters(tick)), *beats) for tick, *beats in sorted(metres)]),
        tempos=tuple([60e6 / microseconds for _, microseconds in tempos]),
        length=float(to_quarters(max([track.length for track in tracks]))),
        track_names=tuple(decode_names([track.meta.name for track in tracks])),
        held=held,
        lines=tuple(
            [
                (number, line)
                for number, track in enumerate(tracks)
                for line in find_lines(track, quarter, midi.zones)
            ]
        ),
    )


def _make_clock(midi: MidiFile, tempos: Sequence[tuple[int, int]]) -> Callable[[Any], Any]:
    """Returns a function from ticks, as a number or an array, to quarter notes.

    Film frames are seconds, so their ticks last longer in quarter notes where the tempo is faster.
    """
    if not (midi.film and tempos):
        return lambda tick: tick / midi.ticks_per_quarter
    rates = np.array([DEFAULT_TEMPO, *(60e6 / microseconds for _, microseconds in tempos)])
    rates = rates / DEFAULT_TEMPO / midi.ticks_per_quarter
    return make_clock([0, *(tick for tick, _ in tempos)], rates)
