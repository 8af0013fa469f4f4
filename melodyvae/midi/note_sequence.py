"""note-seq, the project's data model of music between files and loops, imported late."""

import bisect
import functools
import typing
import warnings
from collections.abc import Callable
from types import ModuleType

import numpy as np

from melodyvae.midi.piece import DEFAULT_TEMPO, DRUM_CHANNEL, Metre, Notes, Piece

if typing.TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

    from melodyvae.midi.midi_file import MidiFile


@functools.cache
def note_seq() -> ModuleType:
    """The package note-seq, imported when it is needed: it takes a second or two."""
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')  # its audio side looks for programs that MIDI does without
        import note_seq
    return note_seq


def midi_to_sequence(midi: 'MidiFile') -> 'NoteSequence':
    """The tracks of a MIDI file, one on top of another, as a NoteSequence.

    `part` is the track and `instrument` the channel, from 0. The NoteSequence is quantised to the
    ticks of its file, so that positions are known in beats exactly, whatever the tempo does.

    note-seq's own reader (pretty_midi) knows neither channels nor ticks, joins tracks, and ends
    all notes of a pitch at the first note-off.
    """
    quarter = round(midi.ticks_per_quarter)
    tempos = sorted(tempo for track in midi.tracks for tempo in track.meta.tempos)
    seconds = _tick_clock(tempos, midi.ticks_per_quarter)
    sequence = note_seq().NoteSequence(ticks_per_quarter=quarter)
    sequence.source_info.encoding_type = sequence.source_info.MIDI
    sequence.quantization_info.steps_per_quarter = quarter
    for tick, microseconds in tempos:
        sequence.tempos.add(time=seconds(tick), qpm=60e6 / microseconds)
    metres = sorted({metre for track in midi.tracks for metre in track.meta.metres})
    for tick, numerator, denominator in metres:
        sequence.time_signatures.add(
            time=seconds(tick), numerator=numerator, denominator=denominator
        )
    for part, track in enumerate(midi.tracks):
        columns = (
            track.pitch,
            track.velocity,
            track.start,
            track.end,
            track.channel,
            track.program,
        )
        rows = np.stack(np.broadcast_arrays(*columns), axis=1).tolist()
        for pitch, velocity, start, end, channel, program in rows:
            sequence.notes.add(
                part=part,
                instrument=channel,
                program=program,
                is_drum=channel == DRUM_CHANNEL,
                pitch=pitch,
                velocity=velocity,
                quantized_start_step=start,
                quantized_end_step=end,
                start_time=seconds(start),
                end_time=seconds(end),
            )
    sequence.total_time = max((note.end_time for note in sequence.notes), default=0)
    sequence.total_quantized_steps = max(
        (note.quantized_end_step for note in sequence.notes), default=0
    )
    return sequence


def sequence_to_piece(sequence: 'NoteSequence') -> Piece:
    """A NoteSequence as a piece.

    Args:
      sequence: positions are its quantised steps, if it is quantised to steps per quarter note;
        otherwise its seconds, counted in beats along its tempos. `part` is taken for the track and
        `instrument` for the MIDI channel; drums are on channel 9.
    """
    notes = sequence.notes
    steps = sequence.quantization_info.steps_per_quarter
    if steps:
        start = np.array([note.quantized_start_step for note in notes], np.float64) / steps
        end = np.array([note.quantized_end_step for note in notes], np.float64) / steps
    else:
        start = _count_beats([note.start_time for note in notes], sequence)
        end = _count_beats([note.end_time for note in notes], sequence)
    channel = [DRUM_CHANNEL if note.is_drum else min(note.instrument, 15) for note in notes]
    parts = {info.part: info.name for info in sequence.part_infos}
    tracks = max([-1, *parts, *(note.part for note in notes)]) + 1
    metres = sequence.time_signatures
    metre_starts = _count_beats([metre.time for metre in metres], sequence).tolist()
    sections = _count_beats([each.time for each in sequence.section_annotations], sequence).tolist()
    (length,) = _count_beats([sequence.total_time], sequence).tolist()
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
        metres=tuple(
            sorted(
                Metre(begin, metre.numerator, metre.denominator)
                for begin, metre in zip(metre_starts, metres, strict=True)
            )
        ),
        tempos=tuple(tempo.qpm for tempo in sorted(sequence.tempos, key=lambda tempo: tempo.time)),
        length=max(length, end.max(initial=0)),
        track_names=tuple(parts.get(part, '') for part in range(tracks)),
        sections=tuple(sections),
    )


def _tick_clock(tempos: list[tuple[int, int]], ticks_per_quarter: float) -> Callable[[int], float]:
    """A function from ticks to seconds, along tempos given as `(tick, microseconds)`."""
    ticks, seconds, rates = [0], [0.0], [60 / DEFAULT_TEMPO / ticks_per_quarter]
    for tick, microseconds in tempos:
        seconds.append(seconds[-1] + (tick - ticks[-1]) * rates[-1])
        ticks.append(tick)
        rates.append(microseconds / 1e6 / ticks_per_quarter)

    def clock(tick: int) -> float:
        index = bisect.bisect_right(ticks, tick) - 1
        return seconds[index] + (tick - ticks[index]) * rates[index]

    return clock


def _count_beats(seconds: list[float], sequence: 'NoteSequence') -> np.ndarray:
    """Seconds as quarter notes, rounded to undo what adding up seconds left of floating point."""
    tempos = sorted((tempo.time, tempo.qpm) for tempo in sequence.tempos)
    times = np.array([0, *(time for time, _ in tempos)])
    rates = np.array([DEFAULT_TEMPO, *(qpm for _, qpm in tempos)]) / 60
    beats = np.concatenate([[0], np.cumsum(np.diff(times) * rates[:-1])])
    index = np.searchsorted(times, seconds, side='right') - 1
    return np.round(beats[index] + (np.array(seconds) - times[index]) * rates[index], 9)
