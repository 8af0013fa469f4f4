"""Finds the tracks in the bytes of a MIDI file, whatever is wrong with them; builds its pieces.

Source: MIDI 1.0, "Standard MIDI Files 1.0". Lengths, counts and order of the chunks are only hints
in the files that people have.
"""

import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np

from melodyvae.midi import exact, fast
from melodyvae.midi.events import CUT_OFF, Events, Remarks
from melodyvae.midi.exact import Track
from melodyvae.midi.lines import find_lines, find_zones
from melodyvae.midi.names import decode_names
from melodyvae.midi.piece import DEFAULT_TEMPO, Metre, Notes, Piece, make_clock

MAX_FILE_BYTES = 16 * 2**20  # bytes; the longest music has one or two million
_MAX_TRACKS = 2**15 - 1
_HEADER, _TRACK, _TRACK_END = b'MThd', b'MTrk', b'\xff\x2f\x00'
_HEADER_SIZE, _CHUNK_HEAD = 14, 8  # bytes
_PADDING = b'\0\r\n\x1a '
T = TypeVar('T')


class MidiFile(NamedTuple, Generic[T]):
    """What a MIDI file holds."""

    tracks: list[T]  # at least one
    ticks_per_quarter: float  # above 0; of film frames, at 120 quarter notes per minute
    film: bool  # whether time is counted in film frames
    zones: list[range]  # the channels of each MPE zone
    separate: bool  # whether the tracks are separate pieces, as in files of format 2
    remarks: Remarks  # what had to be mended


def find_tracks(data: bytes) -> MidiFile[Track | bytes]:
    """Finds the tracks of a MIDI file, which may be packed by gzip or in a RIFF file (RMI).

    Returns:
      The bytes of each track, for `read_tracks`; those whose length is wrong are read at once.

    Raises:
      ValueError: says in a few words why it cannot be read.
    """
    if data[:2] == b'\x1f\x8b' and _HEADER not in data:
        try:
            data = zlib.decompressobj(wbits=31).decompress(data, MAX_FILE_BYTES + 1)
        except zlib.error as error:
            raise ValueError('it is packed by gzip, and damaged') from error
    if len(data) > MAX_FILE_BYTES:
        raise ValueError(f'it is larger than {MAX_FILE_BYTES // 2**20} MiB')
    position, kind, count, division = _header(data)
    ticks_per_quarter = _ticks_per_quarter(division)
    remarks: Remarks = {}
    if data[:position].find(_HEADER) > 0 and data[:4] != b'RIFF':
        remarks['bytes before the header skipped'] = None
    found = _find_tracks(data, position, remarks)
    if not found:
        raise ValueError('there is no track in it')
    if len(found) != count:
        remarks[f'{len(found)} tracks, and not {count} as the header says'] = None
    film = division >= 1 << 15
    return MidiFile(found, ticks_per_quarter, film, find_zones(data), kind == 2, remarks)


def read_tracks(files: Sequence[MidiFile[Track | bytes]]) -> list[MidiFile[Track]]:
    """Reads the tracks of several files, all at once, which is faster than file by file."""
    unread = [track for file in files for track in file.tracks if isinstance(track, bytes)]
    found = iter(fast.read_tracks(unread))
    return [_read_file(file, found) for file in files]


def _read_file(file: MidiFile[Track | bytes], found: Iterator[Track | None]) -> MidiFile[Track]:
    """Reads the tracks that are bytes: `found` has them, or None."""
    tracks = []
    for track in file.tracks:
        if isinstance(track, bytes):
            track = next(found) or _read_exactly(Events(track, 0, len(track)), file.remarks)
        tracks.append(track)
    if file.film and any(track.meta.tempos for track in tracks):
        file.remarks['film frames counted along the tempo of the file'] = None
    elif file.film:
        tempo = f'{DEFAULT_TEMPO:.0f} quarter notes per minute'
        file.remarks[f'film frames counted at {tempo}'] = None
    return MidiFile(tracks, *file[1:])


def _header(data: bytes) -> tuple[int, int, int, int]:
    """Returns where the header ends, its format, number of tracks, and time division."""
    begin = data.find(_HEADER)
    if not data:
        raise ValueError('it is empty')
    if begin < 0 and data[:2] == b'PK':
        raise ValueError('it is a zip archive; if that is MusicXML, its name should end in .mxl')
    if begin < 0:
        raise ValueError('it is no MIDI file: there is no header, "MThd", in it')
    if len(data) < begin + _HEADER_SIZE:
        raise ValueError('it ends within its header')
    length, kind, count, division = struct.unpack_from('>IHHH', data, begin + 4)
    end = begin + max(_HEADER_SIZE, _CHUNK_HEAD + length)
    return (end if end <= len(data) else begin + _HEADER_SIZE), kind, count, division


def _ticks_per_quarter(division: int) -> float:
    if division < 1 << 15:
        ticks = float(division)
    else:  # the upper byte is minus the frames a second, the lower the ticks a frame
        frames = 256 - (division >> 8)
        ticks = (29.97 if frames == 29 else frames) * (division & 0xFF) * 60 / DEFAULT_TEMPO
    if not ticks:
        raise ValueError('its time division is 0, so that its times mean nothing')
    return ticks


