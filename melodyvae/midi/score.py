"""Written music: bars of notes, and the piece that they make."""

import dataclasses
import operator
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from melodyvae.midi.piece import Metre, Notes, Piece

Signature = tuple[int, int]  # such as (6, 8)
PITCHES = {'C': 0, 'D': 2, 'E': 4, 'F': 5, 'G': 7, 'A': 9, 'B': 11}  # semitones from C
FORTE_LEVELS = ('pppp', 'ppp', 'pp', 'p', 'mp', 'mf', 'f', 'ff', 'fff', 'ffff')
VELOCITIES = dict(zip(FORTE_LEVELS, (30, 30, 45, 60, 75, 90, 105, 120, 127, 127), strict=True))
QUARTER = 2**7 * 3**2 * 5 * 7 * 11 * 13  # ticks: 512ths and tuplets of up to 16 come out even
ROUNDING = QUARTER // 50  # how far a bar may differ from a full one: a third of a 64th note


@dataclasses.dataclass(slots=True)
class ScoreNote:
    """A note of a bar."""

    part: int  # number of the part that plays it, from 0
    pitch: int  # MIDI pitch
    start: int  # ticks from the start of its bar
    length: int  # ticks; the note may sound beyond its bar
    velocity: int  # MIDI velocity, 1 to 127


@dataclasses.dataclass(slots=True)
class Bar:
    """The music between two bar lines."""

    metre: Signature | None = None  # None is free meter
    length: int = 0  # ticks, which may differ from the length of a full bar
    notes: list[ScoreNote] = dataclasses.field(default_factory=list)  # of all parts
    # Ticks from the start of the bar, and quarter notes per minute.
    tempos: list[tuple[int, float]] = dataclasses.field(default_factory=list)
    ends_section: bool = False  # a repeat sign, a double bar or the next ending follows
    begins_other_ending: bool = False  # the second ending of a repeat, or a later one


class Part(NamedTuple):
    """A part's name and MIDI channel, counted from 0; 9 is for drums."""

    name: str = ''
    channel: int = 0


@dataclasses.dataclass(slots=True)
class _Measure:
    """One written bar, or two that make a full one, as around a repeat sign."""

    bars: list[Bar]
    length: int

    @property
    def metre(self) -> Signature | None:
        return self.bars[0].metre

    @property
    def missing(self) -> int:
        """Ticks missing from a full bar; 0 if none are, or in free meter."""
        missing = ticks_of(self.metre) - self.length if self.metre else 0
        return missing if missing > ROUNDING else 0

    @property
    def ends_section(self) -> bool:
        """Whether a section ends with this measure or within it, before the next pickup."""
        return any(bar.ends_section for bar in self.bars)


def ticks_of(metre: Signature) -> int:
    """Returns the length of a full bar."""
    return 4 * QUARTER * metre[0] // metre[1]


def place_bars(bars: Sequence[Bar]) -> tuple[list[int], list[tuple[int, Signature]], list[int]]:
    """Finds where bars begin, and the time signatures that put bar lines there.

    Every bar occurs once, in written order. Time 0 is the first full bar, so a pickup lies before
    it. Two bars that make a full one count as one, as around a repeat sign before a pickup. A short
    bar at the end of a section is padded with silence if nothing completes it, so that the next
    section stays on the beat. Any other bar that differs from its meter gets a time signature of
    its own length. A section begins after a repeat sign or a double bar, but the second ending of a
    repeat belongs to the section of the first.

    Returns:
      The starts of bars, which must be longer than 0; the start and meter of each change of meter;
      and the starts of sections but the first. Starts are in ticks.
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
    return starts, signatures, sections


def build_piece(bars: Iterable[Bar], parts: Sequence[Part], title: str = '') -> Piece:
    """Builds a piece from bars, from the first full bar on; see `place_bars`.

    Each part becomes a track, with its notes by start. Bars of length 0 must not hold notes.
    """
    bars = [bar for bar in bars if bar.length]
    starts, signatures, sections = place_bars(bars)
    tempos, rows = [], []
    for bar, bar_start in zip(bars, starts, strict=True):
        tempos += [(bar_start + at, tempo) for at, tempo in bar.tempos]
        for note in bar.notes:
            begin = bar_start + note.start
            rows.append((note.part, max(begin, 0), begin + note.length, note))
    # The last tempo up to 0 holds from there on.
    latest = {max(at, 0): tempo for at, tempo in sorted(tempos, key=operator.itemgetter(0))}
    rows = sorted([row for row in rows if row[2] > 0], key=operator.itemgetter(0, 1))
    track, start, end = (np.array([row[column] for row in rows], np.int64) for column in range(3))
    velocity = np.array([row[3].velocity for row in rows], np.float32)
    return Piece(
        notes=Notes(
            pitch=np.array([row[3].pitch for row in rows], np.int16),
            velocity=velocity / np.float32(127),
            start=start / QUARTER,
            length=(end - start) / QUARTER,
        ),
        track=track.astype(np.int16),
        channel=np.array([part.channel for part in parts], np.int8)[track],
        unended=np.zeros(len(rows), bool),
        metres=tuple([Metre(at / QUARTER, *signature) for at, signature in signatures]),
        tempos=tuple(latest.values()),
        length=end.max(initial=0) / QUARTER,
        track_names=tuple([part.name for part in parts]),
        sections=tuple([at / QUARTER for at in sections]),
        title=title,
    )


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
    """Returns the meter of a bar of this length, in the beats of its neighbors if possible."""
    wholes = Fraction(length, 4 * QUARTER).limit_denominator(128)
    beats = wholes * metre[1]
    if beats.denominator == 1:
        return int(beats), metre[1]
    return wholes.numerator, wholes.denominator
