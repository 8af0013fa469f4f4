"""One voice of an ABC tune: notes and bar lines become bars."""

import dataclasses
from collections.abc import Sequence
from fractions import Fraction

from melodyvae.midi.abc_fields import Key, TuneError, default_unit
from melodyvae.midi.score import Bar, ScoreNote, Signature, ticks_of

FORTE_LEVELS = ('pppp', 'ppp', 'pp', 'p', 'mp', 'mf', 'f', 'ff', 'fff', 'ffff')
VELOCITIES = dict(zip(FORTE_LEVELS, (30, 30, 45, 60, 75, 90, 105, 120, 127, 127), strict=True))
MAX_BARS = 100_000

_AS_WRITTEN = (1, 1)


@dataclasses.dataclass(slots=True)
class Settings:
    """What information fields set for the notes that follow.

    Attributes:
      metre: None is free.
      unit: ticks; None until a field L sets it or the first note takes the default.
      unit_factor: what the default is multiplied by.
      key: the accidentals of the notes that have none of their own in their bar.
      transpose: semitones.
      velocity: MIDI velocity.
      is_drum: the clef or channel says percussion.
      has_drum_clef: the clef says it, so that places on the staff are drums.
      propagation: accidentals hold until the end of the bar for the same 'pitch' in all octaves,
        in the same 'octave', or 'not'.
    """

    metre: Signature | None = None
    unit: int | None = None
    key: Key = dataclasses.field(default_factory=dict)
    transpose: int = 0
    velocity: int = VELOCITIES['mf']
    is_drum: bool = False
    has_drum_clef: bool = False
    propagation: str = 'pitch'
    unit_factor: Fraction = Fraction(1)

    def find_unit(self) -> int:
        """Returns the unit length in ticks, or the default for the meter."""
        return self.unit or int(default_unit(self.metre) * self.unit_factor)


@dataclasses.dataclass(slots=True)
class Pitch:
    """A note as it is written.

    Attributes:
      staff: its place on the staff, 0 is middle C.
      midi: MIDI pitch.
      length: ticks, before what tuplets and broken rhythms make of them.
      has_accidental: an accidental stands before it.
      is_tied: it is tied to the next one.
    """

    staff: int
    midi: int
    length: int
    has_accidental: bool
    is_tied: bool = False


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

    def pitch(self, accidental: int | None, letter: str, octave: int, semitones: int) -> int:
        """The MIDI pitch of a note, by its own accidental, that of its bar or that of the key.

        Args:
          accidental: semitones; None if none is written.
          letter: 'A' to 'G'.
          octave: 0 holds middle C.
          semitones: the letter's, from C.

        Raises:
          TuneError: if MIDI has no such pitch.
        """
        settings = self.settings
        place = (letter, octave if settings.propagation == 'octave' else 0)
        if accidental is None:
            accidental = self._accidentals.get(place, settings.key.get(letter, 0))
        elif settings.propagation != 'not':
            self._accidentals[place] = accidental
        midi = 60 + 12 * octave + semitones + accidental + settings.transpose
        if not 0 <= midi <= 127:
            raise TuneError(f'no MIDI pitch {midi}')
        return midi

    def ticks(self, length: tuple[int, int]) -> int:
        """Ticks of so many units, before what tuplets and broken rhythms make of them."""
        settings = self.settings
        if settings.unit is None:
            settings.unit = settings.find_unit()
        return settings.unit * length[0] // length[1]

    def add(self, pitches: Sequence[Pitch], length: int) -> None:
        """Adds a note, a chord or, without pitches, a rest.

        Args:
          pitches: those with a tie before them only sound on.
          length: how many ticks later the next one begins, before what tuplets and broken rhythms
            make of them.
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

    def break_rhythm(self, signs: str) -> None:
        """Lengthens the last note and shortens the next one ('>', '>>', '>>>'), or reversely.

        Raises:
          TuneError: if there is no note before it.
        """
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

    def begin_tuplet(self, factor: tuple[int, int], count: int) -> None:
        """The next `count` notes, chords and rests are shorter (or longer) by this factor."""
        self._tuplet, self._tuplet_left = factor, count

    def rest_bars(self, count: int) -> None:
        """Rests for whole bars; the last one is still open.

        Raises:
          TuneError: if they are more than anybody rests.
        """
        if len(self.bars) + count > MAX_BARS:
            raise TuneError(f'more than {MAX_BARS} bars')
        for number in range(count):
            if number:
                self.end_bar()
            self._move(ticks_of(self.settings.metre or (4, 4)))
        self._last = None

    def overlay(self) -> None:
        """Goes back to the begin of the bar."""
        self._position = 0
        self._last = None

    def set_tempo(self, tempo: float) -> None:
        """Quarter notes a minute from here on."""
        self._bar.tempos.append((self._position, tempo))

    def end_bar(self, *, ends_section: bool = False, begins_other_ending: bool = False) -> None:
        """Draws a bar line.

        Args:
          ends_section: the line is double, or a repeat or another ending begins or ends there.
          begins_other_ending: a second ending, or a later one, begins there.
        """
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
        """What broken rhythm and tuplet make of the next length: numerator and denominator."""
        numerator, denominator = self._second_half
        self._second_half = _AS_WRITTEN
        if self._tuplet_left:
            self._tuplet_left -= 1
            numerator *= self._tuplet[0]
            denominator *= self._tuplet[1]
        return numerator, denominator


def merge_voices(voices: Sequence[Voice]) -> list[Bar]:
    """The bars of several voices as those of one score, bar by bar.

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
