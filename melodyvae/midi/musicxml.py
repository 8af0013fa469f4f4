"""Reads MusicXML scores.

Elements are those of the standard, https://www.w3.org/2021/06/musicxml40/.
"""

import dataclasses
import itertools
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from xml.parsers import expat

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
MEZZO_FORTE = 64  # MIDI velocity where a score says nothing, as in note-seq
FORTE = 90  # MIDI velocity that `dynamics` are percents of
MOST_STAVES = 9  # of a part
SECTION_ENDS = ('light-light', 'light-heavy', 'heavy-light', 'heavy-heavy')


def read_musicxml(path: Path) -> Piece:
    """A MusicXML score, compressed or not, at 120 quarter notes a minute throughout.

    Each bar is there once, from the first full one on: repeats are not played twice, and the
    pickup is left out. Grace notes, cues, and notes that MIDI does not have are left out. Notes on
    no pitch count where the score says which drum they are.

    Returns:
      A piece with one track per staff of each part, as for the hands of a piano.

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
    return dataclasses.replace(piece, tempos=piece.tempos or (DEFAULT_TEMPO,))


def _merge_bars(bars: list[Bar]) -> Bar:
    """One bar of all parts: a full one if a part has that, otherwise as long as the longest.

    Some parts leave out their rests, and some are written too long.
    """
    first, *others = bars
    lengths = [bar.length for bar in bars]
    full = ticks_of(first.metre) if first.metre else 0
    first.length = full if full in lengths else max(lengths)
    for bar in others:
        first.notes += bar.notes
        first.ends_section |= bar.ends_section
        first.begins_other_ending |= bar.begins_other_ending
    return first


@dataclasses.dataclass(slots=True)
class _State:
    """What holds for the notes that follow in a part."""

    divisions: int = 1  # of a quarter note
    transpose: int = 0
    metre: Signature | None = None
    velocity: int = MEZZO_FORTE
    position: int = 0  # in the bar, in ticks
    chord_begin: int = 0
    chord_length: int = 0

    def ticks(self, element: ET.Element) -> int:
        """The duration of a note, a backup or a forward."""
        return max(round(QUARTER * _number(element, 'duration') / self.divisions), 0)


class _PartReader:
    """Reads a part from left to right; its staves are `number` and the following."""

    def __init__(self, number: int, listed: ET.Element | None, part: ET.Element):
        self._number = number
        self.parts = _name_staves(_read_part_info(listed), _count_staves(part))
        self._drums = _read_drums(listed)
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
            for sound in element.iter('sound'):
                if 'dynamics' in sound.attrib:
                    velocity = round(FORTE / 100 * _to_float(sound.attrib['dynamics']))
                    state.velocity = min(max(velocity, 1), 127)

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
        staff = int(_number(element, 'staff', 1)) - 1
        number = self._number + min(max(staff, 0), len(self.parts) - 1)
        note, end = self._tied.pop((number, pitch), (None, 0))
        if note and 'stop' in ties and end == self._past + begin:
            note.length += length
        else:
            note = ScoreNote(number, pitch, begin, length, state.velocity)
            bar.notes.append(note)
        if 'start' in ties:
            self._tied[number, pitch] = (note, self._past + begin + length)

    def _pitch(self, element: ET.Element) -> int | None:
        """The MIDI pitch of a note, or None if it is a rest, or has none that MIDI has."""
        written = element.find('pitch')
        if written is not None:
            step, octave = written.findtext('step', ''), _number(written, 'octave')
            if step.strip() not in SEMITONES:
                raise ScoreError(f'no pitch {step[:20]!r}')
            alter = int(_number(written, 'alter', 0))
            pitch = 12 * (int(octave) + 1) + SEMITONES[step.strip()] + alter
            pitch += self._state.transpose
        elif element.find('unpitched') is not None:
            instrument = element.find('instrument')
            drum = '' if instrument is None else instrument.get('id', '')
            if drum not in self._drums:
                return None
            pitch = self._drums[drum]
        else:
            return None
        return pitch if 0 <= pitch <= 127 else None


def _read_part_info(listed: ET.Element | None) -> Part:
    """Reads a part's name and channel; MusicXML counts channels from 1."""
    if listed is None:
        return Part()
    name, channel = listed.findtext('part-name') or '', 0
    instrument = listed.find('midi-instrument')
    if instrument is not None:
        channel = min(max(int(_number(instrument, 'midi-channel', 1)) - 1, 0), 15)
    return Part(name, DRUM_CHANNEL if _read_drums(listed) else channel)


def _count_staves(part: ET.Element) -> int:
    counts = [_number(each, 'staves', 1) for each in part.iterfind('measure/attributes')]
    return int(min(max(counts, default=1), MOST_STAVES))


def _name_staves(part: Part, count: int) -> list[Part]:
    """A part as many times as it has staves, named by their numbers if they are several."""
    if count == 1 or not part.name:
        return [part] * count
    names = [f'{part.name}, staff {number}' for number in range(1, count + 1)]
    return [part._replace(name=name) for name in names]


def _read_drums(listed: ET.Element | None) -> dict[str, int]:
    """MIDI pitches of a part's drums by the name of the instrument; MusicXML counts from 1."""
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
