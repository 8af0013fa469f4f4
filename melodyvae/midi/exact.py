"""A MIDI file, exactly, by mido: as a NoteSequence."""

import bisect
import collections
import typing
from collections.abc import Callable
from pathlib import Path

import mido

from melodyvae.midi.note_sequence import DEFAULT_TEMPO, DRUM_CHANNEL, note_seq

if typing.TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence


def read_midi(path: Path) -> 'NoteSequence':
    """A MIDI file, its notes in the order in which the devices see them.

    `part` is the track and `instrument` the channel, from 0. The NoteSequence is quantised to the
    ticks of its file, so that positions are known in beats exactly, whatever the tempo does.

    note-seq's own reader (pretty_midi) knows neither channels nor ticks, joins tracks, and ends
    all notes of a pitch at the first note-off. The devices, like most sequencers, end the oldest;
    a note that never ends is dropped, and one that ends on the tick it began is kept.
    """
    midi = mido.MidiFile(path, clip=True)
    if midi.ticks_per_beat <= 0:
        raise ValueError('its time is counted in film frames, not in beats')
    tracks = [_track_notes(track) for track in midi.tracks]
    tempos = sorted(tempo for _, tempos in tracks for tempo in tempos)
    seconds = _tick_clock(tempos, midi.ticks_per_beat)
    sequence = note_seq().NoteSequence(ticks_per_quarter=midi.ticks_per_beat)
    sequence.source_info.encoding_type = sequence.source_info.MIDI
    sequence.quantization_info.steps_per_quarter = midi.ticks_per_beat
    for tick, microseconds in tempos:
        sequence.tempos.add(time=seconds(tick), qpm=60e6 / microseconds)
    for part, (notes, _) in enumerate(tracks):
        for channel, program, pitch, velocity, start, end in notes:
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


def _track_notes(track: mido.MidiTrack) -> tuple[list[list[int]], list[tuple[int, int]]]:
    """Notes of a track, one voice (a channel with a program) after another, and its tempos.

    Returns:
      Notes as channel, program, pitch, velocity, start and end tick; tempos as tick, microseconds.
    """
    tick, program = 0, [0] * 16
    tempos: list[tuple[int, int]] = []
    voices: dict[tuple[int, int], list[list[int]]] = {}  # in the order of their first events
    sounding: dict[tuple[int, int], collections.deque] = collections.defaultdict(collections.deque)
    for message in track:
        tick += message.time
        if message.type == 'set_tempo':
            tempos.append((tick, max(message.tempo, 1)))
        if message.is_meta or not hasattr(message, 'channel'):
            continue
        channel = message.channel
        if message.type == 'program_change':
            program[channel] = message.program
        voice = voices.setdefault((channel, program[channel]), [])
        if message.type == 'note_on' and message.velocity:
            note = [channel, program[channel], message.note, message.velocity, tick]
            voice.append(note)
            sounding[channel, message.note].append(note)
        elif message.type in ('note_on', 'note_off') and sounding[channel, message.note]:
            sounding[channel, message.note].popleft().append(tick)
    ended = [note for voice in voices.values() for note in voice if len(note) == 6]
    return ended, tempos


def _tick_clock(tempos: list[tuple[int, int]], ticks_per_quarter: int) -> Callable[[int], float]:
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
