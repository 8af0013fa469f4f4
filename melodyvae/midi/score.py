"""Written music: bars of notes, and where they come to lie in time."""

import bisect
import dataclasses
import typing
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import NamedTuple

from melodyvae.midi.note_sequence import note_seq
from melodyvae.midi.piece import DEFAULT_TEMPO

if typing.TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

Signature = tuple[int, int]  # such as (6, 8)
QUARTER = 2**7 * 3**2 * 5 * 7 * 11 * 13  # ticks: 512ths and tuplets of up to 16 come out even
ROUNDING = QUARTER // 50  # that a bar may differ by from a full one: a third of a 64th note


@dataclasses.dataclass(slots=True)
class ScoreNote:
    """A note of a bar.

    Attributes:
      part: the part that plays it, counted from 0.
      pitch: MIDI pitch, 60 is middle C.
      start: ticks after the begin of its bar.
      length: ticks; the note may sound beyond its bar.
      velocity: MIDI velocity, 1 to 127.
    """

    part: int
    pitch: int
    start: int
    length: int
    velocity: int


@dataclasses.dataclass(slots=True)
class Bar:
    """What stands between two bar lines.

    Attributes:
      metre: the time signature in force; None is free.
      length: ticks, which need not be those of the metre.
      notes: of all parts.
      tempos: begin in ticks after that of the bar, and quarter notes a minute.
      keys: begin likewise, tonic (0 is C, 11 is B) and the name of the mode in NoteSequences.
      ends_section: a repeat sign, a double bar or the next ending follows.
      begins_other_ending: it begins the second ending of a repeat, or a later one.
    """

    metre: Signature | None = None
    length: int = 0
    notes: list[ScoreNote] = dataclasses.field(default_factory=list)
    tempos: list[tuple[int, float]] = dataclasses.field(default_factory=list)
    keys: list[tuple[int, int, str]] = dataclasses.field(default_factory=list)
    ends_section: bool = False
    begins_other_ending: bool = False


@dataclasses.dataclass(slots=True)
class Part:
    """Who plays: a name, and MIDI channel (9 is drums) and program, both counted from 0."""

    name: str = ''
    channel: int = 0
    program: int = 0
    is_drum: bool = False


@dataclasses.dataclass(slots=True)
class _Measure:
    """One written bar, or two that make a full one: those around a repeat sign often do."""

    bars: list[Bar]
    length: int

    @property
    def metre(self) -> Signature | None:
        return self.bars[0].metre

    @property
    def missing(self) -> int:
        """Ticks to a full bar; 0 where there are more, or where there is no metre."""
        missing = ticks_of(self.metre) - self.length if self.metre else 0
        return missing if missing > ROUNDING else 0

    @property
    def ends_section(self) -> bool:
        """Whether a section ends with it, or within, as before the pickup of the next one."""
        return any(bar.ends_section for bar in self.bars)


def ticks_of(metre: Signature) -> int:
    """The length of a full bar."""
    return 4 * QUARTER * metre[0] // metre[1]


class Placement(NamedTuple):
    """Where bars come to lie in time.

    Attributes:
      starts: of each bar, in ticks.
      signatures: the begin and metre of every change of metre.
      sections: ticks; where a section begins after the first.
    """

    starts: list[int]
    signatures: list[tuple[int, Signature]]
    sections: list[int]


def place_bars(bars: Sequence[Bar]) -> Placement:
    """Where bars begin, and the time signatures that put bar lines there.

    Each bar is there once, in written order. Time 0 is the first full bar: a pickup lies before
    it. Two bars that make a full one are one, as around a repeat sign before a pickup. A short bar
    at the end of a section that nothing completes is filled up with silence, so that what follows
    keeps its beat. Another bar that differs from its metre gets a time signature of its own length.
    A section begins after a repeat sign or a double bar; but the second ending of a repeat belongs
    to the section of the first.

    Args:
      bars: none of them of length 0.
    """
    measures = _join_bars(bars)
    starts: list[int] = []
    signatures: list[tuple[int, Signature]] = []
    sections: list[int] = []
    has_pickup = len(measures) > 1 and measures[0].missing
    position = -measures[0].length if has_pickup else 0
    has_ended = False  # a section, with the last measure
    for measure in measures:
        begin = position
        if has_ended and begin > 0 and not measure.bars[0].begins_other_ending:
            sections.append(begin)
        has_ended = measure.ends_section
        for bar in measure.bars:
            starts.append(position)
            position += bar.length
        if begin < 0 or not measure.metre:
            continue
        metre, full = measure.metre, ticks_of(measure.metre)
        count = max(round(measure.length / full), 1)
        is_whole = abs(measure.length - count * full) <= ROUNDING
        if is_whole or (measure.missing and measure.bars[-1].ends_section):
            position = begin + count * full
        elif measure is not measures[-1]:
            metre = _metre_of(measure.length, metre)
        if not signatures or signatures[-1][1] != metre:
            signatures.append((begin, metre))
    return Placement(starts, signatures, sections)


