"""MIDI files that were written, as mido reads them."""

from pathlib import Path

import mido


def note_starts(path: Path) -> list[tuple[float, int, int, int]]:
    """(start in quarter notes, channel, pitch, velocity) of a MIDI file."""
    midi = mido.MidiFile(path)
    found = []
    for track in midi.tracks:
        tick = 0
        for message in track:
            tick += message.time
            if message.type == 'note_on' and message.velocity:
                start = tick / midi.ticks_per_beat
                found.append((start, message.channel, message.note, message.velocity))
    return sorted(found)
