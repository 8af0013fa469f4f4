"""Converts the notes and bar lines of one voice of an ABC tune to bars."""

import dataclasses
import re
from collections.abc import Sequence
from fractions import Fraction

from melodyvae.midi.abc_fields import Key, TuneError, parse_length, parse_transposition
from melodyvae.midi.score import PITCHES, QUARTER, VELOCITIES, Bar, ScoreNote, Signature, ticks_of

MAX_BARS = 100_000

_AS_WRITTEN = (1, 1)


@dataclasses.dataclass(slots=True)
class Settings:
    """What information fields set for the notes that follow."""

    metre: Signature | None = None  # None is free
    unit: int | None = None  # ticks; None until a field L or the first note sets it
    unit_factor: Fraction = Fraction(1)  # of the default unit
    key: Key = dataclasses.field(default_factory=dict)
    transpose: int = 0  # semitones
    velocity: int = VELOCITIES['mf']
    is_drum: bool = False  # the clef or channel says percussion
    has_drum_clef: bool = False  # the clef says it, so that places on the staff are drums
    # Accidentals hold until the end of the bar for the same 'pitch' in all octaves, in the same
    # 'octave', or 'not'.
    propagation: str = 'pitch'

    def find_unit(self) -> int:
        """Returns the unit length in ticks: by default a 16th note in short meters, or an 8th."""
        is_short = self.metre and self.metre[0] / self.metre[1] < 0.75
        return self.unit or int(QUARTER // (4 if is_short else 2) * self.unit_factor)

    def read_properties(self, text: str) -> None:
        """Sets what the clef, octave and transposition of a field K or V say."""
        if text:
            self.transpose = parse_transposition(text) or self.transpose
            self.has_drum_clef |= bool(re.search(r'(?:^|[ =])perc', text))
            self.is_drum |= self.has_drum_clef


@dataclasses.dataclass(slots=True)
class Pitch:
    """A note as it is written; tuplets and broken rhythms change its length later."""

    staff: int  # its place on the staff, 0 is middle C
    midi: int  # MIDI pitch
    length: int  # ticks
    has_accidental: bool
    is_tied: bool = False  # to the next one


class Voice:
    """The bars of a voice, written from left to right."""

    def __init__(self, part: int, settings: Settings):
        self.settings = settings
        self.bars: list[Bar] = []
        self._part = part
        self._bar = Bar()
        self._position = 0  # in the bar, in ticks
        self._accidentals: dict[tuple[str, int], int] = {}  # of this bar
        self._last: tuple[Bar, dict[int, ScoreNote], int] | None = None
        self._tied: dict[int, ScoreNote] = {}
        self._second_half = _AS_WRITTEN  # of a broken rhythm
        self._tuplet, self._tuplet_left = _AS_WRITTEN, 0

    def find_pitch(self, accidental: int | None, letter: str, octave: int) -> int:
        """Finds the MIDI pitch of a note by its own accidental, that of its bar or of the key.

        Args:
          accidental: semitones; None if none is written.
          letter: 'A' to 'G'.
          octave: 0 holds middle C.

        Raises:
          TuneError: if MIDI has no such pitch.
        """
        settings = self.settings
        place = (letter, octave if settings.propagation == 'octave' else 0)
        if accidental is None:
            accidental = self._accidentals.get(place, settings.key.get(letter, 0))
        elif settings.propagation != 'not':
            self._accidentals[place] = accidental
        midi = 60 + 12 * octave + PITCHES[letter] + accidental + settings.transpose
        if not 0 <= midi <= 127:
            raise TuneError(f'no MIDI pitch {midi}')
        return midi

    def parse_ticks(self, text: str) -> int:
        """Parses the length behind a note, before tuplets and broken rhythms change it."""
        numerator, denominator = parse_length(text)
        if self.settings.unit is None:
            self.settings.unit = self.settings.find_unit()
        return self.settings.unit * numerator // denominator

    def add(self, pitches: Sequence[Pitch], length: int) -> None:
        """Adds a note, a chord or, without pitches, a rest.

        Args:
          pitches: those with a tie before them only sound on.
          length: how many ticks later the next one begins, before tuplets and broken rhythms.
        """
        numerator, denominator = self._take_factor()
        notes, tied = {}, {}
        for pitch in pitches:
            note = self._tied.get(pitch.staff)
            if note is None or (pitch.has_accidental and note.pitch != pitch.midi):
                velocity = self.settings.velocity
                note = ScoreNote(self._part, pitch.midi, self._position, 0, velocity)
                self._bar.notes.append(note)
            note.length += pitch.length * numerator // denominator
            notes[pitch.staff] = note
            if pitch.is_tied:
                tied[pitch.staff] = note
        length = length * numerator // denominator
        self._tied = tied
        self._last = (self._bar, notes, length)
        self._move(length)

    def tie(self) -> None:
        """Ties the last note or chord to the next one."""
        if self._last:
            self._tied = self._last[1]

    def read_sign(self, token: re.Match[str]) -> None:
        """Reads a token that is not a note; ornaments and the like are skipped.

        Raises:
          TuneError: if the sign is damaged.
        """
        match token.lastgroup:
            case 'bar':
                self._read_bar_line(token)
            case 'broken':
                self._break_rhythm(token[0])
            case 'tuplet':
                self._begin_tuplet(token[0])
            case 'loudness':
                self.settings.velocity = VELOCITIES[token['level']]
            case 'bars_rest':
                self._rest_bars(int(token['bars'] or 1))
            case 'overlay':  # another line of the same bar
                self._position = 0
                self._last = None

    def _read_bar_line(self, token: re.Match[str]) -> None:
        ending = token['ending'] or token['lone_ending']
        signs = token[0].partition('[' if token['lone_ending'] else ending or ' ')[0]
        if ending:
            signs = signs.removesuffix('[')
        self.end_bar(signs.strip(' .') not in ('|', ''), ending not in (None, '1'))

    def _break_rhythm(self, signs: str) -> None:
        """Lengthens the last note and shortens the next one ('>', '>>', '>>>'), or reversely."""
        if not self._last or self._second_half != _AS_WRITTEN:
            raise TuneError(f'no note before {signs!r}')
        bar, notes, length = self._last
        parts = 2 ** len(signs)
        more = length - length // parts
        if signs[0] == '>':
            self._second_half = (1, parts)
        else:
            self._second_half = (2 * parts - 1, parts)
            more = -more
        for note in notes.values():
            note.length += more
        if bar is self._bar:
            self._move(more)
        else:
            bar.length += more

    def _begin_tuplet(self, text: str) -> None:
        """Reads `(p:q:r`, which plays p notes in the time of q, for the next r notes."""
        count, time, notes = (text[1:] + '::').split(':')[:3]
        compound = self.settings.metre in ((6, 8), (9, 8), (12, 8))
        by_count = {2: 3, 3: 2, 4: 3, 6: 2, 8: 3}
        p = int(count)
        q = int(time) if time else by_count.get(p, 3 if compound else 2)
        if not p or not q:
            raise TuneError(f'no tuplet {text!r}')
        self._tuplet, self._tuplet_left = (q, p), int(notes) if notes else p

    def _rest_bars(self, count: int) -> None:
        """Rests for whole bars; the last one is still open."""
        if len(self.bars) + count > MAX_BARS:
            raise TuneError(f'more than {MAX_BARS} bars')
        for number in range(count):
            if number:
                self.end_bar()
            self._move(ticks_of(self.settings.metre or (4, 4)))
        self._last = None

    def set_tempo(self, tempo: float) -> None:
        """Sets the quarter notes per minute from here on."""
        self._bar.tempos.append((self._position, tempo))

    def end_bar(self, ends_section: bool = False, begins_other_ending: bool = False) -> None:
        """Draws a bar line; it may end a section, or begin a second ending or a later one."""
        if self._bar.length:
            self._bar.metre = self.settings.metre
            self.bars.append(self._bar)
            self._bar = Bar()
        self._position = 0
        self._accidentals.clear()
        if self.bars:
            self.bars[-1].ends_section |= ends_section or begins_other_ending
        self._bar.begins_other_ending |= begins_other_ending

    def _move(self, length: int) -> None:
        self._position += length
        self._bar.length = max(self._bar.length, self._position)

    def _take_factor(self) -> tuple[int, int]:
        """Returns what broken rhythm and tuplet make of the next length, as a fraction."""
        numerator, denominator = self._second_half
        self._second_half = _AS_WRITTEN
        if self._tuplet_left:
            self._tuplet_left -= 1
            numerator *= self._tuplet[0]
            denominator *= self._tuplet[1]
        return numerator, denominator


def merge_voices(voices: Sequence[Voice]) -> list[Bar]:
    """Merges the bars of several voices, bar by bar.

    Lengths and bar lines are those of the first voice, or of the first that has so many bars.
    """
    longest = max((len(voice.bars) for voice in voices), default=0)
    bars = []
    for index in range(longest):
        first, *others = [voice.bars[index] for voice in voices if index < len(voice.bars)]
        for bar in others:
            first.notes += bar.notes
            first.tempos += bar.tempos
            first.ends_section |= bar.ends_section
        bars.append(first)
    return bars
