"""Converts the lines of one ABC tune to a piece.

The notation is that of the ABC standard 2.1, https://abcnotation.com/wiki/abc:standard:v2.1.
Decorations, slurs, grace notes, lyrics, layout and macros are skipped.
"""

import copy
import re
from collections.abc import Iterable, Sequence
from fractions import Fraction

from melodyvae.midi.abc_fields import (
    ACCIDENTALS,
    TuneError,
    parse_key,
    parse_length,
    parse_metre,
    parse_tempo,
    parse_unit,
)
from melodyvae.midi.abc_tokens import split_music
from melodyvae.midi.abc_voice import Pitch, Settings, Voice, merge_voices
from melodyvae.midi.drum_names import STAFF_DRUMS, find_drum
from melodyvae.midi.piece import DRUM_CHANNEL, Piece
from melodyvae.midi.score import Part, build_piece, ticks_of

MAX_CHARACTERS = 500_000  # of a tune: most have some hundreds, an opera in ABC has fewer
ONE = Fraction(1)
MIN_BARS_TO_GUESS, MIN_SHARE_TO_GUESS = 4, 0.75  # bars that tell the unit length
FIELD = re.compile(r'([A-Za-z+]):(.*)')
BAR_AFTER_NOTE = re.compile(r'[A-Ga-gxz]:[|:]')  # music, though it looks like a field
COMMENT = re.compile(r'(?<!\\)%.*')


def read_tune(lines: Sequence[tuple[int, str]]) -> tuple[Piece, bool]:
    """Reads a tune.

    Every bar occurs once, in written order: repeats are not played twice, an ending follows the
    one before it, and the order of parts in the header (`P:AABB`) is not played.

    Args:
      lines: numbers in the file, and lines without their ends.

    Returns:
      The tune from its first full bar on, each voice a track; and whether the unit length was
      guessed: without a field L, it is 4, 2 or 1/2 times the standard's if that fills most bars.

    Raises:
      TuneError: if the tune is damaged or has no notes.
    """
    reader = _TuneReader(lines)
    factor = reader.find_unit_factor()
    if factor == 1:
        return reader.build(), False
    return _TuneReader(lines, factor).build(), True


