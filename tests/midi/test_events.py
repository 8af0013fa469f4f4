"""Events of a track, on bytes that follow the rules and on bytes that do not."""

import pytest

from melodyvae.midi.events import CUT_OFF, MAX_DELTA, META, Events, read_number

END = b'\0\xff\x2f\0'
NOTE = (0, 0x90, 60, 64)


def walk(data, position=0, end=None):
    events = Events(data, position, len(data) if end is None else end)
    return list(events), events


@pytest.mark.parametrize(
    ('data', 'number'),
    [
        (b'\0', 0),
        (b'\x7f', 127),
        (b'\x81\0', 128),
        (b'\xff\xff\xff\x7f', MAX_DELTA),
        (b'\x8f\xff\xff\xff\0', 2**32 - 128),
    ],
)
def test_numbers_of_variable_length(data, number):
    assert read_number(b'?' + data + b'?', 1) == (number, 1 + len(data))


@pytest.mark.parametrize(
    ('between', 'remarks'),
    [
        (b'', []),
        (b'\0\xff\x01\3abc', []),  # a text
        (b'\0\xf0\5\x7e\x7f\x09\x01\xf7', []),  # system exclusive
        (b'\0\xf7\2\xf3\1', []),  # a packet of anything
        (b'\0\xf8\0\xfe', ['bytes that are no events skipped']),  # real time
        (b'\0\xf1\x10\0\xf2\1\2\0\xf3\1\0\xf6', ['bytes that are no events skipped']),
        (b'\0\xf4\0\xf5\0\xf9\0\xfd', ['bytes that are no events skipped']),  # undefined
    ],
)
def test_running_status_goes_on(between, remarks):
    found, events = walk(b'\0\x90\x3c\x40' + between + b'\5\x3e\x41' + END)
    assert found == [NOTE, (5, 0x90, 62, 65)]
    assert list(events.remarks) == remarks
    assert events.ended and not events.cut


def test_delta_times_of_what_is_skipped_count():
    found, events = walk(b'\1\xf4\2\xff\1\0\3\xf0\1\xf7\4\xf7\0\5\xfe\6\x90\x3c\x40\7\xff\x2f\0')
    assert found == [(21, 0x90, 60, 64)]
    assert events.tick == 28


def test_messages_have_one_or_two_data_bytes():
    found, _ = walk(b'\0\xc3\5\0\6\0\xd3\7\0\xe3\1\2\0\xa3\3\4\0\xb3\5\6' + END)
    assert found == [
        (0, 0xC3, 5, 0),
        (0, 0xC3, 6, 0),
        (0, 0xD3, 7, 0),
        (0, 0xE3, 1, 2),
        (0, 0xA3, 3, 4),
        (0, 0xB3, 5, 6),
    ]


def test_names_tempos_and_time_signatures_come_with_their_bytes():
    found, _ = walk(b'\1\xff\3\2ab\1\xff\x51\3\1\2\3\1\xff\x58\1\6\1\xff\x59\2\0\0' + END)
    assert found == [(1, META, 3, b'ab'), (2, META, 0x51, b'\1\2\3'), (3, META, 0x58, b'\6')]


def test_a_track_ends_at_its_end_of_track():
    found, events = walk(b'?\0\x90\x3c\x40\5\xff\x2f\0\0\x90\x3d\x40', position=1)
    assert found == [NOTE]
    assert (events.tick, events.position, events.ended) == (5, 9, True)


def test_a_track_without_end_of_track_ends_with_its_bytes():
    found, events = walk(b'\0\x90\x3c\x40\0\x90\x3d\x40', end=4)
    assert found == [NOTE]
    assert (events.position, events.ended, events.cut) == (4, False, False)


@pytest.mark.parametrize(
    'rest',
    [
        b'\5',
        b'\x85',
        b'\5\x90',
        b'\5\x90\x3c',
        b'\5\x3c',
        b'\5\xff',
        b'\5\xff\x51',
        b'\5\xff\x51\3\1\2',
        b'\5\xff\x2f',
        b'\5\xf0\x85',
        b'\5\xf0\5\1',
    ],
)
def test_a_cut_in_the_middle_of_an_event(rest):
    for data in (b'\0\x90\x3c\x40' + rest, b'\0\x90\x3c\x40' + rest + b'MTrk\0\0\0\4' + END):
        found, events = walk(data, end=4 + len(rest))
        assert found == [NOTE]
        assert (events.tick, events.position) == (0, 4 + len(rest))
        assert events.cut and not events.ended and list(events.remarks) == [CUT_OFF]


@pytest.mark.parametrize('delta', [b'\x8f\xff\xff\xff\0', b'\x87\xff\xff\xff\x7f'])
def test_a_delta_time_that_midi_cannot_hold_is_0(delta):
    found, events = walk(delta + b'\x90\x3c\x40' + END)
    assert found == [NOTE]
    assert list(events.remarks) == ['impossible delta times taken as 0']


def test_data_bytes_end_at_127():
    found, events = walk(b'\0\x90\x3c\xff\0\x90\xff\x40' + END)
    assert found == [(0, 0x90, 60, 127), (0, 0x90, 127, 64)]
    assert list(events.remarks) == ['notes over 127 taken as 127']
    found, events = walk(b'\0\x80\x3c\xff\0\xb0\xff\x40' + END)
    assert found == [(0, 0x80, 60, 127), (0, 0xB0, 127, 64)]
    assert not events.remarks


def test_data_before_any_status_is_skipped():
    found, events = walk(b'\0\x3c\0\x3d' + b'\0\x90\x3c\x40' + END)
    assert found == [NOTE]
    assert list(events.remarks) == ['bytes that are no events skipped']
