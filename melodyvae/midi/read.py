"""Reads music files: MIDI, ABC and MusicXML, by their names and contents."""

import collections
import os
from collections.abc import Sequence
from pathlib import Path

from melodyvae.midi.abc_notation import read_tune_book
from melodyvae.midi.midi_file import MAX_FILE_BYTES, MidiFile, build_pieces, parse_midi
from melodyvae.midi.musicxml import read_musicxml
from melodyvae.midi.piece import Reading
from melodyvae.system.errors import UserError

MIDI_SUFFIXES = ('.mid', '.midi', '.kar', '.rmi', '.smf', '.mid.gz', '.midi.gz')
ABC_SUFFIXES = ('.abc',)
XML_SUFFIXES = ('.xml', '.musicxml', '.mxl')


class Unusable(UserError):
    """Raised for a file without music; `reason` says why in a few words."""

    def __init__(self, reason: str, name: Path | str):
        super().__init__(f'{name} cannot be used: {reason}.')
        self.reason = reason


def read_pieces(path: Path | str) -> Reading:
    """Reads all music of a MIDI, ABC or MusicXML file.

    Args:
      path: its suffix names the format, but a MIDI header decides for MIDI.

    Raises:
      Unusable: if the file cannot be read.
    """
    name = os.fspath(path)
    try:
        if _is_midi(name):
            midi = _read_midi(name)
            return Reading(build_pieces(midi), [], midi.remarks)
        if _has_suffix(name, ABC_SUFFIXES):
            return _read_tunes(Path(path))
        if _has_suffix(name, XML_SUFFIXES):
            return Reading([read_musicxml(Path(path))], [], [])
    except (Unusable, MemoryError):
        raise
    except Exception as error:  # parsers raise whatever damaged bytes lead to
        raise Unusable(_unreadable(error), path) from error
    raise Unusable('its name does not end like that of MIDI, ABC or MusicXML', path)


def count_reasons(reasons: Sequence[str]) -> str:
    """Lists reasons with their counts, the most frequent first."""
    counts = collections.Counter(reasons).most_common()
    return ', '.join(f'{count} x {reason}' if count > 1 else reason for reason, count in counts)


def _read_midi(path: str) -> MidiFile:
    file = os.open(path, os.O_RDONLY | getattr(os, 'O_BINARY', 0))  # half the time of `open`
    try:
        size = os.fstat(file).st_size
        if size > MAX_FILE_BYTES:
            raise ValueError(f'it is larger than {MAX_FILE_BYTES // 2**20} MiB')
        data = os.read(file, size)
    finally:
        os.close(file)
    return parse_midi(data)


def _read_tunes(path: Path) -> Reading:
    reading = read_tune_book(path)
    if not reading.pieces:
        known = f'no tune that can be read ({count_reasons(reading.rejected)})'
        none = 'no tune in it (each begins with a line "X:")'
        raise Unusable(known if reading.rejected else none, path)
    return reading


def _has_suffix(path: str, suffixes: tuple[str, ...]) -> bool:
    return path.lower().endswith(suffixes)


def _is_midi(path: str) -> bool:
    """Returns whether a file is MIDI by its name or, if it claims to be ABC or XML, its header."""
    if _has_suffix(path, MIDI_SUFFIXES):
        return True
    if not _has_suffix(path, (*ABC_SUFFIXES, *XML_SUFFIXES)):
        return False
    with Path(path).open('rb') as file:
        return file.read(4) == b'MThd'


def _unreadable(error: Exception) -> str:
    text = getattr(error, 'strerror', None) or str(error) or 'it ends too early'
    return f'unreadable ({" ".join(text.split()).rstrip(".")})'
