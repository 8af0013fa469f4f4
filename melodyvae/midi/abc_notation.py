"""Tunes of an ABC book as NoteSequences."""

import re
import typing
from pathlib import Path

from melodyvae.midi.abc_fields import TuneError
from melodyvae.midi.abc_tune import read_tune

if typing.TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence


def read_tune_book(path: Path) -> tuple[list['NoteSequence'], list[str]]:
    """The tunes of an ABC file.

    Args:
      path: an ABC file of one or more tunes, in UTF-8 or Latin-1. Fields before the first one
        count for all.

    Returns:
      One NoteSequence a tune; and one reason a tune that is damaged: the line, and what is wrong.
      A tune begins with its first full bar, so that its loops do; the pickup is left out. Repeats
      are not played twice.
    """
    sequences, rejected = [], []
    for tune in _split_book(path.read_bytes()):
        try:
            sequences.append(read_tune(tune))
        except TuneError as error:
            rejected.append(str(error))
    return sequences, rejected


def _split_book(data: bytes) -> list[list[tuple[int, str]]]:
    """The numbered lines of each tune: from its X to a blank line, after those of the book."""
    try:
        text = data.decode('utf-8-sig')
    except UnicodeDecodeError:
        text = data.decode('latin-1')
    defaults: list[tuple[int, str]] = []
    tunes: list[list[tuple[int, str]]] = []
    in_tune = False
    for number, line in enumerate(re.split(r'\r\n?|\n', text), start=1):
        if line.startswith('X:'):
            tunes.append([*defaults, (number, line)])
            in_tune = True
        elif not line.strip():
            in_tune = False
        elif in_tune:
            tunes[-1].append((number, line))
        elif not tunes and re.match(r'[A-Za-z]:|%%', line):
            defaults.append((number, line))
    return tunes
