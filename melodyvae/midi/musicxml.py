"""Reads MusicXML scores.

Elements are those of the standard, https://www.w3.org/2021/06/musicxml40/.
"""

import collections
import dataclasses
import itertools
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from xml.parsers import expat

from melodyvae.midi.abc_voice import VELOCITIES
from melodyvae.midi.drum_names import STAFF_DRUMS
from melodyvae.midi.musicxml_file import ScoreError, read_document
from melodyvae.midi.piece import DEFAULT_TEMPO, DRUM_CHANNEL, Piece
from melodyvae.midi.score import (
    QUARTER,
    Bar,
    Part,
    ScoreNote,
    Signature,
    build_piece,
    ticks_of,
)

SEMITONES = {'C': 0, 'D': 2, 'E': 4, 'F': 5, 'G': 7, 'A': 9, 'B': 11}
DEFAULT_VELOCITY = 64  # MIDI velocity where a score says nothing
FORTE = 90  # MIDI velocity of 100% in `dynamics`
MAX_STAVES = 9  # per part
MAX_TEMPO = 10_000  # quarter notes per minute
BEATS = {'whole': 4, 'half': 2, 'quarter': 1, 'eighth': 1 / 2, '16th': 1 / 4}  # quarter notes
SECTION_ENDS = ('light-light', 'light-heavy', 'heavy-light', 'heavy-heavy')


def read_musicxml(path: Path) -> Piece:
    """Reads a MusicXML score, compressed or not.

    Every bar occurs once, from the first full one on: repeats are not played twice, and the pickup
    is left out. Grace notes, cues, and notes outside the range of MIDI are left out. An unpitched
    note is the drum that the score names or, without one, the drum of its place on the staff.

    Returns:
      A piece with one track per staff of each part, as for the hands of a piano. A voice that
      crosses staves is on one track.

    Raises:
      ScoreError: if it is no score, or larger than 32 MB unpacked.
    """
    try:
        score = ET.fromstring(read_document(path))
    except ET.ParseError as error:
        if error.code == expat.errors.codes[expat.errors.XML_ERROR_NO_MEMORY]:
            raise MemoryError from error
        raise ScoreError(f'no XML: {error}') from error
    if score.tag != 'score-partwise':
        raise ScoreError(f'its root is <{score.tag}>, not <score-partwise>')
    listed = {part.get('id'): part for part in score.iterfind('part-list/score-part')}
    readers: list[_PartReader] = []
    for part in score.iterfind('part'):
        number = sum(len(reader.parts) for reader in readers)
        readers.append(_PartReader(number, listed.get(part.get('id')), part))
    bars = []
    for same_bar in itertools.zip_longest(*(reader.bars for reader in readers)):
        bars.append(_merge_bars([bar for bar in same_bar if bar]))
    piece = build_piece(bars, [part for reader in readers for part in reader.parts])
    if not len(piece.notes) and score.find('part/measure/note/unpitched') is not None:
        raise ScoreError('its unpitched notes name no drum and have no place on the staff')
    return dataclasses.replace(piece, tempos=piece.tempos or (DEFAULT_TEMPO,))


def _merge_bars(bars: list[Bar]) -> Bar:
    """Merges the same bar of all parts; it is full if one of them is, otherwise the longest counts.

    Some parts omit their rests, and some are too long.
    """
    first, *others = bars
    lengths = [bar.length for bar in bars]
    full = ticks_of(first.metre) if first.metre else 0
    first.length = full if full in lengths else max(lengths)
    for bar in others:
        first.notes += bar.notes
        first.tempos += bar.tempos
        first.ends_section |= bar.ends_section
        first.begins_other_ending |= bar.begins_other_ending
    return first


@dataclasses.dataclass(slots=True)
class _State:
    """The state of a part from left to right."""

    divisions: int = 1  # of a quarter note
    transpose: int = 0
    metre: Signature | None = None
    velocity: int = DEFAULT_VELOCITY
    position: int = 0  # in the bar, in ticks
    chord_begin: int = 0
    chord_length: int = 0

    def ticks(self, element: ET.Element) -> int:
        """Returns the duration of a note, a backup or a forward."""
        return max(round(QUARTER * _number(element, 'duration') / self.divisions), 0)


