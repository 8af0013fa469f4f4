"""A MusicXML score as a NoteSequence."""

import typing
from pathlib import Path
from typing import Any

from melodyvae.midi.note_sequence import DEFAULT_TEMPO, DRUM_CHANNEL, note_seq

if typing.TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence


def read_musicxml(path: Path) -> 'NoteSequence':
    """A MusicXML score, compressed or not, at 120 quarter notes a minute throughout.

    note-seq starts every part at the tempo that the part before ended with, so that in a score
    with several tempos the parts come apart. It also puts grace notes at time 0. Positions count
    in beats here, so all tempos become one, and grace notes and impossible pitches are left out.
    """
    library = note_seq()
    document: Any = library.musicxml_parser.MusicXMLDocument

    class Steady(document):
        @staticmethod
        def _get_score(filename):
            score = document._get_score(filename)
            for sound in score.iter('sound'):
                if 'tempo' in sound.attrib:
                    sound.set('tempo', str(DEFAULT_TEMPO))
            return score

    sequence = library.musicxml_reader.musicxml_to_sequence_proto(Steady(str(path)))
    notes = [
        note
        for note in sequence.notes
        if note.end_time > note.start_time and 0 <= note.pitch <= 127
    ]
    del sequence.notes[:]
    sequence.notes.extend(notes)
    for note in sequence.notes:
        note.instrument = max(note.instrument - 1, 0)  # MusicXML counts channels from 1
        note.is_drum = note.instrument == DRUM_CHANNEL
    del sequence.tempos[:]
    sequence.tempos.add(qpm=DEFAULT_TEMPO)
    return sequence
