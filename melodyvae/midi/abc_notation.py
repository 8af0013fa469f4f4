"""Reads the tunes of an ABC book."""

import re
from pathlib import Path

from melodyvae.midi.abc_fields import TuneError
from melodyvae.midi.abc_tune import read_tune
from melodyvae.midi.piece import Piece, Reading


def read_tune_book(path: Path) -> Reading:
    """Reads the tunes of an ABC file.

    Args:
      path: an ABC file of one or more tunes, in UTF-8 or Latin-1. Fields before the first tune
        apply to all tunes. Without a line "X:" the file is one tune.

    Returns:
      One piece per tune, and one reason per damaged tune: the line, and what is wrong. A tune
      begins with its first full bar, so that its loops do; the pickup is left out. Repeats are not
      played twice.
    """
    tunes: list[Piece] = []
    rejected, guessed = [], 0
    for lines in _split_book(path.read_bytes()):
        try:
            piece, has_guessed_unit = read_tune(lines)
            tunes.append(piece)
            guessed += has_guessed_unit
        except TuneError as error:
            rejected.append(str(error))
    share = f'{guessed} of {len(tunes)} tunes'
    remarks = [f'no L: in {share}: the unit length that fills the bars'] if guessed else []
    return Reading(tunes, rejected, remarks)


def _split_book(data: bytes) -> list[list[tuple[int, str]]]:
    """Splits a book into tunes, each with the fields of the book before it.

    Returns:
      The numbered lines of each tune, from its X to a blank line outside of blocks of text.
    """
    try:
        text = data.decode('utf-8-sig')
    except UnicodeDecodeError:
        text = data.decode('latin-1')
    defaults: list[tuple[int, str]] = []
    tunes: list[list[tuple[int, str]]] = []
    in_tune = in_text = False
    lines = list(enumerate(re.split(r'\r*\n|\r', text), start=1))
    starts = {line[:2] for _, line in lines}
    if 'K:' in starts and 'X:' not in starts:
        lines.insert(0, (0, 'X:1'))
    for number, line in lines:
        if line.startswith(('%%begin', '%%end')):
            in_text = line.startswith('%%begin')
        if line.startswith('X:'):
            tunes.append([*defaults, (number, line)])
            in_tune, in_text = True, False
        elif not line.strip():
            in_tune = in_tune and in_text
        elif in_tune:
            tunes[-1].append((number, line))
        elif not tunes and re.match(r'[A-Za-z]:|%%', line):
            defaults.append((number, line))
    return tunes
