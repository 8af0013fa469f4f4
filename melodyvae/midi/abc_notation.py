"""Reads the tunes of an ABC book."""

import re
from pathlib import Path

from melodyvae.midi.abc_fields import TuneError
from melodyvae.midi.abc_tune import read_tune
from melodyvae.midi.piece import Piece


def read_tune_book(path: Path) -> tuple[list[Piece], list[str]]:
    """Reads the tunes of an ABC file.

    Args:
      path: an ABC file of one or more tunes, in UTF-8 or Latin-1. Fields before the first tune
        apply to all tunes.

    Returns:
      One piece per tune, and one reason per damaged tune: the line, and what is wrong. A tune
      begins with its first full bar, so that its loops do; the pickup is left out. Repeats are not
      played twice.
    """
    tunes, rejected = [], []
    for lines in _split_book(path.read_bytes()):
        try:
            tunes.append(read_tune(lines))
        except TuneError as error:
            rejected.append(str(error))
    return tunes, rejected


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
