"""The notes of a MIDI track, event by event: in the order and paired as the devices do."""

import array
import collections
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from melodyvae.midi.events import (
    CONTROL,
    META,
    METRE,
    NAME,
    NOTE_OFF,
    NOTE_ON,
    PROGRAM,
    TEMPO,
    Event,
    Events,
)

SUSTAIN, MIN_DOWN = 64, 64  # the controller, and its lowest value that holds notes
_ALL_SOUND_OFF, _ALL_NOTES_OFF = 120, 123  # controllers
_SMALLEST_BEAT = 6  # as a power of two: 1/64
_NOTE = ('pitch', 'velocity', 'start', 'end', 'channel', 'voice')
_START, _END = _NOTE.index('start'), _NOTE.index('end')


class Meta(NamedTuple):
    """What the meta events of a track say."""

    name: bytes  # empty if it has none
    tempos: list[tuple[int, int]]  # tick, and microseconds per quarter note
    metres: list[tuple[int, int, int]]  # tick, numerator and denominator


class Track(NamedTuple):
    """A track of a MIDI file; arrays are `[notes]` integers, and times are in ticks."""

    pitch: np.ndarray
    velocity: np.ndarray
    start: np.ndarray
    end: np.ndarray  # no note ends after the track
    channel: np.ndarray
    unended: np.ndarray  # bool, whether the note-off is missing; see `piece.Piece`
    meta: Meta
    length: int  # up to the End of Track
    programs: int = 1  # how many different ones its notes are played with
    held: np.ndarray | None = None  # where notes end by the sustain pedal; None without a pedal


def read_track(events: Events) -> Track:
    """Reads the notes of events.

    Of several notes of a pitch, a note-off ends the oldest, as in the devices and most sequencers;
    one that ends on the tick it began is kept. Notes are ordered by voice (a channel with a
    program), these by their first events.
    """
    notes = array.array('q')  # one after another, each as `_NOTE` says
    sounding: dict[int, collections.deque[int]] = collections.defaultdict(collections.deque)
    voices: dict[tuple[int, int], int] = {}  # numbers
    voice_of: list[tuple[int, int] | None] = [None] * 16  # by channel
    silences: list[tuple[int, int]] = []  # channel and tick
    pedals: list[tuple[int, int, int]] = []  # channel, tick and value
    meta: list[Event] = []
    for event in events:
        tick, status, first, last = event
        if status == META:
            meta.append(event)
            continue
        kind, channel = status & 0xF0, status & 0x0F
        voice = voice_of[channel]
        if voice is None or kind == PROGRAM:
            voice = voice_of[channel] = channel, first if kind == PROGRAM else 0
            voices.setdefault(voice, len(voices))
        if kind == NOTE_ON and last:
            sounding[channel << 7 | first].append(len(notes))
            notes.extend((first, last, tick, -1, channel, voices[voice]))
        elif kind in (NOTE_ON, NOTE_OFF):
            if ending := sounding[channel << 7 | first]:
                notes[ending.popleft() + _END] = tick
        elif kind == CONTROL and first in (_ALL_SOUND_OFF, _ALL_NOTES_OFF):
            silences.append((channel, tick))
        elif kind == CONTROL and first == SUSTAIN:
            pedals.append((channel, tick, last))
    columns = np.frombuffer(notes, np.int64).reshape(-1, len(_NOTE)).T
    unended = columns[_END] < 0
    if unended.any():
        _end_notes(columns, unended, silences, events.tick)
        if events.cut:  # of a note that begins where the file is cut off nothing is left
            kept = ~unended | (columns[_END] > columns[_START])
            columns, unended = columns[:, kept], unended[kept]
    if len(voices) > 1:
        order = np.argsort(columns[-1], kind='stable')
        columns, unended = columns[:, order], unended[order]
    pitch, velocity, start, end, channels, _ = columns
    return Track(
        pitch=pitch,
        velocity=velocity,
        start=start,
        end=end,
        channel=channels,
        unended=unended,
        meta=read_meta(meta),
        length=events.tick,
        programs=len({list(voices)[number][1] for number in np.unique(columns[-1]).tolist()}),
        held=hold_notes(pitch, start, end, channels, pedals, events.tick) if pedals else None,
    )


def _end_notes(
    columns: np.ndarray, unended: np.ndarray, silences: list[tuple[int, int]], length: int
) -> None:
    """Ends notes at the next of their pitch, at an "all notes off", or with the track."""
    pitch, _, start, end, channel, *_ = columns
    key = channel * 128 + pitch
    order = np.argsort(key, kind='stable')
    next_start = np.full(len(key), length)
    same = key[order][1:] == key[order][:-1]
    next_start[order[:-1][same]] = start[order[1:][same]]
    end[unended] = next_start[unended]
    for number in {channel for channel, _ in silences}:
        ticks = np.array([tick for silent, tick in silences if silent == number] + [length])
        here = unended & (channel == number)
        silence = ticks[np.minimum(np.searchsorted(ticks, start[here], 'right'), len(ticks) - 1)]
        end[here] = np.minimum(end[here], silence)


def hold_notes(
    pitch: np.ndarray,
    start: np.ndarray,
    end: np.ndarray,
    channel: np.ndarray,
    pedals: Sequence[tuple[int, int, int]],
    length: int,
) -> np.ndarray:
    """Returns where notes end by the sustain pedal: where it goes up, or their pitch comes again.

    Args:
      pitch, start, end, channel: `[notes]` integers, by channel and start.
      pedals: channel, tick and value of each event of the pedal, by tick.
      length: ticks of the track.
    """
    held = end.copy()
    for number in {channel for channel, _, _ in pedals}:
        ticks, values = np.array([pedal[1:] for pedal in pedals if pedal[0] == number]).T
        is_down = values >= MIN_DOWN
        here = np.flatnonzero(channel == number)
        last = np.searchsorted(ticks, end[here], 'right') - 1
        here = here[(last >= 0) & is_down[last]]
        ups = np.append(ticks[~is_down], length)
        held[here] = ups[np.searchsorted(ups[:-1], end[here], 'right')]
    key = channel * 128 + pitch
    order = np.lexsort((start, key))
    following = np.append(start[order][1:], length)
    is_same = np.append(key[order][1:] == key[order][:-1], False)
    held[order] = np.where(is_same, np.minimum(held[order], following), held[order])
    return np.maximum(held, end)


def read_meta(events: Iterable[Event]) -> Meta:
    """Reads meta events; leaves out those that make no sense."""
    name = None
    tempos, metres = [], []
    for tick, _, kind, value in events:
        if kind == TEMPO and len(value) >= 3:
            tempos.append((tick, max(int.from_bytes(value[:3]), 1)))
        elif kind == METRE and len(value) >= 2 and value[0] and value[1] <= _SMALLEST_BEAT:
            metres.append((tick, value[0], 1 << value[1]))
        elif kind == NAME and name is None:
            name = value
    return Meta(name or b'', tempos, metres)
