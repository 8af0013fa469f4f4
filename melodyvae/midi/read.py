"""Notes out of files: each by the reader that its contents and its name's ending tell."""

import collections
import dataclasses
import os
import typing
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from melodyvae.config.settings import GridConfig
from melodyvae.errors import UserError
from melodyvae.loops.pattern import Notes, join_notes, pitch_rows
from melodyvae.loops.piece import Piece
from melodyvae.midi.abc_notation import read_tune_book
from melodyvae.midi.midi_file import LARGEST_FILE, MidiFile, parse_midi
from melodyvae.midi.musicxml import read_musicxml
from melodyvae.midi.note_sequence import DEFAULT_TEMPO, midi_to_sequence, sequence_to_piece
from melodyvae.midi.pieces import build_pieces

if typing.TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence


MIDI_SUFFIXES = ('.mid', '.midi', '.kar', '.rmi', '.smf', '.mid.gz', '.midi.gz')
ABC_SUFFIXES = ('.abc',)
XML_SUFFIXES = ('.xml', '.musicxml', '.mxl')
LONGEST_PIECE = 1_000_000  # quarter notes; a damaged file can claim to last for years


class Unusable(UserError):
    """A file or NoteSequence that gives no notes; `reason` says why in a few words."""

    def __init__(self, reason: str, name: Path | str = 'The NoteSequence'):
        super().__init__(f'{name} cannot be used: {reason}.')
        self.reason = reason


@dataclasses.dataclass(frozen=True, slots=True)
class Reading:
    """What a file holds.

    Attributes:
      pieces: at least one, in the file's order: the tunes of an ABC book, the patterns of a MIDI
        file of format 2, or all that there is. A piece of MIDI may be without notes.
      rejected: one reason for every tune of an ABC book that had to be left out.
      remarks: what was mended in a damaged file.
    """

    pieces: list[Piece]
    rejected: list[str]
    remarks: list[str]


def read_pieces(path: Path | str) -> Reading:
    """The music of a MIDI, ABC or MusicXML file, whole: no grid has been asked.

    Args:
      path: its ending says what it is; but MIDI is known by its contents too.

    Raises:
      Unusable: if the file cannot be read.
    """
    name = os.fspath(path)
    try:
        if _is_midi(name):
            midi = _read_midi(name)
            return Reading(build_pieces(midi), [], midi.remarks)
        if _ends_in(name, ABC_SUFFIXES):
            return _read_tunes(Path(path))
    except Unusable as error:
        raise Unusable(error.reason, path) from error
    except (OSError, ValueError) as error:
        raise Unusable(_unreadable(error), path) from error
    return Reading([sequence_to_piece(read_note_sequence(Path(path)))], [], [])


def read_notes(path: Path, grid: GridConfig) -> Notes:
    """The notes of a MIDI, ABC or MusicXML file.

    Args:
      path: the file. Its pieces follow one another, each from a new loop on.
      grid: says which channels, drums and tempo changes count.

    Returns:
      At least one note.

    Raises:
      Unusable: if the file cannot be read, or holds nothing for the grid.
    """
    return read_notes_and_rejected(path, grid)[0]


def read_notes_and_rejected(path: Path, grid: GridConfig) -> tuple[Notes, list[str]]:
    """`read_notes`, and one reason for every piece that had to be left out."""
    reading = read_pieces(path)
    try:
        notes, rejected = join_pieces(reading.pieces, grid)
    except Unusable as error:
        raise Unusable(error.reason, path) from error
    return notes, reading.rejected + rejected


def read_note_sequence(path: Path) -> 'NoteSequence':
    """A MIDI or MusicXML file as note-seq's NoteSequence; see `note_sequence` and `musicxml`.

    Raises:
      Unusable: if the file cannot be read.
    """
    name = os.fspath(path)
    if not _ends_in(name, (*MIDI_SUFFIXES, *XML_SUFFIXES)):
        raise Unusable('its name does not end like that of MIDI, ABC or MusicXML', path)
    try:
        return midi_to_sequence(_read_midi(name)) if _is_midi(name) else read_musicxml(path)
    except Exception as error:  # parsers raise whatever damaged bytes lead to
        raise Unusable(_unreadable(error), path) from error


def notes_of(sequence: 'NoteSequence', grid: GridConfig) -> Notes:
    """The notes of a NoteSequence that count for a grid; see `note_sequence.sequence_to_piece`.

    Returns:
      At least one note, in the order of the NoteSequence.

    Raises:
      Unusable: if no note is left, or there are several tempos and the grid allows one.
    """
    return select_notes(sequence_to_piece(sequence), grid)


