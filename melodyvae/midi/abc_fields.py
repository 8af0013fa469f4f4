"""The information fields of ABC: key, metre, unit length, tempo.

Rules and names are those of the ABC standard 2.1, https://abcnotation.com/wiki/abc:standard:v2.1.
"""

import functools
import re

from melodyvae.midi.score import QUARTER, Signature

CIRCLE = 'FCGDAEB'  # of fifths
ACCIDENTALS = {'': 0, '^': 1, '^^': 2, '_': -1, '__': -2, '=': 0, '#': 1, 'b': -1}
MODES = {  # sharps more than in major
    'maj': 0,
    'ion': 0,
    'lyd': 1,
    'mix': -1,
    'dor': -2,
    'min': -3,
    'aeo': -3,
    'phr': -4,
    'loc': -5,
}
CLEFS = ('treble', 'alto', 'tenor', 'bass', 'perc')

_KEY = re.compile(r'([A-Ga-g])([#b]?)(\s*)([A-Za-z]*)')
_KEY_ACCIDENTAL = re.compile(r'(\^\^?|__?|=)([A-Ga-g])')
_METRE = re.compile(r'\(?(\d{1,3}(?:\+\d{1,3}){0,9})\)?/(\d{1,3})')
_LENGTH = re.compile(r'(\d{0,4})(/{0,8})(\d{0,4})')
_BEATS = re.compile(r'((?:\d{1,3}/\d{1,3}\s*)+)=\s*(\d+(?:\.\d+)?)')
_UNITS = re.compile(r'(?:C(\d{0,2})\s*=\s*)?(\d+(?:\.\d+)?)\s*$')


class TuneError(Exception):
    """What is wrong in a tune, in a few words."""


Key = dict[str, int]  # accidentals in semitones, by letter; letters without one are left out
NO_KEY: Key = {}
BAGPIPES: Key = {'F': 1, 'C': 1}


def parse_key(text: str) -> Key | None:
    """Parses the key of a field K; None if it only names a clef or other properties.

    'HP' prints no key signature and 'Hp' prints one, but pipes sound the same under both.

    Raises:
      TuneError: if it is not a key.
    """
    words = text.split()
    if not words or words[0].lower() == 'none':
        return NO_KEY
    if words[0] in ('HP', 'Hp'):
        return BAGPIPES
    if ('=' in words[0][1:] and words[0][0].islower()) or words[0].startswith(CLEFS):
        return None
    if words[0] == 'exp':
        return _explicit_accidentals(words[1:])
    match = _KEY.match(text.strip())
    if not match:
        raise TuneError(f'no key {text[:20]!r}')
    letter, accidental, space, word = match.groups()
    rest = text.strip()[match.end() :].split()
    mode = {'': 'maj', 'm': 'min'}.get(word.lower(), word[:3].lower())
    if mode not in MODES:
        if not space:
            raise TuneError(f'no key {text[:20]!r}')
        rest, mode = text.split()[1:], 'maj'
    sharps = CIRCLE.index(letter.upper()) - 1 + 7 * ACCIDENTALS[accidental] + MODES[mode]
    accidentals = {}
    if 'exp' not in rest:
        levels = {letter: (sharps - i + 6) // 7 for i, letter in enumerate(CIRCLE)}
        accidentals = {letter: level for letter, level in levels.items() if level}
    return accidentals | _explicit_accidentals(rest)


def parse_metre(text: str) -> Signature | None:
    """Parses the meter of a field M: 'C', 'C|', '6/8', '(2+3+2)/8'; None is free.

    Raises:
      TuneError: if it is not a meter.
    """
    known = {'C': (4, 4), 'C|': (2, 2), 'NONE': None, '': None}
    if text.strip().upper() in known:
        return known[text.strip().upper()]
    match = _METRE.fullmatch(text.replace(' ', ''))
    if not match:
        raise TuneError(f'no metre {text[:20]!r}')
    numerator, denominator = sum(map(int, match[1].split('+'))), int(match[2])
    if not numerator or denominator not in (1, 2, 4, 8, 16, 32, 64, 128):
        raise TuneError(f'no metre {text[:20]!r}')
    return numerator, denominator


def parse_unit(text: str) -> int:
    """Parses the unit length of a field L such as '1/8', in ticks.

    Raises:
      TuneError: if it is not a length.
    """
    match = re.fullmatch(r'(\d{1,3})(?:/(\d{1,3}))?', text.replace(' ', ''))
    if not match or not int(match[1]) or (match[2] and not int(match[2])):
        raise TuneError(f'no unit length {text[:20]!r}')
    return 4 * QUARTER * int(match[1]) // int(match[2] or 1)


@functools.lru_cache(maxsize=1024)
def parse_length(text: str) -> tuple[int, int]:
    """Parses the length behind a note, in units: '' is (1, 1), '3/2' (3, 2), '//' (1, 4).

    Raises:
      TuneError: if it is not a length, or 0.
    """
    match = _LENGTH.fullmatch(text)
    numerator, slashes, denominator = match.groups() if match else ('0', '', '')
    parts = int(denominator) if denominator else 2 ** len(slashes)
    if not match or not parts or (numerator and not int(numerator)):
        raise TuneError(f'no length {text[:20]!r}')
    return int(numerator or 1), parts


def parse_tempo(text: str, unit: int) -> float | None:
    """Parses the quarter notes per minute of a field Q; None if it is only words.

    Args:
      text: such as '1/4=120', '3/8 3/8=40 "slow"', and the older '120' and 'C2=120'.
      unit: ticks; the unit length, in which the older ones count.
    """
    text = re.sub(r'"[^"]*"', '', text).strip()
    if match := _BEATS.match(text):
        beats = [beat.split('/') for beat in match[1].split()]
        if not all(int(denominator) for _, denominator in beats):
            return None
        tempo = 4 * sum(int(n) / int(d) for n, d in beats) * float(match[2])
    elif match := _UNITS.match(text):
        tempo = unit / QUARTER * int(match[1] or 1) * float(match[2])
    else:
        return None
    return tempo if 0 < tempo < 10_000 else None


def parse_transposition(text: str) -> int:
    """Parses how many semitones properties such as 'clef=treble-8' or 'octave=-1' add."""
    semitones = sum(12 * int(n) for n in re.findall(r'\boctave=(-?\d)\b', text))
    semitones += sum(int(n) for n in re.findall(r'\btranspose=(-?\d{1,2})\b', text))
    return semitones + sum(12 * int(sign + '1') for sign in re.findall(r'(?<!=)([+-])8', text))


def _explicit_accidentals(words: list[str]) -> dict[str, int]:
    """Parses accidentals such as '^f' among the words behind a key."""
    marked = [word for word in words if re.fullmatch(rf'(?:{_KEY_ACCIDENTAL.pattern})+', word)]
    return {
        letter.upper(): ACCIDENTALS[sign]
        for word in marked
        for sign, letter in _KEY_ACCIDENTAL.findall(word)
    }
