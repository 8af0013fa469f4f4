"""MIDI files as tracks: what stands around these, and what may be wrong with it."""

import gzip

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from melodyvae.midi.events import CUT_OFF
from melodyvae.midi.midi_file import MAX_FILE_BYTES, parse_midi

import golden_files
from midi_bytes import END, chunk, header, midi, track_rows

NOTE = b'\0\x90\x3c\x40\x60\x80\x3c\0'
OTHER = b'\0\x91\x3e\x40\x30\x81\x3e\0'
FILES = sorted((golden_files.GOLDEN / 'midi').glob('*.mid'))
GOOD = midi(NOTE, OTHER)


def read(data):
    """Pitches of each track, and the remarks."""
    file = parse_midi(data)
    return [track.pitch.tolist() for track in file.tracks], file.remarks


@pytest.mark.parametrize(
    ('data', 'remarks'),
    [
        (GOOD, []),
        (GOOD + b'junk and more', ['bytes outside of tracks skipped']),
        (header(2) + b'junk' + GOOD[14:], ['bytes outside of tracks skipped']),
        (header(2) + chunk(b'XFIH', b'MTrk' * 3) + GOOD[14:], []),
        (chunk(b'MThd', b'\0\1\0\2\1\xe0', length=5) + GOOD[14:], []),
        (chunk(b'MThd', b'\0\1\0\2\1\xe0', length=2**31) + GOOD[14:], []),
    ],
)
def test_what_stands_around_the_tracks(data, remarks):
    assert read(data) == ([[60], [62]], remarks)


@pytest.mark.parametrize('first', [0, 4, len(NOTE), len(NOTE + END) + 4, 2000, 2**32 - 1])
@pytest.mark.parametrize('last', [0, 4, len(OTHER), len(OTHER + END) + 4, 2000, 2**32 - 1])
def test_tracks_end_at_their_end_of_track_and_not_at_their_length(first, last):
    tracks = chunk(b'MTrk', NOTE + END, first) + chunk(b'MTrk', OTHER + END, last)
    assert read(header(2) + tracks) == ([[60], [62]], ['wrong lengths of tracks mended'])


def test_what_follows_an_end_of_track_is_no_music():
    assert read(header(1) + chunk(b'MTrk', NOTE + END + OTHER + END)) == ([[60]], [])


def test_a_cut_is_said():
    assert read(GOOD[:-1])[1] == [CUT_OFF]
    assert read(midi(NOTE)[:-4])[1] == [CUT_OFF]  # between two events


@pytest.mark.parametrize(
    ('division', 'ticks', 'remarks'),
    [
        (1, 1, 0),
        (480, 480, 0),
        (32767, 32767, 0),
        (-25 << 8 | 40, 500, 1),
        (-24 << 8 | 5, 60, 1),
        (-29 << 8 | 100, 1498.5, 1),  # 29.97 frames a second
        (-30 << 8 | 1, 15, 1),
    ],
)
def test_time_divisions(division, ticks, remarks):
    file = parse_midi(midi(NOTE, division=division))
    assert file.ticks_per_quarter == pytest.approx(ticks)
    assert len(file.remarks) == remarks
    assert all('film frames' in remark for remark in file.remarks)


@pytest.mark.parametrize(
    ('data', 'reason'),
    [
        (GOOD[:13], 'it ends within its header'),
        (GOOD[:14], 'there is no track in it'),
        (midi(NOTE, division=-25 << 8), 'its time division is 0, so that its times mean nothing'),
        (b'\x1f\x8b' + b'?' * 50, 'it is packed by gzip, and damaged'),
        (GOOD + bytes(MAX_FILE_BYTES), 'it is larger than 16 MiB'),
        (gzip.compress(GOOD + bytes(MAX_FILE_BYTES), mtime=0), 'it is larger than 16 MiB'),
        (header(0) + chunk(b'MTrk', END) * 2**15, 'it has more than 32,767 tracks'),
    ],
)
def test_why_a_file_cannot_be_read(data, reason):
    with pytest.raises(ValueError) as error:
        parse_midi(data)
    assert str(error.value) == reason


def test_many_tracks_are_read_in_a_time_that_grows_with_them():
    lies = chunk(b'MTrk', NOTE + END, 2**31) * 10_000
    file = parse_midi(header(10_000) + lies)
    assert [len(track.start) for track in file.tracks] == [1] * 10_000


@given(data=st.data())
@settings(deadline=None, max_examples=200)
def test_a_file_cut_anywhere_keeps_the_notes_before_the_cut(data):
    midi_bytes = data.draw(st.sampled_from(FILES)).read_bytes()
    start = midi_bytes.index(b'MTrk') + 8
    cut = data.draw(st.integers(start, len(midi_bytes)))
    whole, part = parse_midi(midi_bytes), parse_midi(midi_bytes[:cut])
    assert len(part.tracks) <= len(whole.tracks)
    for of_whole, of_part in zip(whole.tracks, part.tracks, strict=False):
        rows, found = track_rows(of_whole), track_rows(of_part)
        ended = [row for row in found if not row[5]]
        assert set(ended) <= set(rows)
        assert {row for row in rows if row[3] < of_part.length} <= set(ended)
    if cut < len(midi_bytes):
        assert part.remarks


@given(
    junk=st.binary(max_size=40).filter(lambda junk: b'MT' not in junk and not junk.endswith(b'M')),
    place=st.integers(0, 3),
)
@settings(deadline=None, max_examples=200)
def test_junk_between_chunks_changes_nothing(junk, place):
    first = len(midi(NOTE))
    at = [0, 14, first, len(GOOD)][place]
    assert read(GOOD[:at] + junk + GOOD[at:])[0] == [[60], [62]]


@given(data=st.data())
@settings(deadline=None, max_examples=300)
def test_flipped_bytes_never_crash_and_keep_the_notes_before_them(data):
    path = data.draw(st.sampled_from(FILES))
    midi_bytes = bytearray(path.read_bytes())
    start = midi_bytes.index(b'MTrk') + 8
    place = data.draw(st.integers(start, len(midi_bytes) - 1))
    whole = parse_midi(bytes(midi_bytes))
    midi_bytes[place] ^= data.draw(st.integers(1, 255))
    cut = parse_midi(bytes(midi_bytes[:place]))
    damaged = parse_midi(bytes(midi_bytes))
    # Notes that had ended before the flipped byte are there.
    for number, track in enumerate(cut.tracks):
        ended = {row[:4] for row in track_rows(track) if not row[5]}
        assert ended <= {row[:4] for row in track_rows(damaged.tracks[number])}
        assert ended <= {row[:4] for row in track_rows(whole.tracks[number])}