def join_pieces(pieces: Sequence[Piece], grid: GridConfig) -> tuple[Notes, list[str]]:
    """The notes of pieces that count for a grid, one piece after another, each from a new loop on.

    Returns:
      At least one note; and one reason for every piece that had to be left out.

    Raises:
      Unusable: if there is nothing for the grid.
    """
    kept: list[Notes] = []
    rejected: list[str] = []
    for piece in pieces:
        try:
            notes = select_notes(piece, grid)
        except Unusable as error:
            rejected.append(error.reason)
            continue
        if kept:
            last = int(kept[-1].start.max() * grid.steps_per_quarter + 0.5) // grid.steps  # loop
            start = notes.start + (1 + last) * grid.steps / grid.steps_per_quarter
            notes = dataclasses.replace(notes, start=start)
        kept.append(notes)
    if not kept:
        raise Unusable(count_reasons(rejected))
    notes = join_notes(kept) if len(kept) > 1 else kept[0]
    if grid.drum_map and not (pitch_rows(notes.pitch, grid) >= 0).any():
        raise Unusable('no drums')
    return notes, rejected


def select_notes(piece: Piece, grid: GridConfig) -> Notes:
    """The notes of a piece that count for a grid.

    Args:
      piece: any.
      grid: says which channels, never-ending notes and tempo changes count.

    Returns:
      At least one note, in the piece's order.

    Raises:
      Unusable: if no note is left, or there are several tempos and the grid allows one.
    """
    left_out = piece.unended & (not grid.unended_notes)
    ended = len(left_out) - np.count_nonzero(left_out)
    for channel in grid.ignored_channels:
        left_out |= piece.channel == channel
    count = len(left_out) - np.count_nonzero(left_out)
    if not count:
        raise Unusable('only drums' if ended else 'no notes')
    if piece.length > LONGEST_PIECE and piece.notes.start.max() > LONGEST_PIECE:
        raise Unusable(f'damaged (it claims to last {piece.notes.start.max():.0f} quarter notes)')
    if grid.single_tempo and len(piece.tempos) > 1:
        raise Unusable('several tempos')
    notes = piece.notes
    if count < len(notes):
        kept = ~left_out
        notes = Notes(
            notes.pitch[kept], notes.velocity[kept], notes.start[kept], notes.length[kept]
        )
    if not grid.single_tempo:
        return notes
    # The devices count in seconds, and floating point decides on which side of the border a
    # note falls that is just half way between two steps. Move those that fall on the early one.
    quarter = 60 / (piece.tempos[0] if piece.tempos else DEFAULT_TEMPO)
    unit = quarter / grid.steps_per_quarter
    step = np.floor((quarter * notes.start + unit * 0.5) / unit)
    early = step < np.floor(notes.start * grid.steps_per_quarter + 0.5)
    return dataclasses.replace(notes, start=notes.start - 1e-7 * early)


def count_reasons(reasons: Sequence[str]) -> str:
    """Reasons with how often each is given, the most frequent first."""
    counts = collections.Counter(reasons).most_common()
    return ', '.join(f'{count} x {reason}' if count > 1 else reason for reason, count in counts)


def _read_midi(path: str) -> MidiFile:
    file = os.open(path, os.O_RDONLY | getattr(os, 'O_BINARY', 0))  # half the time of `open`
    try:
        size = os.fstat(file).st_size
        if size > LARGEST_FILE:
            raise ValueError(f'it is larger than {LARGEST_FILE // 2**20} MiB')
        data = os.read(file, size)
    finally:
        os.close(file)
    return parse_midi(data)


def _read_tunes(path: Path) -> Reading:
    tunes, rejected = read_tune_book(path)
    if not tunes:
        known = f'no tune that can be read ({count_reasons(rejected)})'
        raise Unusable(known if rejected else 'no tune in it (each begins with a line "X:")')
    return Reading([sequence_to_piece(tune) for tune in tunes], rejected, [])


def _ends_in(path: str, suffixes: tuple[str, ...]) -> bool:
    return path.lower().endswith(suffixes)


def _is_midi(path: str) -> bool:
    """Whether the name says so, or else the first bytes of a file that claims to be ABC or XML."""
    if _ends_in(path, MIDI_SUFFIXES):
        return True
    if not _ends_in(path, (*ABC_SUFFIXES, *XML_SUFFIXES)):
        return False
    with Path(path).open('rb') as file:
        return file.read(4) == b'MThd'


def _unreadable(error: Exception) -> str:
    text = getattr(error, 'strerror', None) or str(error) or 'it ends too early'
    return f'unreadable ({" ".join(text.split()).rstrip(".")})'
