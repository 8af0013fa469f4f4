"""The fast reader of tracks beside the exact one: what it gives is the same, or nothing."""

import mido
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from melodyvae.midi.events import Events
from melodyvae.midi.exact import read_track
from melodyvae.midi.fast import read_tracks

import golden_files
from midi_bytes import END, draw_messages, track_rows

FILES = sorted((golden_files.GOLDEN / 'midi').glob('*.mid'))
CASES = sorted(path for path in (golden_files.GOLDEN / 'cases').rglob('*.*') if path.is_file())
NOTE = b'\0\x90\x3c\x40\x60\x80\x3c\0'


def tracks_of(data):
    """The bytes between one `MTrk` and the next, whatever the lengths say."""
    return [part[4:] for part in data.split(b'MTrk')[1:]]


def check(*tracks):
    """Compares where the fast reader answers; returns where it does."""
    found = read_tracks(tracks)
    assert len(found) == len(tracks)
    for data, track in zip(tracks, found, strict=True):
        if track is not None:
            events = Events(data, 0, len(data))
            exact = read_track(events)
            assert track_rows(track) == track_rows(exact)
            assert (track.meta, track.length) == (exact.meta, exact.length)
            assert events.ended and not events.remarks
    return [track is not None for track in found]


@pytest.mark.parametrize('path', FILES + CASES, ids=lambda path: path.name)
def test_both_agree_on_the_golden_files_and_the_damaged_ones(path):
    check(*tracks_of(path.read_bytes()))


def test_most_golden_files_are_read_fast():
    certain = [all(check(*tracks_of(path.read_bytes()))) for path in FILES]
    assert sum(certain) > len(certain) * 0.8


@pytest.mark.parametrize(
    'data',
    [
        NOTE,
        b'\0\xff\3\4Name\0\xff\x51\3\x07\xa1\x20' + NOTE,  # what counts at the beginning
        NOTE + b'\0\x91\x3d\0',  # another channel, without a note
        b'\x84\x90\0\x90\x3c\x40\x84\x91\0\x80\x3c\0',  # times that look like note-ons
        b'\0\xc3\7\0\x93\x3c\x40\5\x83\x3c\0',  # a program
        b'\0\xb0\7\x40' + NOTE + b'\0\xff\x01\3abc' + NOTE,  # a controller, a text
        b'\0\xb5\7\x40' + NOTE,  # on another channel
        b'',
        b'\0\xff\3\4Name',
        b'\0\xb0\7\x40\0\x90\x3c\0',  # no note
    ],
)
def test_what_is_usual_is_certain(data):
    assert check(data + END) == [True]


@pytest.mark.parametrize(
    'data',
    [
        b'\0\x90\x3c\x40\5\xb0\1\1',  # never ends
        b'\0\x90\0\x01\5\xb0\1\1',  # like a mark
        NOTE + b'\0\x90\0\x01',  # exactly like a mark
        NOTE + b'\0\x90\0\x01\0\x90\0\x01',
        b'\0\x90\x3c\x40\1\x91\x3d\x40\5\x80\x3c\0\5\x81\x3d\0',  # two voices
        NOTE + b'\0\xc0\5' + NOTE,
        NOTE + b'\0\xf7\1\0' + NOTE,  # a packet
        NOTE + b'\0\xf0\1\xf7\0\x3c\x40\5\x3c\0',  # running status after system exclusive
        NOTE + b'\0\xfe' + NOTE,
        NOTE + b'\0\xff\x51\3\1\1\1' + NOTE,  # a tempo later on
        NOTE + b'\0\xff\x58\4\3\2\x18\x08' + NOTE,
        b'\x8f\xff\xff\xff\0\x90\x3c\x40\5\x80\x3c\0',  # a delta time that MIDI cannot hold
        NOTE + b'\x8f\xff\xff\xff\0\x90\x3c\x40\5\x80\x3c\0',
        NOTE + END + b'\0\x90\x3e\x40\5\x80\x3e\0',  # a second end
        b'\0\x90\x3c\xff\5\x80\x3c\0',  # a data byte over 127
    ],
)
def test_what_is_rare_is_left_to_the_exact_reader(data):
    assert check(data + END) == [False]
    assert check(NOTE + END, data + END, NOTE + END) == [True, False, True]


def test_a_track_without_its_end_is_left_to_the_exact_reader():
    assert check(NOTE) == [False]


def test_a_voice_too_few_and_one_too_many_do_not_shift_those_between():
    few, many = b'\1\xc0\0\x91\x3c\x40\x90\x3c\0', b'\0\x90\x3c\x40\1\xc0\1\0'
    others = [NOTE.replace(b'\x3c', bytes([pitch])) + END for pitch in range(70, 79)]
    check(few + END, *others, many + END)
    check(many + END, *others, few + END)


def test_notes_that_begin_together_keep_their_order():
    chord = b'\0\x90\x43\1\0\x3c\2\0\x40\3' + b'\5\x3c\0\0\x43\0\0\x40\0'
    assert check(chord * 50 + END) == [True]


MESSAGES = draw_messages(
    [0, 1, 36, 60, 84],
    [0, 1, 2, 64],
    [0, 0, 0, 0, 1, 9],
    [0, 0, 1, 60, 120, 131, 2100, 300_000],
)


@given(tracks=st.lists(st.lists(MESSAGES, max_size=30), min_size=1, max_size=4))
@settings(deadline=None, max_examples=100)
def test_both_agree_on_any_events(tmp_path_factory, tracks):
    path = tmp_path_factory.getbasetemp() / 'events.mid'
    mido.MidiFile(tracks=[mido.MidiTrack(messages) for messages in tracks]).save(path)
    check(*tracks_of(path.read_bytes()))


@given(data=st.data())
@settings(deadline=None, max_examples=150)
def test_both_agree_on_damaged_bytes(data):
    tracks = []
    for path in data.draw(st.lists(st.sampled_from(FILES), min_size=1, max_size=2)):
        midi = bytearray(path.read_bytes()[:3000])
        for _ in range(data.draw(st.integers(1, 4))):
            place = data.draw(st.integers(22, len(midi) - 1))
            midi[place] = data.draw(st.integers(0, 255))
        tracks += tracks_of(midi)
    check(*map(bytes, tracks))


# Bytes that are rare in themselves, as well as whole events, so that much of it is nearly right.
PARTS = st.sampled_from(
    [NOTE, b'\0\x90\x3c\x40', b'\5\x80\x3c\0', b'\5\x3c\x40', b'\0\x91\x3c\x40', b'\0\xff\3\1a']
    + [bytes([byte]) for byte in (0, 1, 0x3C, 0x7F, 0x80, 0x81, 0x8F, 0x90, 0x9F, 0xC0, 0xF0, 0xF7)]
    + [b'\xff', b'\xff\x2f\0', b'\xff\x51\3', b'\0\xff\1\5']
)


@given(tracks=st.lists(st.lists(PARTS, max_size=15).map(b''.join), min_size=1, max_size=3))
@settings(deadline=None, max_examples=200)
def test_both_agree_on_any_bytes(tracks):
    check(*(track + END for track in tracks))
