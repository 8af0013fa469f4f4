"""Reads music files: MIDI, ABC and MusicXML, by their names and contents."""

import collections
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from melodyvae.midi.abc_notation import read_tune_book
from melodyvae.midi.exact import Track
from melodyvae.midi.midi_file import (
    MAX_FILE_BYTES,
    MidiFile,
    build_pieces,
    find_tracks,
    read_tracks,
)
from melodyvae.midi.musicxml import read_musicxml
from melodyvae.midi.piece import Reading
from melodyvae.system.errors import UserError

MIDI_SUFFIXES = ('.mid', '.midi', '.kar', '.rmi', '.smf', '.mid.gz', '.midi.gz')
ABC_SUFFIXES = ('.abc',)
XML_SUFFIXES = ('.xml', '.musicxml', '.mxl')
A = TypeVar('A')
R = TypeVar('R')


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
    (reading,) = read_files([path])
    if isinstance(reading, Unusable):
        raise reading
    return reading


def read_files(paths: Sequence[Path | str]) -> list[Reading | Unusable]:
    """Reads files as `read_pieces` does; all MIDI at once, which is faster than file by file."""
    opened = [_attempt(_open, path, path) for path in paths]
    midi = iter(read_tracks([file for file in opened if isinstance(file, MidiFile)]))
    return [
        _attempt(_build, path, next(midi)) if isinstance(file, MidiFile) else file
        for path, file in zip(paths, opened, strict=True)
    ]


def _attempt(read: Callable[[A], R], path: Path | str, what: A) -> R | Unusable:
    """Returns what a function reads from a file, or why it cannot."""
    try:
        return read(what)
    except MemoryError:
        raise
    except Unusable as error:
        return error
    except Exception as error:  # parsers raise whatever damaged bytes lead to
        return Unusable(_unreadable(error), path)


def _open(path: Path | str) -> MidiFile[Track | bytes] | Reading:
    name = os.fspath(path)
    suffix = name.lower()
    is_abc, is_xml = suffix.endswith(ABC_SUFFIXES), suffix.endswith(XML_SUFFIXES)
    if suffix.endswith(MIDI_SUFFIXES) or ((is_abc or is_xml) and _is_midi(Path(path))):
        return find_tracks(_read_bytes(name))
    if is_abc:
        return _read_tunes(Path(path))
    if is_xml:
        return Reading([read_musicxml(Path(path))], [], [])
    raise Unusable('its name does not end like that of MIDI, ABC or MusicXML', path)


def _build(file: MidiFile[Track]) -> Reading:
    return Reading(build_pieces(file), [], [*file.remarks])


def count_reasons(reasons: Sequence[str]) -> str:
    """Lists reasons with their counts, the most frequent first."""
    counts = collections.Counter(reasons).most_common()
    return ', '.join(f'{count} x {reason}' if count > 1 else reason for reason, count in counts)


def _read_bytes(path: str) -> bytes:
    file = os.open(path, os.O_RDONLY | getattr(os, 'O_BINARY', 0))  # half the time of `open`
    try:
        size = os.fstat(file).st_size
        if size > MAX_FILE_BYTES:
            raise ValueError(f'it is larger than {MAX_FILE_BYTES // 2**20} MiB')
        return os.read(file, size)
    finally:
        os.close(file)


def _read_tunes(path: Path) -> Reading:
    reading = read_tune_book(path)
    if not reading.pieces:
        known = f'no tune that can be read ({count_reasons(reading.rejected)})'
        none = 'no tune in it (each begins with a line "X:")'
        raise Unusable(known if reading.rejected else none, path)
    return reading


def _is_midi(path: Path) -> bool:
    with path.open('rb') as file:
        return file.read(4) == b'MThd'


def _unreadable(error: Exception) -> str:
    text = getattr(error, 'strerror', None) or str(error) or 'it ends too early'
    return f'unreadable ({" ".join(text.split()).rstrip(".")})'