class _PartReader:
    """Reads a part from left to right; its staves are `number` and the following."""

    def __init__(self, number: int, listed: ET.Element | None, part: ET.Element):
        self._number = number
        self.parts = _name_staves(_read_part_info(listed, part), _count_staves(part))
        self._drums = _read_drums(listed)
        self._staves = _find_crossing_voices(part)
        self._state = _State()
        # By staff and pitch: the note, and where it ends.
        self._tied: dict[tuple[int, int], tuple[ScoreNote, int]] = {}
        self._past = 0  # ticks before this bar
        self.bars = list(self._read_bars(part))

    def _read_bars(self, part: ET.Element) -> Iterator[Bar]:
        bar = Bar()
        for measure in part.iterfind('measure'):
            bar.ends_section |= _has_section_line(measure, 'left')
            self._state.position = 0
            bar = Bar()
            for element in measure:
                self._read_element(element, bar)
                bar.length = max(bar.length, self._state.position)
            if measure.get('implicit') == 'yes' and not bar.notes:
                bar.length = 0  # some write a whole bar's rest into a pickup
            bar.metre = self._state.metre
            bar.ends_section = _has_section_line(measure, 'right')
            bar.begins_other_ending = any(
                ending.get('type') == 'start' and not ending.get('number', '1').startswith('1')
                for ending in measure.iterfind('barline/ending')
            )
            self._past += bar.length
            yield bar

    def _read_element(self, element: ET.Element, bar: Bar) -> None:
        state = self._state
        if element.tag == 'note':
            self._read_note(element, bar)
        elif element.tag == 'backup':
            state.position = max(state.position - state.ticks(element), 0)
        elif element.tag == 'forward':
            state.position += state.ticks(element)
        elif element.tag == 'attributes':
            _read_attributes(element, state)
        elif element.tag in ('direction', 'sound'):
            self._read_direction(element, bar)

    def _read_direction(self, element: ET.Element, bar: Bar) -> None:
        for mark in element.iterfind('direction-type/dynamics/*'):
            self._state.velocity = VELOCITIES.get(mark.tag, self._state.velocity)
        tempo = _read_metronome(element)
        for sound in element.iter('sound'):
            if 'dynamics' in sound.attrib:
                self._state.velocity = _read_velocity(sound.attrib['dynamics'])
            if 'tempo' in sound.attrib:
                tempo = _to_float(sound.attrib['tempo'])
        if 0 < tempo < MAX_TEMPO:
            bar.tempos.append((self._state.position, tempo))

    def _read_note(self, element: ET.Element, bar: Bar) -> None:
        state = self._state
        if element.find('grace') is not None:
            return
        if element.find('chord') is None:
            state.chord_begin, state.chord_length = state.position, state.ticks(element)
            state.position += state.chord_length
        pitch = self._pitch(element)
        if pitch is None or not state.chord_length or element.find('cue') is not None:
            return
        # Sibelius gives the notes of a chord other durations than its first.
        begin, length = state.chord_begin, state.chord_length
        ties = {tie.get('type') for tie in element.iterfind('tie')}
        ties |= {tied.get('type') for tied in element.iterfind('notations/tied')}
        part = self._number + self._find_staff(element)
        note, end = self._tied.pop((part, pitch), (None, 0))
        if note and end == self._past + begin:
            note.length += length
        else:
            loudness = element.get('dynamics')
            velocity = state.velocity if loudness is None else _read_velocity(loudness)
            note = ScoreNote(part, pitch, begin, length, velocity)
            bar.notes.append(note)
        if 'start' in ties:
            self._tied[part, pitch] = (note, self._past + begin + length)

    def _find_staff(self, element: ET.Element) -> int:
        """Returns the staff of a note, from 0, or that of its voice if the voice crosses staves."""
        staff = self._staves.get(element.findtext('voice', ''), _read_staff(element))
        return min(max(staff, 0), len(self.parts) - 1)

    def _pitch(self, element: ET.Element) -> int | None:
        """Returns the MIDI pitch of a note; None for a rest or a pitch outside the range."""
        written = element.find('pitch')
        if written is not None:
            step, octave = written.findtext('step', ''), _number(written, 'octave')
            if step.strip() not in SEMITONES:
                raise ScoreError(f'no pitch {step[:20]!r}')
            alter = int(_number(written, 'alter', 0))
            pitch = 12 * (int(octave) + 1) + SEMITONES[step.strip()] + alter
            pitch += self._state.transpose
        elif element.find('unpitched') is not None:
            pitch = self._find_drum(element)
        else:
            return None
        return pitch if 0 <= pitch <= 127 else None

    def _find_drum(self, element: ET.Element) -> int:
        """Returns the MIDI pitch of an unpitched note; -1 if the score does not tell it."""
        instrument = element.find('instrument')
        if instrument is not None and instrument.get('id', '') in self._drums:
            return self._drums[instrument.get('id', '')]
        if len(self._drums) == 1 and instrument is None:
            return next(iter(self._drums.values()))
        step = element.findtext('unpitched/display-step', '').strip()
        octave = element.findtext('unpitched/display-octave', '').strip()
        return STAFF_DRUMS.get(f'{step}{octave}', -1)


def _read_part_info(listed: ET.Element | None, part: ET.Element) -> Part:
    """Reads a part's name and channel; MusicXML counts channels from 1."""
    name, channel = '', 0
    if listed is not None:
        name = listed.findtext('part-name') or ''
        instrument = listed.find('midi-instrument')
        if instrument is not None:
            channel = min(max(int(_number(instrument, 'midi-channel', 1)) - 1, 0), 15)
    notes = 'measure/note/'
    no_pitches = part.find(f'{notes}unpitched') is not None and part.find(f'{notes}pitch') is None
    return Part(name, DRUM_CHANNEL if no_pitches or _read_drums(listed) else channel)


