"""Tunes of an ABC book as NoteSequences."""

import contextlib
import logging
import re
import typing
from collections.abc import Iterator
from pathlib import Path

from melodyvae.midi.note_sequence import DEFAULT_TEMPO, note_seq

if typing.TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence


def read_tune_book(path: Path) -> tuple[list['NoteSequence'], list[str]]:
    """The tunes of an ABC file.

    Args:
      path: an ABC file of one or more tunes.

    Returns:
      One NoteSequence a tune that note-seq understands, and one reason a tune that it does not.
      A tune begins with its first full bar, so that its loops do; the pickup is left out. Repeats
      are not played twice.
    """
    data = path.read_bytes()
    try:
        text = data.decode('utf-8-sig')
    except UnicodeDecodeError:
        text = data.decode('latin-1')
    head, *tunes = re.split(r'^(?=X:)', text.replace('\r\n', '\n'), flags=re.MULTILINE)
    defaults = re.findall(r'^[A-Za-z]:.*', head, flags=re.MULTILINE)  # for all tunes
    sequences, rejected = [], []
    with _quiet_parser():
        for tune in tunes:
            body = re.split(r'\n\s*\n', tune.strip())[0]  # a blank line ends a tune
            try:
                sequences.append(_parse_tune(defaults + body.splitlines()))
            except Exception as error:  # the parser raises whatever a damaged tune leads to
                rejected.append(str(error).rstrip('.') or type(error).__name__)
    return sequences, rejected


def _parse_tune(lines: list[str]) -> 'NoteSequence':
    """One tune, from its first full bar on."""
    sequence = _parse(lines)
    if not sequence.notes:
        raise ValueError('no notes')
    pickup = _pickup_seconds(lines, sequence)
    if not pickup:
        return sequence
    return note_seq().sequences_lib.extract_subsequence(sequence, pickup, sequence.total_time)


def _parse(lines: list[str]) -> 'NoteSequence':
    tunes, errors = note_seq().abc_parser.parse_abc_tunebook('\n'.join(lines))
    if errors:
        raise errors[0]
    return next(iter(tunes.values()))


def _pickup_seconds(lines: list[str], sequence: 'NoteSequence') -> float:
    """Length of the first bar if it is not a full one, else 0."""
    keys = [number for number, line in enumerate(lines) if line.startswith('K:')]
    if not keys or not sequence.time_signatures:
        return 0.0
    body = keys[0] + 1
    first_bar = re.sub(r'^[\s|:]+', '', '\n'.join(lines[body:])).partition('|')[0]
    first = _parse([*lines[:body], first_bar])
    meter = sequence.time_signatures[0]
    tempo = sequence.tempos[0].qpm if sequence.tempos else DEFAULT_TEMPO
    bar = 4 * meter.numerator / meter.denominator * 60 / tempo
    return first.total_time if first.total_time < bar - 1e-6 else 0.0


@contextlib.contextmanager
def _quiet_parser() -> Iterator[None]:
    """Without note-seq's remarks on every field that it skips."""
    logger = logging.getLogger('absl')
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