def to_note_sequence(bars: Iterable[Bar], parts: Sequence[Part]) -> 'NoteSequence':
    """Bars as a NoteSequence, from the first full bar on; see `place_bars`.

    Args:
      bars: those of length 0 must not hold notes.
      parts: who plays.

    Returns:
      Notes part by part, in the order of their begin. `instrument` is the MIDI channel.
    """
    bars = [bar for bar in bars if bar.length]
    starts, signatures, sections = place_bars(bars)
    music = note_seq().NoteSequence()
    for index, part in enumerate(parts):
        music.part_infos.add(part=index, name=part.name)
    clock = _Clock(_from_zero((s + at, qpm) for b, s in _zip(bars, starts) for at, qpm in b.tempos))
    for time, qpm in zip(clock.times, clock.rates, strict=True):
        music.tempos.add(time=time, qpm=qpm)
    for begin, (numerator, denominator) in signatures:
        music.time_signatures.add(
            time=clock.seconds(begin), numerator=numerator, denominator=denominator
        )
    for number, begin in enumerate(sections, start=1):
        music.section_annotations.add(time=clock.seconds(begin), section_id=number)
    keys = ((s + at, (tonic, mode)) for b, s in _zip(bars, starts) for at, tonic, mode in b.keys)
    for begin, (tonic, mode) in _from_zero(keys):
        music.key_signatures.add(time=clock.seconds(begin), key=tonic, mode=mode)
    placed = [(note, start + note.start) for bar, start in _zip(bars, starts) for note in bar.notes]
    for note, begin in sorted(placed, key=lambda pair: (pair[0].part, pair[1])):
        if begin + note.length > 0:
            part = parts[note.part]
            music.notes.add(
                pitch=note.pitch,
                velocity=note.velocity,
                start_time=clock.seconds(max(begin, 0)),
                end_time=clock.seconds(begin + note.length),
                instrument=part.channel,
                program=part.program,
                is_drum=part.is_drum,
                part=note.part,
            )
    music.total_time = max((note.end_time for note in music.notes), default=0.0)
    return music


def _join_bars(bars: Sequence[Bar]) -> list[_Measure]:
    measures: list[_Measure] = []
    for bar in bars:
        if len(measures) > 1 and _completes(bar, measures[-1]):
            measures[-1].bars.append(bar)
            measures[-1].length += bar.length
        else:
            measures.append(_Measure([bar], bar.length))
    return measures


def _completes(bar: Bar, last: _Measure) -> bool:
    return (
        not bar.begins_other_ending
        and bar.metre == last.metre
        and abs(bar.length - last.missing) <= ROUNDING
    )


def _metre_of(length: int, metre: Signature) -> Signature:
    """The metre of a bar of this length, counted in the beats of its neighbours where it can be."""
    wholes = Fraction(length, 4 * QUARTER).limit_denominator(128)
    beats = wholes * metre[1]
    if beats.denominator == 1:
        return int(beats), metre[1]
    return wholes.numerator, wholes.denominator


def _zip(bars: list[Bar], starts: list[int]) -> Iterable[tuple[Bar, int]]:
    return zip(bars, starts, strict=True)


def _from_zero(changes: Iterable[tuple[int, typing.Any]]) -> list[tuple[int, typing.Any]]:
    """Changes in the order of time, the last one before 0 at 0, and one a time."""
    latest = {max(begin, 0): value for begin, value in sorted(changes, key=_begin)}
    return list(latest.items())


def _begin(change: tuple[int, typing.Any]) -> int:
    return change[0]


class _Clock:
    """Ticks to seconds."""

    def __init__(self, tempos: list[tuple[int, float]]):
        self._begins = [begin for begin, _ in tempos]
        self.rates = [qpm for _, qpm in tempos]
        self.times: list[float] = []
        for begin in self._begins:
            self.times.append(self.seconds(begin))

    def seconds(self, position: int) -> float:
        index = bisect.bisect_right(self._begins, position, hi=len(self.times)) - 1
        if index < 0:
            return position / QUARTER * 60 / DEFAULT_TEMPO
        quarters = (position - self._begins[index]) / QUARTER
        return self.times[index] + quarters * 60 / self.rates[index]