def _count_staves(part: ET.Element) -> int:
    counts = [_number(each, 'staves', 1) for each in part.iterfind('measure/attributes')]
    return int(min(max(counts, default=1), MAX_STAVES))


def _find_crossing_voices(part: ET.Element) -> dict[str, int]:
    """Returns the staff, from 0, of each voice that crosses staves.

    That is the one with most of its notes, if possible among those that no other voice is on. A
    voice crosses if it changes staves without a backup in between: some programs number the voices
    of each staff from 1.
    """
    counts: dict[str, collections.Counter[int]] = collections.defaultdict(collections.Counter)
    crossing: set[str] = set()
    for measure in part.iterfind('measure'):
        current: dict[str, int] = {}
        for element in measure:
            if element.tag == 'backup':
                current.clear()
            if element.tag != 'note' or element.find('pitch') is None:
                continue
            voice, staff = element.findtext('voice'), _read_staff(element)
            if voice is not None:
                counts[voice][staff] += 1
                if current.setdefault(voice, staff) != staff:
                    crossing.add(voice)
    taken = {staff for voice in counts.keys() - crossing for staff in counts[voice]}
    homes = {}
    for voice in crossing:
        free = {staff: n for staff, n in counts[voice].items() if staff not in taken}
        staves = free or counts[voice]
        homes[voice] = max(staves, key=staves.__getitem__)
    return homes


def _read_staff(element: ET.Element) -> int:
    """Returns the staff of a note, from 0."""
    return int(_number(element, 'staff', 1)) - 1


def _name_staves(part: Part, count: int) -> list[Part]:
    """Repeats a part for each of its staves, with their numbers in the names if several."""
    if count == 1 or not part.name:
        return [part] * count
    names = [f'{part.name}, staff {number}' for number in range(1, count + 1)]
    return [part._replace(name=name) for name in names]


def _read_drums(listed: ET.Element | None) -> dict[str, int]:
    """Returns MIDI pitches of a part's drums by instrument; MusicXML counts from 1."""
    instruments = [] if listed is None else listed.iterfind('midi-instrument')
    return {
        instrument.get('id', ''): int(_number(instrument, 'midi-unpitched')) - 1
        for instrument in instruments
        if instrument.find('midi-unpitched') is not None
    }


def _read_attributes(element: ET.Element, state: _State) -> None:
    if element.find('divisions') is not None:
        state.divisions = int(_number(element, 'divisions'))
        if state.divisions < 1:
            raise ScoreError('no divisions in a quarter note')
    transpose = element.find('transpose')
    if transpose is not None:
        octaves = int(_number(transpose, 'octave-change', 0))
        state.transpose = int(_number(transpose, 'chromatic', 0)) + 12 * octaves
    time = element.find('time')
    if time is not None:
        state.metre = _read_metre(time)


def _read_metre(time: ET.Element) -> Signature | None:
    """A time signature such as 4/4, 3+2/8 or 2/4 3/8 as one metre; None is free."""
    fractions = []
    for beats, unit in zip(time.iterfind('beats'), time.iterfind('beat-type'), strict=False):
        fractions += [(_to_int(part), _to_int(unit.text)) for part in (beats.text or '').split('+')]
    if not fractions:
        return None
    denominator = max(unit for _, unit in fractions)
    numerator = sum(count * denominator // max(unit, 1) for count, unit in fractions)
    if not 0 < numerator < 1000 or denominator not in (1, 2, 4, 8, 16, 32, 64, 128):
        raise ScoreError(f'no metre {numerator}/{denominator}')
    return numerator, denominator


def _read_velocity(percent: str) -> int:
    """Converts `dynamics` to MIDI velocity."""
    return min(max(round(FORTE / 100 * _to_float(percent)), 1), 127)


def _read_metronome(direction: ET.Element) -> float:
    """Returns the quarter notes per minute of a metronome mark; 0 without one."""
    mark = direction.find('direction-type/metronome')
    beat = BEATS.get('' if mark is None else mark.findtext('beat-unit', ''))
    minute = re.search(r'\d+(\.\d+)?', '' if mark is None else mark.findtext('per-minute', ''))
    if mark is None or not beat or not minute:
        return 0
    dots = len(mark.findall('beat-unit-dot'))
    return float(minute[0]) * beat * (2 - 0.5**dots)


def _has_section_line(measure: ET.Element, side: str) -> bool:
    """Whether a repeat sign or a double bar is at the 'left' or 'right' of a measure."""
    return any(
        line.get('location', 'right') == side
        and (line.findtext('bar-style') in SECTION_ENDS or line.find('repeat') is not None)
        for line in measure.iterfind('barline')
    )


def _number(element: ET.Element, tag: str, default: float | None = None) -> float:
    text = element.findtext(tag)
    if text is None:
        if default is None:
            raise ScoreError(f'a <{element.tag}> without <{tag}>')
        return default
    return _to_float(text)


def _to_float(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise ScoreError(f'no number {text[:20]!r}') from None
    if abs(number) > 1e9 or number != number:
        raise ScoreError(f'no number {text[:20]!r}')
    return number


def _to_int(text: str | None) -> int:
    return int(_to_float(text or ''))
