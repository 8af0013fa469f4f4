"""One line over several channels, beside parts that share a track."""

import numpy as np
import pytest

from melodyvae.midi.exact import Meta, Track
from melodyvae.midi.lines import find_lines, find_zones
from melodyvae.midi.read import read_pieces

import golden_files
from midi_bytes import midi

CASES3 = golden_files.GOLDEN / 'cases3'
QUARTER = 96
SCALE = [60, 62, 64, 65, 67, 69, 71, 72]
MCM = b'\0\xb0\x65\0\0\x64\6\0\6\x0f'


def lines_of(notes, programs=1, name='', zones=()):
    """The lines of a track of `(pitch, start, length, channel)`, in quarter notes."""
    by_channel = sorted(notes, key=lambda note: note[3])  # as in a file
    pitch, start, length, channel = np.array(by_channel).T
    meta = Meta(name.encode(), [], [])
    end, unended = (start + length) * QUARTER, np.zeros(len(notes), bool)
    track = Track(
        pitch, pitch, start * QUARTER, end, channel.astype(int), unended, meta, 0, programs
    )
    return find_lines(track, QUARTER, zones)


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
    assert lines_of(notes) == [tuple(sorted({channel for *_, channel in notes}))]


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
    assert lines_of(notes) == []


def test_parts_of_two_instruments_are_no_line():
    assert lines_of(line([0, 1]), programs=1) == [(0, 1)]
    assert lines_of(line([0, 1]), programs=2) == []


def test_strings_of_a_guitar_may_play_chords():
    assert lines_of(CHORDS, name='Acoustic Guitar') == [(0, 1, 2)]
    assert lines_of(CHORDS, name='Choir') == []


def test_two_strings_of_a_guitar_change_less_often():
    solo = line([1, 1, 1, 2, 2, 2])
    assert lines_of(solo, name='Gitarre 1') == [(1, 2)]
    assert lines_of(solo, name='Lead') == []


def test_a_zone_of_mpe_is_a_line_whatever_it_plays():
    assert lines_of(CHORDS, zones=[range(16)]) == [(0, 1, 2)]
    assert lines_of([*CHORDS, *line([9]), *line([14, 15])], zones=[range(5), range(13, 16)]) == [
        (0, 1, 2),
        (14, 15),
    ]


def test_drums_in_the_track_of_a_line_are_not_part_of_it():
    drums = [(36 + 6 * (n % 2), n / 2, 0.25, 9) for n in range(32)]
    assert lines_of([*line([1, 2, 3, 4]), *drums]) == [(1, 2, 3, 4)]


@pytest.mark.parametrize(
    ('message', 'zones'),
    [
        (MCM, [range(16)]),
        (MCM + MCM, [range(16)]),
        (b'\0\xb0\x65\0\0\x64\6\0\6\5', [range(6)]),
        (b'\0\xbf\x64\6\0\xbf\x65\0\0\xbf\6\7', [range(8, 16)]),  # the upper zone
        (b'\0\xb0\x65\0\0\x64\6\0\6\0', []),  # no zone any more
        (b'\0\xb0\x65\0\0\x64\0\0\6\x0c', []),  # the range of pitch bends
    ],
)
def test_the_zones_of_a_file_are_found(message, zones):
    assert find_zones(midi(message + b'\0\x91\x3c\x40\x30\x81\x3c\0')) == zones


def test_pieces_name_their_lines():
    (piece,) = read_pieces(CASES3 / 'm08_mpe/mpe_rotating_5.mid').pieces
    ((track, channels),) = piece.lines
    assert np.unique(piece.channel[piece.track == track]).tolist() == list(channels)
    assert len(channels) == 5


def test_a_song_of_one_track_has_no_line():
    (piece,) = read_pieces(CASES3 / 'm13_type0/all.mid').pieces
    assert piece.lines == ()
