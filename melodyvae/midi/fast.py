"""The notes of MIDI tracks by symusic, in C++, where they are certain to be the exact reader's.

symusic keeps the order of notes, but not their channels, drops notes that never end, and reads some
rarities in its own way. So a track of a single voice (one channel, one program) is certain if
nothing rare is in its bytes, and if marks that are put where it ends come out as they should: a
short note on every channel that there may be, whose velocity tells the channel, and then note-offs
for all pitches, which end what would not end otherwise.
"""

import contextlib
import functools
import importlib.machinery
import importlib.util
import itertools
import re
import sys
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from melodyvae.midi import exact
from melodyvae.midi.events import END_OF_TRACK, META, NOTE_OFF, NOTE_ON, Event

_END = b'\xff\x2f\0'
_NOTE_ONS = range(NOTE_ON, NOTE_ON + 16)
# The bytes of a track by kind: 's' for status bytes of system events but META, 'h' for others
# over 127, which three in a row make a delta time of four bytes or more.
_KINDS = b'l' * 0x80 + b'h' * 0x70 + b's' * 0x0F + b'h'
# Meta events that count: they are looked for at the beginning of a track only.
_META_EVENTS = (b'\xff\x03', b'\xff\x2f', b'\xff\x51', b'\xff\x58')
# It begins with a fixed byte, so that it is found twice as fast.
_PEDAL = re.compile(rb'%c(?<=[\xb0-\xbf].)' % exact.SUSTAIN, re.DOTALL)


def _import_parser() -> Any:
    """Imports the parser of symusic, in C++, without the package around it.

    The package imports much that MIDI does without, such as downloads of sounds. That takes a third
    of the start of each process that reads files.
    """
    name = 'symusic.core'
    package = importlib.util.find_spec('symusic')
    folders = package.submodule_search_locations if package else None
    spec = importlib.machinery.PathFinder.find_spec(name, folders)
    if spec and spec.loader:
        with contextlib.suppress(ImportError):  # on Windows, if the package finds its libraries
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            sys.modules[name] = module  # for programs that import the package too
            return module
    return importlib.import_module(name)


_Score: Any = _import_parser().ScoreTick


class _Marked(NamedTuple):
    """A track with marks at its end."""

    chunk: bytes
    channels: int
    meta: exact.Meta


def read_tracks(tracks: Sequence[bytes]) -> list[exact.Track | None]:
    """Reads the bytes of tracks as `exact.read_track` does; None for those that it has to read.

    The tracks, at most 65,535, may be those of many files, which is faster than file by file.
    """
    marked = [_mark(data) for data in tracks]
    certain = [track for track in marked if track]
    voices = _parse([track.chunk for track in certain])
    # One track may have a voice too few, and another one too many, so their number is not enough:
    # the voice too many has no mark.
    marks = [(voice['pitch'].item(-1), voice['duration'].item(-1)) for voice in voices]
    if marks == [(0, 1)] * sum([track.channels for track in certain]):
        found = _certain_tracks(certain, voices)
        return [track and next(found) for track in marked]
    if len(tracks) == 1:
        return [None]
    middle = len(tracks) // 2
    return read_tracks(tracks[:middle]) + read_tracks(tracks[middle:])


def _mark(data: bytes) -> _Marked | None:
    """Adds marks to a track; None if there is anything rare in it."""
    if not data.endswith(_END):
        return None
    meta, begin = _meta_events(data)
    body = data[begin:-3]
    kinds = body.translate(_KINDS)
    if b's' in kinds or b'hhh' in kinds or _PEDAL.search(body):
        return None
    if META in body and any(event in body for event in _META_EVENTS):
        return None
    statuses = bytes([status for status in _NOTE_ONS if status in body]) or b'\x90'
    marked = data[:-3] + _marks(statuses)
    chunk = b'MTrk' + len(marked).to_bytes(4) + marked
    return _Marked(chunk, len(statuses), exact.read_meta(meta))


def _meta_events(data: bytes) -> tuple[list[Event], int]:
    """Returns the meta events at tick 0 that a track begins with, and where they end."""
    events: list[Event] = []
    position = 0
    while (
        data[position : position + 2] == b'\0\xff'
        and data[position + 2] != END_OF_TRACK
        and data[position + 3] < 128
    ):
        begin = position + 4
        position = begin + data[position + 3]
        events.append((0, META, data[begin - 2], data[begin:position]))
    return events, min(position, len(data) - 3)


@functools.cache
def _marks(statuses: bytes) -> bytes:
    """Returns the end of a track that shows what is in it, for the given note-on status bytes.

    At the track's end a note of pitch 0 begins on each channel, one tick later it ends, and another
    tick later all pitches end that are still sounding.
    """
    offs = [status - NOTE_ON + NOTE_OFF for status in statuses]
    begin = b'\0'.join([bytes([status, 0, status - NOTE_ON + 1]) for status in statuses])
    end = b'\0'.join([bytes([off, 0, 0]) for off in offs])
    pitches = b'\0'.join([bytes([pitch, 0]) for pitch in range(128)])
    silence = b'\0'.join([bytes([off]) + pitches for off in offs])
    return b'\1'.join([begin, end, silence]) + b'\0' + _END


def _parse(chunks: Sequence[bytes]) -> list[dict[str, np.ndarray]]:
    """Returns the notes of each voice that symusic finds in tracks; nothing if it fails."""
    header = b'MThd\0\0\0\6\0\1' + len(chunks).to_bytes(2) + b'\1\xe0'
    try:
        score = _Score.from_midi(header + b''.join(chunks))
    except RuntimeError:  # perhaps a damaged file: the exact reader says how
        return []
    return [notes.numpy() for voice in score.tracks if len(notes := voice.notes)]


def _certain_tracks(
    tracks: Sequence[_Marked], voices: Sequence[dict[str, np.ndarray]]
) -> Iterator[exact.Track | None]:
    """Yields the only voice of each track with notes before its mark; None if there are several."""
    pitch, velocity, start, duration = (
        np.concatenate([voice[name] for voice in voices])
        for name in ('pitch', 'velocity', 'time', 'duration')
    )
    counts = [len(voice['time']) for voice in voices]
    marks = np.cumsum(counts) - 1
    lengths = start[marks]
    end = start + duration
    is_late = end > np.repeat(lengths, counts)
    is_late[marks] = False
    has_late = np.logical_or.reduceat(is_late, np.append(0, marks[:-1] + 1)).tolist()
    channel = np.repeat(velocity[marks] - 1, counts)
    unended = np.zeros(len(pitch), bool)
    begins = (marks + 1 - counts).tolist()
    spans = zip(begins, marks.tolist(), has_late, lengths.tolist(), strict=True)
    for track in tracks:
        several = list(itertools.islice(spans, track.channels))
        sounding = [span for span in several if span[0] < span[1]]
        begin, mark, is_wrong, length = (sounding or several)[0]
        if len(sounding) > 1 or is_wrong or len({span[-1] for span in several}) > 1:
            yield None
            continue
        which = slice(begin, mark)
        yield exact.Track(
            pitch=pitch[which],
            velocity=velocity[which],
            start=start[which],
            end=end[which],
            channel=channel[which],
            unended=unended[which],
            meta=track.meta,
            length=length,
        )
