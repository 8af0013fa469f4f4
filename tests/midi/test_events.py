"""Numbers and running status of a track; files are read in test_exact.py and test_read.py."""

import pytest

from melodyvae.midi.events import CUT_OFF, MAX_DELTA, Events, read_number

END = b'\0\xff\x2f\0'
NOTE = (0, 0x90, 60, 64)


def walk(data):
    events = Events(data, 0, len(data))
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


def test_data_before_any_status_is_skipped():
    found, events = walk(b'\0\x3c\0\x3d' + b'\0\x90\x3c\x40' + END)
    assert found == [NOTE]
    assert list(events.remarks) == ['bytes that are no events skipped']


@pytest.mark.parametrize('rest', [b'\5\x90\x3c', b'\5\xff\x51\3\1\2', b'\5\xf0\5\1'])
def test_an_event_does_not_reach_into_the_next_track(rest):
    data = b'\0\x90\x3c\x40' + rest
    events = Events(data + b'MTrk\0\0\0\4' + END, 0, len(data))
    assert list(events) == [NOTE]
    assert events.cut and list(events.remarks) == [CUT_OFF]