def _find_tracks(data: bytes, position: int, remarks: Remarks) -> list[Track | bytes]:
    """Returns the bytes of each track whose length is right; reads the others at once."""
    found: list[Track | bytes] = []
    while True:
        position = _skip_chunks(data, position)
        begin = data.find(_TRACK, position)
        if data[position : begin if begin >= 0 else len(data)].strip(_PADDING):
            remarks['bytes outside of tracks skipped'] = None
        if begin < 0:
            return found
        if len(found) == _MAX_TRACKS:
            raise ValueError(f'it has more than {_MAX_TRACKS:,} tracks')
        begin += _CHUNK_HEAD
        position = _chunk_end(data, begin)
        if _is_whole(data, begin, position):
            found.append(data[begin:position])
        else:
            track, position = _mend_track(data, begin, remarks)
            found.append(track)


def _skip_chunks(data: bytes, position: int) -> int:
    """Returns the position after whole chunks of other kinds than tracks."""
    while (tag := data[position : position + 4]) != _TRACK and tag.isalnum():
        end = _chunk_end(data, position + _CHUNK_HEAD)
        if end != len(data) and not data[end : end + 4].isalnum():
            break
        position = end
    return position


def _chunk_end(data: bytes, begin: int) -> int:
    """Returns where a chunk claims to end, given where its contents begin."""
    return begin + int.from_bytes(data[begin - 4 : begin])


def _is_whole(data: bytes, begin: int, end: int) -> bool:
    """Returns whether a track ends there: with the file, its events, or before the next track."""
    if end > len(data) or data.find(_TRACK, begin, end) >= 0:
        return False
    return end == len(data) or data[end - 3 : end] == _TRACK_END or data[end : end + 4] == _TRACK


def _mend_track(data: bytes, begin: int, remarks: Remarks) -> tuple[Track, int]:
    """Reads a track of wrong length; returns where it ends by its events, too."""
    follows = data.find(_TRACK, begin)
    events = Events(data, begin, follows if follows >= 0 else len(data), goes_on=follows < 0)
    track = _read_exactly(events, remarks)
    whole = events.ended or follows >= 0
    remarks['wrong lengths of tracks mended' if whole else CUT_OFF] = None
    return track, events.position


def _read_exactly(events: Events, remarks: Remarks) -> Track:
    track = exact.read_track(events)
    remarks |= events.remarks
    if np.any(track.unended):
        remarks['notes without a note-off ended by what follows'] = None
    return track


def build_pieces(midi: MidiFile[Track]) -> list[Piece]:
    """Returns the pieces of a MIDI file: one, or one per separate track with notes."""
    if not midi.separate:
        return [_build_piece(midi.tracks, midi)]
    pieces = [_build_piece([track], midi) for track in midi.tracks]
    return [piece for piece in pieces if len(piece.notes)] or pieces[:1]


def _build_piece(tracks: Sequence[Track], midi: MidiFile[Track]) -> Piece:
    def join(name: str, dtype: type) -> np.ndarray:
        columns = [getattr(track, name) for track in tracks]
        if len(columns) == 1:  # most files: half the time
            return columns[0].astype(dtype)
        return np.concatenate(columns, dtype=dtype, casting='unsafe')

    tempos = sorted([tempo for track in tracks for tempo in track.meta.tempos])
    to_quarters = _make_clock(midi, tempos)
    start = to_quarters(join('start', np.int64))
    held = None
    if any(track.held is not None for track in tracks):
        ends = [track.end if track.held is None else track.held for track in tracks]
        held = to_quarters(np.concatenate(ends)) - start
    metres = {metre for track in tracks for metre in track.meta.metres}
    quarter = midi.ticks_per_quarter
    return Piece(
        Notes(
            pitch=join('pitch', np.int16),
            velocity=join('velocity', np.float32) / 127,
            start=start,
            length=to_quarters(join('end', np.int64)) - start,
        ),
        track=np.repeat(np.arange(len(tracks), dtype=np.int16), [len(t.start) for t in tracks]),
        channel=join('channel', np.int8),
        unended=join('unended', np.bool_),
        metres=tuple([Metre(float(to_quarters(tick)), *beats) for tick, *beats in sorted(metres)]),
        tempos=tuple([60e6 / microseconds for _, microseconds in tempos]),
        length=float(to_quarters(max([track.length for track in tracks]))),
        track_names=tuple(decode_names([track.meta.name for track in tracks])),
        held=held,
        lines=tuple(
            [
                (number, line)
                for number, track in enumerate(tracks)
                for line in find_lines(track, quarter, midi.zones)
            ]
        ),
    )


def _make_clock(midi: MidiFile[Track], tempos: Sequence[tuple[int, int]]) -> Callable[[Any], Any]:
    """Returns a function from ticks, as a number or an array, to quarter notes.

    Film frames are seconds, so their ticks last longer in quarter notes where the tempo is faster.
    """
    if not (midi.film and tempos):
        return lambda tick: tick / midi.ticks_per_quarter
    rates = np.array([DEFAULT_TEMPO, *(60e6 / microseconds for _, microseconds in tempos)])
    rates = rates / DEFAULT_TEMPO / midi.ticks_per_quarter
    return make_clock([0, *(tick for tick, _ in tempos)], rates)
