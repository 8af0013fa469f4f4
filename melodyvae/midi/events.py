"""Reads the events of a MIDI track, whatever is wrong with its bytes.

Source: MIDI 1.0, "Standard MIDI Files 1.0". Where files break its rules, this does as sequencers
do: running status survives everything, and bytes that are not events are skipped.
"""

from collections.abc import Iterator
from typing import Any

NOTE_OFF, NOTE_ON, CONTROL, PROGRAM, SYSTEM = 0x80, 0x90, 0xB0, 0xC0, 0xF0
SYSEX, SYSEX_PACKET, META = 0xF0, 0xF7, 0xFF
NAME, END_OF_TRACK, TEMPO, METRE = 0x03, 0x2F, 0x51, 0x58  # kinds of meta events
_COUNT = (NAME, TEMPO, METRE)
CUT_OFF = 'cut off in the middle of a track'  # a remark
MAX_DELTA = 0x0FFFFFFF  # ticks: all that the four bytes of a delta time can say

# Data bytes that follow each status byte; those of system events that files should not hold too.
_DATA_BYTES = bytes(
    {0xC0: 1, 0xD0: 1}.get(status & 0xF0, 2)
    if status < SYSTEM
    else {0xF1: 1, 0xF2: 2, 0xF3: 1}.get(status, 0)
    for status in range(256)
)

Event = tuple[int, int, int, Any]
Remarks = dict[str, None]  # what had to be mended, each once, in order


class Events:
    """Iterates over the events of one track, once.

    Each is `(tick, status, first, last)`: for channel messages the status byte and both data bytes,
    at most 127, the last 0 if there is only one; for names, tempos and time signatures 0xFF, their
    kind, and the bytes that they carry. All others are left out.

    Args:
      data, position, end: the track is `data[position:end]`, or less up to an End of Track.
      goes_on: whether some of a track without an End of Track is missing.
    """

    def __init__(self, data: bytes, position: int, end: int, *, goes_on: bool = False):
        self.tick = 0  # of the last event; in the end the length of the track
        self.position = position  # where the bytes not read yet begin
        self.ended = False  # whether there was an End of Track
        self.cut = False  # whether an event, or a track that goes on, is incomplete
        self.remarks: Remarks = {}
        self._data = data
        self._end = end
        self._goes_on = goes_on

    def __iter__(self) -> Iterator[Event]:
        try:
            yield from self._walk()
        except IndexError:  # of the data, in the middle of an event
            self._cut()
        if self._goes_on and not self.ended:
            self._cut()

    def _walk(self) -> Iterator[Event]:
        data, end, position, tick, running = self._data, self._end, self.position, 0, 0
        while position < end:
            delta = data[position]
            position += 1
            if delta > 127:
                delta, position = self._read_delta(position - 1)
            tick += delta
            status = data[position]
            if status >= NOTE_OFF:
                position += 1
            else:
                status = running
            if NOTE_OFF <= status < SYSTEM:
                running = status
                kind, value = data[position], 0  # the first data byte, and the last
                position += 1
                if _DATA_BYTES[status] == 2:
                    value = data[position]
                    position += 1
                if kind > 127 or value > 127:
                    kind, value = min(kind, 127), min(value, 127)
                    if status & 0xF0 == NOTE_ON:  # others do no harm
                        self.remarks['notes over 127 taken as 127'] = None
            else:
                kind, value, position = self._read_system(status, position)
            if position > end:
                return self._cut()
            self.tick = tick
            if value is not None:
                yield tick, status, kind, value
            elif kind == END_OF_TRACK:
                self.ended = True
                break
        self.position = position
        return None

    def _read_delta(self, position: int) -> tuple[int, int]:
        """Returns a delta time, and where it ends."""
        delta, position = read_number(self._data, position)
        if delta > MAX_DELTA:  # Ableton Live has written -128 in 32 bits
            self.remarks['impossible delta times taken as 0'] = None
            delta = 0
        return delta, position

    def _read_system(self, status: int, position: int) -> tuple[int, Any, int]:
        """Returns the kind of a meta event, its bytes if they count, and where it ends."""
        if status == META:
            kind = self._data[position]
            length, position = read_number(self._data, position + 1)
            value = self._data[position : position + length] if kind in _COUNT else None
            return kind, value, position + length
        if status in (SYSEX, SYSEX_PACKET):
            length, position = read_number(self._data, position)
            return 0, None, position + length
        # An undefined or real-time status, or a data byte before any status.
        self.remarks['bytes that are no events skipped'] = None
        return 0, None, position + (_DATA_BYTES[status] if status else 1)

    def _cut(self) -> None:
        self.position = self._end
        self.cut = True
        self.remarks[CUT_OFF] = None


def read_number(data: bytes, position: int) -> tuple[int, int]:
    """Returns a number of variable length, of up to five bytes, and where it ends."""
    byte = data[position]
    value = byte & 0x7F
    last = position + 4
    while byte > 0x7F and position < last:
        position += 1
        byte = data[position]
        value = value << 7 | byte & 0x7F
    return value, position + 1
