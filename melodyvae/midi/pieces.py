"""MIDI files as pieces: ticks become quarter notes, and tracks one list of notes."""

from collections.abc import Iterable, Sequence

import numpy as np

from melodyvae.midi.exact import Track
from melodyvae.midi.midi_file import MidiFile
from melodyvae.midi.piece import Metre, Notes, Piece


def build_pieces(midi: MidiFile) -> list[Piece]:
    """The pieces of a MIDI file: one, or as many as there are separate tracks with notes."""
    quarter = midi.ticks_per_quarter
    if not midi.separate:
        return [_build_piece(midi.tracks, quarter)]
    pieces = [_build_piece([track], quarter) for track in midi.tracks]
    return [piece for piece in pieces if len(piece.notes)] or pieces[:1]


def _build_piece(tracks: Sequence[Track], quarter: float) -> Piece:
    counts = [len(track.start) for track in tracks]
    pitch, velocity, start_tick, end_tick = _join_columns(tracks)
    start = start_tick / quarter
    metres = {metre for track in tracks for metre in track.meta.metres}
    tempos = [tempo for track in tracks for tempo in track.meta.tempos]
    return Piece(
        Notes(
            pitch=pitch.astype(np.int16),
            velocity=velocity.astype(np.float32) / 127,
            start=start,
            length=end_tick / quarter - start,
        ),
        track=_spread(range(len(tracks)), counts, np.int16),
        channel=_spread([track.channel for track in tracks], counts, np.int8),
        unended=_spread([track.unended for track in tracks], counts, np.bool_),
        metres=tuple([Metre(tick / quarter, *beats) for tick, *beats in sorted(metres)]),
        tempos=tuple([60e6 / microseconds for _, microseconds in sorted(tempos)]),
        length=max([track.length for track in tracks]) / quarter,
        track_names=tuple([track.meta.name for track in tracks]),
    )


def _join_columns(tracks: Sequence[Track]) -> Sequence[np.ndarray]:
    """Pitch, velocity, start and end of all notes; silent tracks would widen the types."""
    columns = [track[:4] for track in tracks if len(track.start)]
    if len(columns) < 2:
        return (columns or [tracks[0][:4]])[0]
    return [np.concatenate(column) for column in zip(*columns, strict=True)]


def _spread(values: Iterable[np.ndarray | int], counts: Sequence[int], dtype: type) -> np.ndarray:
    """Per track an array, or one value for all of its notes, as one array for all tracks."""
    spread: np.ndarray = np.empty(sum(counts), dtype)
    end = 0
    for value, count in zip(values, counts, strict=True):
        begin, end = end, end + count
        spread[begin:end] = value
    return spread
