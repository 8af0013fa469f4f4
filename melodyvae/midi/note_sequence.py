"""NoteSequences of note-seq, in and out; note-seq is imported when it is first used."""

import functools
import typing
import warnings
from types import ModuleType

import numpy as np

from melodyvae.midi.piece import DEFAULT_TEMPO, DRUM_CHANNEL, Metre, Notes, Piece, make_clock

if typing.TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence


@functools.cache
def note_seq() -> ModuleType:
    """Returns the package note-seq. Its import takes a second or two, so it is deferred."""
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')  # its audio side looks for programs that MIDI does without
        import note_seq
    return note_seq


def sequence_to_piece(sequence: 'NoteSequence') -> Piece:
    """Converts a NoteSequence to a piece.

    Args:
      sequence: if it is quantized to steps per quarter note, positions are its steps; otherwise
        its seconds, converted to beats along its tempos. `part` becomes the track and `instrument`
        the MIDI channel; drums go to channel 9.
    """
    notes = sequence.notes
    tempos = sorted((tempo.time, tempo.qpm) for tempo in sequence.tempos)
    rates = np.array([DEFAULT_TEMPO, *(qpm for _, qpm in tempos)]) / 60
    clock = make_clock([0, *(time for time, _ in tempos)], rates)
    steps = sequence.quantization_info.steps_per_quarter
    if steps:
        start = np.array([note.quantized_start_step for note in notes], np.float64) / steps
        end = np.array([note.quantized_end_step for note in notes], np.float64) / steps
    else:
        start = clock(np.array([note.start_time for note in notes]))
        end = clock(np.array([note.end_time for note in notes]))
    channel = [DRUM_CHANNEL if note.is_drum else min(note.instrument, 15) for note in notes]
    parts = {info.part: info.name for info in sequence.part_infos}
    tracks = max([-1, *parts, *(note.part for note in notes)]) + 1
    metres = [
        Metre(float(clock(metre.time)), metre.numerator, metre.denominator)
        for metre in sequence.time_signatures
    ]
    return Piece(
        notes=Notes(
            pitch=np.array([note.pitch for note in notes], np.int16),
            velocity=np.clip([note.velocity for note in notes], 0, 127).astype(np.float32) / 127,
            start=start,
            length=end - start,
        ),
        track=np.array([note.part for note in notes], np.int16),
        channel=np.array(channel, np.int8),
        unended=np.zeros(len(notes), bool),
        metres=tuple(sorted(metres)),
        tempos=tuple(tempo.qpm for tempo in sorted(sequence.tempos, key=lambda tempo: tempo.time)),
        length=max(float(clock(sequence.total_time)), end.max(initial=0)),
        track_names=tuple(parts.get(part, '') for part in range(tracks)),
        sections=tuple(float(clock(each.time)) for each in sequence.section_annotations),
    )
