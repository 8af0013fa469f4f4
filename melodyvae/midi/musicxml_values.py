"""Values of MusicXML elements: numbers, time signatures, loudness and tempo."""

import re
import xml.etree.ElementTree as ET

from melodyvae.midi.musicxml_file import ScoreError
from melodyvae.midi.score import Signature

FORTE = 90  # MIDI velocity of 100% in `dynamics`
BEATS = {'whole': 4, 'half': 2, 'quarter': 1, 'eighth': 1 / 2, '16th': 1 / 4}  # quarter notes


def read_number(element: ET.Element, tag: str, default: float | None = None) -> float:
    """Reads the number in a child of an element. If the child is missing, returns the default.

    Raises:
      ScoreError: if the child is missing and has no default, or it holds no number.
    """
    text = element.findtext(tag)
    if text is None:
        if default is None:
            raise ScoreError(f'a <{element.tag}> without <{tag}>')
        return default
    return parse_number(text)


def parse_number(text: str) -> float:
    """Parses a number; raises `ScoreError` for other text and for far too large numbers."""
    try:
        number = float(text)
    except ValueError:
        raise ScoreError(f'no number {text[:20]!r}') from None
    if abs(number) > 1e9 or number != number:
        raise ScoreError(f'no number {text[:20]!r}')
    return number


def read_metre(time: ET.Element) -> Signature | None:
    """Reads a time signature such as 4/4, 3+2/8 or 2/4 3/8 as one; None is free."""
    fractions = []
    for beats, unit in zip(time.iterfind('beats'), time.iterfind('beat-type'), strict=False):
        counts = (beats.text or '').split('+')
        fractions += [
            (int(parse_number(count)), int(parse_number(unit.text or ''))) for count in counts
        ]
    if not fractions:
        return None
    denominator = max(unit for _, unit in fractions)
    numerator = sum(count * denominator // max(unit, 1) for count, unit in fractions)
    if not 0 < numerator < 1000 or denominator not in (1, 2, 4, 8, 16, 32, 64, 128):
        raise ScoreError(f'no metre {numerator}/{denominator}')
    return numerator, denominator


def read_velocity(percent: str) -> int:
    """Converts `dynamics` to MIDI velocity."""
    return min(max(round(FORTE / 100 * parse_number(percent)), 1), 127)


def read_metronome(direction: ET.Element) -> float:
    """Returns the quarter notes per minute of a metronome mark; 0 without one."""
    mark = direction.find('direction-type/metronome')
    beat = BEATS.get('' if mark is None else mark.findtext('beat-unit', ''))
    minute = re.search(r'\d+(\.\d+)?', '' if mark is None else mark.findtext('per-minute', ''))
    if mark is None or not beat or not minute:
        return 0
    dots = len(mark.findall('beat-unit-dot'))
    return float(minute[0]) * beat * (2 - 0.5**dots)
