"""Pieces out of notes, and the notes of a file that count for a grid."""

import numpy as np

from melodyvae.cutting.select import select_notes
from melodyvae.midi.piece import Metre, Notes, Piece
from melodyvae.midi.read import Unusable, read_pieces


def make_piece(notes, *, track=0, channel=0, metres=(), length=None, names=(), sections=()):
    """A piece of `Notes`, or of rows of pitch, velocity in [0, 1], start and length in quarters."""
    if not isinstance(notes, Notes):
        columns = np.array(notes, np.float64).reshape(-1, 4).T
        notes = Notes(columns[0].astype(np.int16), columns[1].astype(np.float32), *columns[2:])
    ends = notes.start + notes.length
    tracks = np.broadcast_to(np.asarray(track, np.int16), len(notes))
    return Piece(
        notes=notes,
        track=tracks,
        channel=np.broadcast_to(np.asarray(channel, np.int8), len(notes)),
        unended=np.zeros(len(notes), bool),
        metres=tuple(Metre(*metre) for metre in metres),
        tempos=(),
        length=ends.max(initial=0) if length is None else length,
        track_names=tuple(names) or ('',) * (int(tracks.max(initial=0)) + 1),
        sections=sections,
    )


def play(*pitches, step=0.5, start=0.0):
    """Rows for `make_piece`: one note after another, None for a rest."""
    return [
        (pitch, 0.5, start + number * step, step)
        for number, pitch in enumerate(pitches)
        if pitch is not None
    ]


def select(pieces, grid):
    """The notes of pieces that count, and one reason a piece of which none do."""
    voices = select_notes(pieces, grid)
    reasons = [reason for reason in voices.reasons if reason]
    if len(reasons) == len(pieces):
        raise Unusable(', '.join(dict.fromkeys(reasons)), 'It')
    return voices.notes, reasons


def read_notes(path, grid):
    """The notes of a file that count for a grid, piece after piece."""
    return select(read_pieces(path).pieces, grid)[0]