class _TuneReader:
    """Reads a tune from left to right.

    Without a field L its unit length is `unit_factor` times the standard's.
    """

    def __init__(self, lines: Iterable[tuple[int, str]], unit_factor: Fraction = ONE):
        self._titles: list[str] = []
        self._reference_number = 0
        self._settings = Settings(unit_factor=unit_factor)  # for voices that begin from here on
        self._has_unit = False
        self._drums: dict[str, int] = {}  # MIDI pitches, by note without its length
        self._tempo = ''  # of the header
        self._in_header, self._in_text_block = True, False
        self._properties: dict[str, str] = {}  # of voices
        self._voices: dict[str, Voice] = {}
        self._voice: Voice | None = None
        self._chord: list[Pitch] | None = None
        characters = 0
        for number, line in lines:
            characters += len(line)
            try:
                if characters > MAX_CHARACTERS:
                    raise TuneError(f'longer than {MAX_CHARACTERS} characters')
                self._read_line(line)
            except TuneError as error:
                raise TuneError(f'line {number}: {error}') from None
        for voice in self._voices.values():
            voice.end_bar()

    def find_unit_factor(self) -> Fraction:
        """Returns what fills most bars without a field L: 4, 2, 1/2 or, if nothing does, 1."""
        bars = [bar for voice in self._voices.values() for bar in voice.bars if bar.metre]
        if self._has_unit or len(bars) < MIN_BARS_TO_GUESS:
            return ONE
        shares = [Fraction(bar.length, ticks_of(bar.metre)) for bar in bars if bar.metre]
        for share in (Fraction(1, 4), Fraction(1, 2), Fraction(2)):
            if shares.count(share) >= MIN_SHARE_TO_GUESS * len(shares):
                return 1 / share
        return ONE

    def build(self) -> Piece:
        """Returns the piece; raises a `TuneError` if it has no notes."""
        parts = []
        for index, (name, voice) in enumerate(self._voices.items()):
            # Channels 10 and 11, which melody presets ignore, are left to drums.
            channel = index + 2 * (index >= DRUM_CHANNEL)
            parts.append(Part(name, DRUM_CHANNEL if voice.settings.is_drum else channel))
        title = f'{self._reference_number} {"; ".join(self._titles)}'
        piece = build_piece(merge_voices(list(self._voices.values())), parts, title)
        if not len(piece.notes):
            raise TuneError('no notes')
        return piece

    def _read_line(self, line: str) -> None:
        if line.startswith(('%%', 'I:')):
            self._read_directive(line[2:])
            return
        line = COMMENT.sub('', line).strip()
        if self._in_text_block or not line:
            return
        field = FIELD.match(line)
        if field and not (self._voice and BAR_AFTER_NOTE.match(line)):
            self._read_field(field[1], field[2].strip())
        else:
            self._read_music(line)

    def _read_directive(self, text: str) -> None:
        if text.startswith(('begin', 'end')):
            self._in_text_block = text.startswith('begin')
        match text.split():
            case ['MIDI', 'channel', channel, *_]:
                self._current_settings().is_drum = channel == str(DRUM_CHANNEL + 1)
            case ['MIDI', 'drummap', note, drum, *_] | ['percmap', note, drum, *_]:
                pitch = int(drum) if re.fullmatch(r'\d{1,3}', drum) else find_drum(drum)
                if pitch is not None and pitch < 128:
                    self._drums[note.removeprefix('*')] = pitch
            case ['propagate-accidentals', how, *_]:
                self._current_settings().propagation = how

    def _read_field(self, letter: str, text: str) -> None:
        settings = self._current_settings()
        match letter:
            case 'M':
                settings.metre = parse_metre(text)
            case 'L':
                settings.unit = parse_unit(text)
                self._has_unit = True
            case 'K':
                self._in_header = False
                key = parse_key(text)
                settings.key = settings.key if key is None else key
                settings.read_properties(text)
            case 'Q' if self._voice:
                self._set_tempo(text, self._voice)
            case 'Q':
                self._tempo = text
            case 'V':
                name, _, properties = text.partition(' ')
                if self._in_header:
                    self._properties[name] = properties
                else:
                    self._select_voice(name).settings.read_properties(properties)
            case 'I':
                self._read_directive(text)
            case 'X' if self._voice is None:
                number = re.match(r'\d{1,9}', text)
                self._reference_number = int(number[0]) if number else 0
            case 'T' if self._voice is None:
                self._titles.append(text)

    def _set_tempo(self, text: str, voice: Voice) -> None:
        tempo = parse_tempo(text, voice.settings.find_unit())
        if tempo:
            voice.set_tempo(tempo)

    def _select_voice(self, name: str) -> Voice:
        voice = self._voices.get(name)
        if voice is None:
            voice = Voice(len(self._voices), copy.copy(self._settings))
            voice.settings.read_properties(self._properties.get(name, ''))
            self._voices[name] = voice
        is_first, self._voice = not self._voice, voice
        if is_first and self._tempo:
            self._set_tempo(self._tempo, voice)
        return voice

    def _current_settings(self) -> Settings:
        return self._voice.settings if self._voice else self._settings

    def _read_music(self, line: str) -> None:
        self._in_header = False
        for token in split_music(line):
            if token.lastgroup == 'field':
                self._read_field(token[0][1], token[0][3:-1].strip())
            elif self._voice or token.lastgroup not in ('space', 'bar'):
                first = next(iter(self._properties), '')
                self._read_token(token, self._voice or self._select_voice(first))
        if self._chord is not None:
            raise TuneError('a chord without its "]"')

    def _read_token(self, token: re.Match[str], voice: Voice) -> None:
        match token.lastgroup:
            case 'note':
                self._read_note(token, voice)
            case 'chord':
                if self._chord is not None:
                    raise TuneError('a chord in a chord')
                self._chord = []
            case 'chord_end':
                self._end_chord(token[0][1:], voice)
            case 'tie' if self._chord:
                self._chord[-1].is_tied = True
            case 'tie':
                voice.tie()
            case 'rest' if self._chord is None:
                voice.add([], voice.parse_ticks(token['rest_length']))
            case _:
                voice.read_sign(token)

    def _read_note(self, token: re.Match[str], voice: Voice) -> None:
        _, accidental, letter, marks, length, *_ = token.groups()
        octave = letter.islower() + marks.count("'") - marks.count(',')
        letter = letter.upper()
        level = None if accidental is None else ACCIDENTALS[accidental]
        midi = voice.find_pitch(level, letter, octave)
        if voice.settings.is_drum and self._drums:
            written = token[0].removesuffix(length)
            midi = self._drums.get(written, self._drums.get(written.lstrip('^_='), midi))
        elif voice.settings.has_drum_clef:
            midi = STAFF_DRUMS.get(f'{letter}{octave + 4}', midi)
        staff = 7 * octave + 'CDEFGAB'.index(letter)
        ticks = voice.parse_ticks(length)
        pitch = Pitch(staff, midi, ticks, accidental is not None)
        if self._chord is None:
            voice.add([pitch], ticks)
        else:
            self._chord.append(pitch)

    def _end_chord(self, length: str, voice: Voice) -> None:
        """Adds a chord, which is as long as its first note, times the length behind it."""
        if self._chord is None:
            raise TuneError("unexpected ']'")
        (numerator, denominator), pitches = parse_length(length), self._chord
        self._chord = None
        for pitch in pitches:
            pitch.length = pitch.length * numerator // denominator
        if pitches:
            voice.add(pitches, pitches[0].length)
