"""MIDI files made byte by byte, and what is read of them in a form that is easy to compare."""

import struct

import mido
from hypothesis import strategies as st

from melodyvae.midi.midi_file import find_tracks, read_tracks

END = b'\0\xff\x2f\0'


def chunk(tag, data, length=None):
    return tag + struct.pack('>I', len(data) if length is None else length) + data


def header(tracks=1, division=480, kind=1):
    return chunk(b'MThd', struct.pack('>HHH', kind, tracks, division & 0xFFFF))


def on(delta, pitch, velocity=64, channel=0):
    return bytes((delta, 0x90 | channel, pitch, velocity))


def off(delta, pitch, channel=0):
    return bytes((delta, 0x80 | channel, pitch, 0))


def midi(*tracks, division=480, kind=1):
    """A file of tracks, each given by its events; End of Track is added."""
    chunks = [chunk(b'MTrk', events + END) for events in tracks]
    return header(len(chunks), division, kind) + b''.join(chunks)


def parse_midi(data):
    """Finds and reads the tracks of one MIDI file."""
    (file,) = read_tracks([find_tracks(data)])
    return file


def note_rows(notes):
    """Notes as `(pitch, velocity in MIDI's scale, start, length)`."""
    velocity = (notes.velocity * 127).round().astype(int)
    fields = (notes.pitch, velocity, notes.start, notes.length)
    return list(zip(*(field.tolist() for field in fields), strict=True))


def quarters(piece):
    """Pitch, start and length of the notes of a piece, in quarter notes."""
    return [
        (pitch, round(start, 6), round(length, 6))
        for pitch, _, start, length in note_rows(piece.notes)
    ]


def metres(piece):
    return [tuple(metre) for metre in piece.metres]


def track_rows(track):
    """Notes of a track as pitch, velocity, start, end, channel and whether unended."""
    return list(zip(*(column.astype(int).tolist() for column in track[:6]), strict=True))


def write_titled(path, title):
    """Eight notes on a track of this name."""
    track = mido.MidiTrack([mido.MetaMessage('track_name', name=title)])
    for kind in ('note_on', 'note_off') * 8:
        track.append(mido.Message(kind, note=60, time=240))
    mido.MidiFile(tracks=[track]).save(path)


def draw_messages(pitches, velocities, channels, times):
    """A strategy for notes, programs and tempos; values that are named often are drawn often."""
    return st.one_of(
        st.builds(
            mido.Message,
            st.sampled_from(['note_on', 'note_on', 'note_off']),
            note=st.sampled_from(pitches),
            velocity=st.sampled_from(velocities),
            channel=st.sampled_from(channels),
            time=st.sampled_from(times),
        ),
        st.builds(
            mido.Message,
            st.just('program_change'),
            program=st.integers(0, 2),
            channel=st.sampled_from([0, 1]),
        ),
        st.builds(mido.MetaMessage, st.just('set_tempo'), tempo=st.integers(200_000, 900_000)),
    )
