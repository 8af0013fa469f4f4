"""Lines over several MIDI channels: MPE, where each note has its own, and the strings of guitars.

Source: MIDI Polyphonic Expression 1.0, MIDI Manufacturers Association, 2018.
"""

import re
from collections.abc import Sequence

import numpy as np

from melodyvae.midi.exact import Track
from melodyvae.midi.piece import CHANNELS, DRUM_CHANNEL

# The MPE Configuration Message on channel 1 or 16: RPN 6 by controllers 101 and 100, in any order,
# and the number of channels by controller 6.
_MPE = re.compile(
    rb'([\xb0\xbf])(?:e\0[\0-\x7f][\xb0\xbf]?d\x06|d\x06[\0-\x7f][\xb0\xbf]?e\0)'
    rb'(?:[\0-\x7f][\xb0\xbf]?\x06([\0-\x0f]))?'
)
STRINGED = re.compile(rb'guitar|gu?itarr?e|\bgtr\b|\bbass\b', re.IGNORECASE)
TOGETHER = 1 / 16  # quarter notes; notes that begin within this begin together
MAX_TOGETHER = 0.1  # share of the notes of a line that begin with one on another channel
MAX_OVERLAPS = 0.25  # share of the notes of a line in which one on another channel sounds on
MIN_CHANGES = 0.25  # channel changes per note; of two channels, but strings, twice as many
MAX_STEP = 9  # semitones, the median between notes on different channels


def find_zones(data: bytes) -> list[range]:
    """Returns the channels of each MPE zone that a MIDI file configures."""
    if (b'\xb0' not in data and b'\xbf' not in data) or b'd\6' not in data:
        return []
    zones = []
    for match in _MPE.finditer(data):
        members = match[2][0] if match[2] else CHANNELS - 1
        begin = 0 if match[1] == b'\xb0' else CHANNELS - 1 - members
        if members:  # a message with 0 members ends the zone
            zones.append(range(begin, begin + members + 1))
    return list(dict.fromkeys(zones))


def find_lines(track: Track, quarter: float, zones: Sequence[range]) -> list[tuple[int, ...]]:
    """Returns the channels of each line that a track plays over several channels.

    If the file has MPE zones, each zone is a line. Otherwise all channels of a track, or all but
    the drums, are one line if they have the same program and play one note at a time in turn, in
    steps as small as those of a melody. The strings of a guitar may also play chords.

    Args:
      track, zones: of a file.
      quarter: ticks per quarter note.
    """
    if (track.channel == track.channel[:1]).all():
        return []
    channels = np.unique(track.channel)
    if zones:
        lines = [np.intersect1d(channels, zone) for zone in zones]
        return [tuple(line.tolist()) for line in lines if len(line) > 1]
    for line in (channels, channels[channels != DRUM_CHANNEL]):
        if len(line) > 1 and _is_one_line(track, line, quarter):
            return [tuple(line.tolist())]
    return []


def _is_one_line(track: Track, channels: np.ndarray, quarter: float) -> bool:
    if track.programs > 1:
        return False
    has_strings = STRINGED.search(track.meta.name) is not None
    if has_strings and len(channels) > 2 and DRUM_CHANNEL not in channels:
        return True
    order = np.argsort(track.start, kind='stable')
    order = order[np.isin(track.channel[order], channels)]
    channel, pitch = track.channel[order], track.pitch[order].astype(np.int64)
    start, end = track.start[order] / quarter, track.end[order] / quarter
    changes = channel[1:] != channel[:-1]
    if changes.mean() < MIN_CHANGES * (2 if len(channels) == 2 and not has_strings else 1):
        return False
    together = changes & (start[1:] - start[:-1] < TOGETHER)
    sounds_on = changes & (end[:-1] > start[1:] + (end - start)[1:] / 2 + TOGETHER)
    return bool(
        together.mean() <= MAX_TOGETHER
        and sounds_on.mean() <= MAX_OVERLAPS
        and np.median(np.abs(np.diff(pitch))[changes]) <= MAX_STEP
        and _count_overlaps(channel, start, end) <= MAX_OVERLAPS
    )


def _count_overlaps(channel: np.ndarray, start: np.ndarray, end: np.ndarray) -> float:
    """Returns the share of notes that lie within a note on another channel."""
    last = np.zeros(CHANNELS)  # where the notes of each channel end
    inside = 0
    for number, begin, until in zip(channel.tolist(), start.tolist(), end.tolist(), strict=True):
        others = np.delete(last, number)
        inside += others.max() >= until - TOGETHER and others.max() > begin + TOGETHER
        last[number] = max(last[number], until)
    return inside / len(channel)
