"""Notes of a track, event by event: beside mido where mido can read, and by hand elsewhere."""

import collections

import mido
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from melodyvae.config.presets import preset
from melodyvae.cutting.select import select_notes
from melodyvae.midi.events import Events
from melodyvae.midi.exact import hold_notes, read_track
from melodyvae.midi.read import read_pieces

import golden_files
from midi_bytes import END, draw_messages, off, on, track_rows


def read(data):
    return read_track(Events(data, 0, len(data)))


def notes(*events):
    """Pitch, velocity, start, end and whether unended, of the notes of `(delta, ...)` bytes."""
    rows = track_rows(read(b''.join(map(bytes, events)) + END))
    return [(*row[:4], bool(row[5])) for row in rows]


@pytest.mark.parametrize(
    ('events', 'expected'),
    [
        # With the track.
        ([on(1, 60), (9, 0xB0, 1, 1)], [(60, 64, 1, 10, True)]),
        # At the next note of the pitch, on its channel.
        (
            [on(0, 60), on(3, 61), on(1, 60, 64, 1), on(2, 60), (4, 0xB0, 1, 1)],
            [(60, 64, 0, 6, True), (61, 64, 3, 10, True), (60, 64, 6, 10, True)]
            + [(60, 64, 4, 10, True)],
        ),
        # A note-off still ends the oldest one.
        ([on(0, 60, 1), on(5, 60, 2), off(5, 60)], [(60, 1, 0, 10, False), (60, 2, 5, 10, True)]),
        # At an "all notes off" or "all sound off" on its channel, if that is after its start.
        (
            [(0, 0xB0, 123, 0), on(0, 60), (7, 0xB1, 123, 0), (1, 0xB0, 123, 0), on(0, 61)]
            + [(2, 0xB0, 120, 0), (9, 0xB0, 123, 0)],
            [(60, 64, 0, 8, True), (61, 64, 8, 10, True)],
        ),
        # A note-off counts, even after an "all notes off".
        ([on(0, 60), (4, 0xB0, 123, 0), off(4, 60)], [(60, 64, 0, 8, False)]),
    ],
)
def test_a_note_without_a_note_off_ends_by_what_follows(events, expected):
    assert notes(*events) == expected


def test_of_a_note_that_begins_where_the_file_is_cut_off_nothing_is_left():
    rows = track_rows(read(bytes((*on(0, 60), *on(5, 62), *on(4, 64), 9, 0x90))))
    assert [row[:4] for row in rows] == [(60, 64, 0, 9), (62, 64, 5, 9)]
    rows = track_rows(read(bytes((*on(0, 60), *on(5, 62), *on(4, 64)))))  # a whole event: no cut
    assert [row[:4] for row in rows] == [(60, 64, 0, 9), (62, 64, 5, 9), (64, 64, 9, 9)]


@pytest.mark.parametrize(
    'event', [b'\x51\2\1\2', b'\x51\0', b'\x58\4\0\2\x18\x08', b'\x58\4\4\xff\x18\x08', b'\x58\1\4']
)
def test_meta_events_that_make_no_sense_are_left_out(event):
    assert read(b'\0\xff' + event + END).meta == (b'', [], [])


MESSAGES = st.one_of(
    draw_messages(
        [36, 60, 62], [0, 1, 64], [0, 0, 0, 1, 9], [0, 0, 1, 127, 128, 20_000, 3_000_000]
    ),
    st.builds(mido.Message, st.just('pitchwheel'), pitch=st.integers(-9, 9), time=st.just(5)),
    st.builds(mido.Message, st.just('sysex'), data=st.lists(st.integers(0, 127)), time=st.just(3)),
    st.builds(mido.MetaMessage, st.just('text'), text=st.text('ab', max_size=200)),
)


def reference(messages):
    """The ended notes, by mido's messages: channel and program in the order of first events."""
    tick, program = 0, [0] * 16
    voices, sounding = {}, collections.defaultdict(list)
    for message in messages:
        tick += message.time
        if message.is_meta or message.type == 'sysex':
            continue
        channel = message.channel
        if message.type == 'program_change':
            program[channel] = message.program
        voice = voices.setdefault((channel, program[channel]), [])
        if message.type == 'note_on' and message.velocity:
            note = [message.note, message.velocity, tick, None, channel, False]
            voice.append(note)
            sounding[channel, message.note].append(note)
        elif message.type in ('note_on', 'note_off') and sounding[channel, message.note]:
            sounding[channel, message.note].pop(0)[3] = tick
    return [tuple(note) for voice in voices.values() for note in voice if note[3] is not None]


@given(messages=st.lists(MESSAGES, max_size=50))
@settings(deadline=None, max_examples=100)
def test_ended_notes_are_those_of_mido(tmp_path_factory, messages):
    path = tmp_path_factory.getbasetemp() / 'by_mido.mid'
    mido.MidiFile(tracks=[mido.MidiTrack(messages)]).save(path)
    track = read(path.read_bytes()[22:])
    (by_mido,) = mido.MidiFile(path).tracks
    assert [row for row in track_rows(track) if not row[5]] == reference(by_mido)
    assert track.length == sum(message.time for message in by_mido)
    assert (np.asarray(track.end) >= track.start).all()
    assert (np.asarray(track.end) <= track.length).all()


PEDAL = golden_files.GOLDEN / 'cases3/m09_sustain/pedal.mid'


@pytest.mark.parametrize(
    ('pedals', 'ends'),
    [
        ([(0, 0, 127), (0, 90, 0)], [50, 90, 90, 40]),
        ([(0, 10, 127), (0, 30, 63)], [30, 60, 70, 40]),  # up before the second note ends
        ([(0, 20, 64)], [10, 100, 100, 40]),  # held to the end of the track
        ([(0, 0, 127), (0, 10, 0)], [10, 60, 70, 40]),  # up just when the first note ends
        ([(1, 0, 127), (1, 80, 0)], [10, 60, 70, 80]),
    ],
)
def test_notes_last_until_the_pedal_goes_up_or_their_pitch_comes_again(pedals, ends):
    pitch, channel = np.array([60, 60, 62, 60]), np.array([0, 0, 0, 1])
    start, end = np.array([0, 50, 60, 30]), np.array([10, 60, 70, 40])
    assert hold_notes(pitch, start, end, channel, pedals, 100).tolist() == ends


def test_the_presets_of_this_project_follow_the_pedal_and_the_devices_do_not():
    (piece,) = read_pieces(PEDAL).pieces
    held = select_notes([piece], preset('melodyvae').grid).notes
    assert held.length == pytest.approx([3.9, 2.9, 1.9, 0.9] * 2)
    device = select_notes([piece], preset('melodyvae_improved').grid).notes
    assert device.length == pytest.approx([0.1] * 8)
