"""MIDI, ABC and MusicXML files as note-seq's NoteSequence. The only user of note-seq."""

import bisect
import collections
import contextlib
import functools
import logging
import re
import typing
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import mido

if typing.TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

DRUM_CHANNEL = 9  # counted from 0
DEFAULT_TEMPO = 120.0  # quarter notes a minute, of a file that names none


@functools.cache
def note_seq() -> ModuleType:
    """The package note-seq, imported when it is needed: it takes a second or two."""
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')  # its audio side looks for programs that MIDI does without
        import note_seq
        import note_seq.musicxml_parser
        import note_seq.musicxml_reader
    return note_seq


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


def read_tune_book(path: Path) -> tuple[list['NoteSequence'], list[str]]:
    """The tunes of an ABC file.

    Args:
      path: an ABC file of one or more tunes.

    Returns:
      One NoteSequence a tune that note-seq understands, and one reason a tune that it does not.
      A tune begins with its first full bar, so that its loops do; the pickup is left out. Repeats
      are not played twice.
    """
    data = path.read_bytes()
    try:
        text = data.decode('utf-8-sig')
    except UnicodeDecodeError:
        text = data.decode('latin-1')
    head, *tunes = re.split(r'^(?=X:)', text.replace('\r\n', '\n'), flags=re.MULTILINE)
    defaults = re.findall(r'^[A-Za-z]:.*', head, flags=re.MULTILINE)  # for all tunes
    sequences, rejected = [], []
    with _quiet_parser():
        for tune in tunes:
            body = re.split(r'\n\s*\n', tune.strip())[0]  # a blank line ends a tune
            try:
                sequences.append(_parse_tune(defaults + body.splitlines()))
            except Exception as error:  # the parser raises whatever a damaged tune leads to
                rejected.append(str(error).rstrip('.') or type(error).__name__)
    return sequences, rejected


def _parse_tune(lines: list[str]) -> 'NoteSequence':
    """One tune, from its first full bar on."""
    sequence = _parse(lines)
    if not sequence.notes:
        raise ValueError('no notes')
    pickup = _pickup_seconds(lines, sequence)
    if not pickup:
        return sequence
    return note_seq().sequences_lib.extract_subsequence(sequence, pickup, sequence.total_time)


def _parse(lines: list[str]) -> 'NoteSequence':
    tunes, errors = note_seq().abc_parser.parse_abc_tunebook('\n'.join(lines))
    if errors:
        raise errors[0]
    return next(iter(tunes.values()))


def _pickup_seconds(lines: list[str], sequence: 'NoteSequence') -> float:
    """Length of the first bar if it is not a full one, else 0."""
    keys = [number for number, line in enumerate(lines) if line.startswith('K:')]
    if not keys or not sequence.time_signatures:
        return 0.0
    body = keys[0] + 1
    first_bar = re.sub(r'^[\s|:]+', '', '\n'.join(lines[body:])).partition('|')[0]
    first = _parse([*lines[:body], first_bar])
    meter = sequence.time_signatures[0]
    tempo = sequence.tempos[0].qpm if sequence.tempos else DEFAULT_TEMPO
    bar = 4 * meter.numerator / meter.denominator * 60 / tempo
    return first.total_time if first.total_time < bar - 1e-6 else 0.0


@contextlib.contextmanager
def _quiet_parser() -> Iterator[None]:
    """Without note-seq's remarks on every field that it skips."""
    logger = logging.getLogger('absl')
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


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
