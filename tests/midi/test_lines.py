"""One line over several channels, beside parts that share a track."""

import numpy as np
import pytest

from melodyvae.midi.events import Events
from melodyvae.midi.exact import read_track
from melodyvae.midi.lines import has_mpe, is_one_line
from melodyvae.midi.read import read_pieces

import golden_files
from midi_bytes import END, midi

CASES3 = golden_files.GOLDEN / 'cases3'
QUARTER = 96
SCALE = [60, 62, 64, 65, 67, 69, 71, 72]
MCM = b'\0\xb0\x65\0\0\x64\6\0\6\x0f'


def events_of(notes, programs=(), name=''):
    """The bytes of a track of `(pitch, start, length, channel)`, in quarter notes."""
    events = [(0, bytes([0xC0 | channel, program])) for channel, program in programs]
    for pitch, start, length, channel in notes:
        begin = round(start * QUARTER)
        events.append((begin, bytes([0x90 | channel, pitch, 90])))
        events.append((begin + round(length * QUARTER), bytes([0x80 | channel, pitch, 0])))
    events.sort(key=lambda event: event[0])
    data, now = b'\0\xff\3' + bytes([len(name)]) + name.encode(), 0
    for tick, event in events:
        data += bytes([tick - now]) + event
        now = tick
    return data


def is_line(notes, programs=(), name='', mpe=False):
    data = events_of(notes, programs, name) + END
    return is_one_line(read_track(Events(data, 0, len(data))), QUARTER, mpe=mpe)


def line(channels, pitches=SCALE * 4, length=0.5):
    return [
        (pitch, number / 2, length, channels[number % len(channels)])
        for number, pitch in enumerate(pitches)
    ]


CHORDS = [(pitch, bar * 1.0, 1, n) for bar in range(8) for n, pitch in enumerate((64, 60, 55))]


@pytest.mark.parametrize(
    'notes',
    [
        line([1, 2, 3, 4, 5]),
        line([0, 1]),
        line([1, 2, 3], length=0.6),  # legato
        line([1, 2, 2, 3, 3, 3]),
    ],
)
def test_notes_one_at_a_time_over_channels_are_a_line(notes):
    assert is_line(notes)


BASS = [(36, n * 1.0, 1, 1) for n in range(16)]


@pytest.mark.parametrize(
    'notes',
    [
        line([0]),  # one channel
        [*line([0]), *BASS],  # a bass below a melody
        line([0, 1], [72, 48] * 16),  # a bass on the beat, chords after it
        line([0] * 8 + [1] * 8),  # question and answer
        CHORDS,
        [*line([0]), *line([1], SCALE[::-1] * 4)],
    ],
)
def test_parts_on_their_own_channels_are_no_line(notes):
    assert not is_line(notes)


def test_parts_of_two_instruments_are_no_line():
    assert is_line(line([0, 1]), programs=[(0, 5), (1, 5)])
    assert not is_line(line([0, 1]), programs=[(0, 5), (1, 40)])


def test_strings_of_a_guitar_may_play_chords():
    assert is_line(CHORDS, name='Acoustic Guitar')
    assert not is_line(CHORDS, name='Choir')


def test_mpe_is_one_line_whatever_it_plays():
    assert is_line(CHORDS, mpe=True)


@pytest.mark.parametrize(
    ('message', 'found'),
    [
        (MCM, True),
        (b'\0\xbf\x64\6\0\xbf\x65\0\0\xbf\6\7', True),  # the upper zone
        (b'\0\xb0\x65\0\0\x64\0\0\6\x0c', False),  # the range of pitch bends
    ],
)
def test_a_file_that_configures_mpe_is_known(message, found):
    data = midi(message + b'\0\x91\x3c\x40\x30\x81\x3c\0')
    assert has_mpe(data) == found


def test_pieces_name_their_lines(tmp_path):
    path = tmp_path / 'a.mid'
    path.write_bytes(midi(MCM, events_of(CHORDS), events_of(line([0])), division=QUARTER))
    (piece,) = read_pieces(path).pieces
    assert piece.lines == (1,)
    assert np.unique(piece.channel[piece.track == 1]).tolist() == [0, 1, 2]


def test_a_song_of_one_track_has_no_line():
    (piece,) = read_pieces(CASES3 / 'm13_type0/all.mid').pieces
    assert piece.lines == ()
