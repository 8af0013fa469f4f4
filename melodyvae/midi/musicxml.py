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
from melodyvae.midi.musicxml_parts import (
    find_crossing_voices,
    find_pitch,
    read_drums,
    read_staff,
    read_staves,
)
from melodyvae.midi.musicxml_values import (
    parse_number,
    read_metre,
    read_metronome,
    read_number,
    read_velocity,
)
from melodyvae.midi.piece import DEFAULT_TEMPO, Piece
from melodyvae.midi.score import (
    PITCHES,
    QUARTER,
    VELOCITIES,
    Bar,
    ScoreNote,
    Signature,
    build_piece,
    ticks_of,
)

DEFAULT_VELOCITY = 64  # MIDI velocity where a score says nothing
MAX_TEMPO = 10_000  # quarter notes per minute
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
      ScoreError: if it is not a score, or larger than 32 MB unpacked.
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
        info = listed.get(part.get('id'), ET.Element('score-part'))
        readers.append(_PartReader(number, info, part))
    same_bars = itertools.zip_longest(*(reader.bars for reader in readers))
    bars = [_merge_bars([bar for bar in bars if bar]) for bars in same_bars]
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


class _PartReader:
    """Reads a part from left to right; its staves are `number` and the following."""

    def __init__(self, number: int, info: ET.Element, part: ET.Element):
        self._number = number
        self.parts = read_staves(info, part)
        self._drums = read_drums(info)
        self._staves = find_crossing_voices(part)
        self._divisions = 1  # of a quarter note
        self._transpose = 0
        self._metre: Signature | None = None
        self._velocity = DEFAULT_VELOCITY
        self._position = 0  # in the bar, in ticks
        self._chord = (0, 0)  # its position and length
        # By staff and pitch: the note, and where it ends.
        self._tied: dict[tuple[int, int], tuple[ScoreNote, int]] = {}
        self._past = 0  # ticks before this bar
        self.bars = list(self._read_bars(part))

    def _read_bars(self, part: ET.Element) -> Iterator[Bar]:
        bar = Bar()
        for measure in part.iterfind('measure'):
            bar.ends_section |= _has_section_line(measure, 'left')
            self._position = 0
            bar = Bar()
            for element in measure:
                self._read_element(element, bar)
                bar.length = max(bar.length, self._position)
            if measure.get('implicit') == 'yes' and not bar.notes:
                bar.length = 0  # some write a whole bar's rest into a pickup
            bar.metre = self._metre
            bar.ends_section = _has_section_line(measure, 'right')
            bar.begins_other_ending = any(
                ending.get('type') == 'start' and not ending.get('number', '1').startswith('1')
                for ending in measure.iterfind('barline/ending')
            )
            self._past += bar.length
            yield bar

    def _read_element(self, element: ET.Element, bar: Bar) -> None:
        match element.tag:
            case 'note':
                self._read_note(element, bar)
            case 'backup':
                self._position = max(self._position - self._ticks(element), 0)
            case 'forward':
                self._position += self._ticks(element)
            case 'attributes':
                self._read_attributes(element)
            case 'direction' | 'sound':
                self._read_direction(element, bar)

    def _read_direction(self, element: ET.Element, bar: Bar) -> None:
        for mark in element.iterfind('direction-type/dynamics/*'):
            self._velocity = VELOCITIES.get(mark.tag, self._velocity)
        tempo = read_metronome(element)
        for sound in element.iter('sound'):
            if 'dynamics' in sound.attrib:
                self._velocity = read_velocity(sound.attrib['dynamics'])
            if 'tempo' in sound.attrib:
                tempo = parse_number(sound.attrib['tempo'])
        if 0 < tempo < MAX_TEMPO:
            bar.tempos.append((self._position, tempo))

    def _read_note(self, element: ET.Element, bar: Bar) -> None:
        if element.find('grace') is not None:
            return
        if element.find('chord') is None:
            self._chord = self._position, self._ticks(element)
            self._position += self._chord[1]
        begin, length = self._chord  # of its first note: Sibelius gives the others other durations
        pitch = self._find_pitch(element)
        if pitch is None or not length or element.find('cue') is not None:
            return
        for mark in element.iterfind('notations/dynamics/*'):
            self._velocity = VELOCITIES.get(mark.tag, self._velocity)
        ties = {tie.get('type') for tie in element.iterfind('tie')}
        ties |= {tied.get('type') for tied in element.iterfind('notations/tied')}
        # A voice that crosses staves is on one of them.
        staff = self._staves.get(element.findtext('voice', ''), read_staff(element))
        part = self._number + min(max(staff, 0), len(self.parts) - 1)
        note, end = self._tied.pop((part, pitch), (None, 0))
        if note and end == self._past + begin:
            note.length += length
        else:
            loudness = element.get('dynamics')
            velocity = self._velocity if loudness is None else read_velocity(loudness)
            note = ScoreNote(part, pitch, begin, length, velocity)
            bar.notes.append(note)
        if 'start' in ties:
            self._tied[part, pitch] = (note, self._past + begin + length)

    def _find_pitch(self, element: ET.Element) -> int | None:
        """Returns the MIDI pitch of a note; None for a rest or a pitch outside the range."""
        written = element.find('pitch')
        if written is not None:
            step, octave = written.findtext('step', ''), read_number(written, 'octave')
            if step.strip() not in PITCHES:
                raise ScoreError(f'no pitch {step[:20]!r}')
            alter = int(read_number(written, 'alter', 0))
            pitch = 12 * (int(octave) + 1) + PITCHES[step.strip()] + alter
            pitch += self._transpose
        elif element.find('unpitched') is not None:
            pitch = find_pitch(element, self._drums)
        else:
            return None
        return pitch if 0 <= pitch <= 127 else None

    def _ticks(self, element: ET.Element) -> int:
        """Returns the duration of a note, a backup or a forward."""
        return max(round(QUARTER * read_number(element, 'duration') / self._divisions), 0)

    def _read_attributes(self, element: ET.Element) -> None:
        self._divisions = int(read_number(element, 'divisions', self._divisions))
        if self._divisions < 1:
            raise ScoreError('no divisions in a quarter note')
        transpose = element.find('transpose')
        if transpose is not None:
            octaves = int(read_number(transpose, 'octave-change', 0))
            self._transpose = int(read_number(transpose, 'chromatic', 0)) + 12 * octaves
        time = element.find('time')
        if time is not None:
            self._metre = read_metre(time)


def _has_section_line(measure: ET.Element, side: str) -> bool:
    """Whether a repeat sign or a double bar is at the 'left' or 'right' of a measure."""
    return any(
        line.get('location', 'right') == side
        and (line.findtext('bar-style') in SECTION_ENDS or line.find('repeat') is not None)
        for line in measure.iterfind('barline')
    )
