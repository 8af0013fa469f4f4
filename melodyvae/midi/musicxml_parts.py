"""Parts of a MusicXML score: their names, staves and drums."""

import collections
import xml.etree.ElementTree as ET
from collections.abc import Mapping

from melodyvae.midi.drum_names import STAFF_DRUMS, find_drum
from melodyvae.midi.musicxml_values import read_number
from melodyvae.midi.piece import DRUM_CHANNEL
from melodyvae.midi.score import Part

MAX_STAVES = 9  # per part


def read_staves(info: ET.Element, part: ET.Element) -> list[Part]:
    """Reads name and channel of each staff of a part, given its entry in the list of parts."""
    name, channel = info.findtext('part-name', ''), 0
    instrument = info.find('midi-instrument')
    if instrument is not None:  # MusicXML counts channels from 1
        channel = min(max(int(read_number(instrument, 'midi-channel', 1)) - 1, 0), 15)
    notes = 'measure/note/'
    no_pitches = part.find(f'{notes}unpitched') is not None and part.find(f'{notes}pitch') is None
    if no_pitches or info.find('.//midi-unpitched') is not None:
        channel = DRUM_CHANNEL
    counts = [read_number(each, 'staves', 1) for each in part.iterfind('measure/attributes')]
    count = int(min(max(counts, default=1), MAX_STAVES))
    if count == 1 or not name:
        return [Part(name, channel)] * count
    return [Part(f'{name}, staff {number}', channel) for number in range(1, count + 1)]


def read_staff(element: ET.Element) -> int:
    """Returns the staff of a note, from 0."""
    return int(read_number(element, 'staff', 1)) - 1


def find_crossing_voices(part: ET.Element) -> dict[str, int]:
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
            voice, staff = element.findtext('voice'), read_staff(element)
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


def read_drums(info: ET.Element) -> dict[str, int]:
    """Reads the MIDI pitches of a part's drums from its entry in the list of parts.

    Returns:
      Pitches by the id of an instrument, from its number or its name. The key '' has the pitch of
      notes without an instrument: that of the only drum, or of the drum that the part is named
      after.
    """
    drums = {
        each.get('id', ''): find_drum(each.findtext('instrument-name', ''))
        for each in info.iterfind('score-instrument')
    }
    for instrument in info.iterfind('midi-instrument'):
        if instrument.find('midi-unpitched') is not None:  # MusicXML counts from 1
            drums[instrument.get('id', '')] = int(read_number(instrument, 'midi-unpitched')) - 1
    found = {instrument: pitch for instrument, pitch in drums.items() if pitch is not None}
    default = find_drum(info.findtext('part-name', ''))
    if len(found) == 1:
        (default,) = found.values()
    return found if default is None else {**found, '': default}


def find_pitch(note: ET.Element, drums: Mapping[str, int]) -> int:
    """Returns the MIDI pitch of an unpitched note by its instrument or place on the staff, or -1.

    `drums` is as returned by `read_drums`.
    """
    instrument = note.find('instrument')
    name = '' if instrument is None else instrument.get('id', '')
    if name in drums:
        return drums[name]
    step = note.findtext('unpitched/display-step', '').strip()
    octave = note.findtext('unpitched/display-octave', '').strip()
    return STAFF_DRUMS.get(f'{step}{octave}', -1)
