"""MIDI files as tracks: what stands around these, and what may be wrong with it."""

import gzip

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from melodyvae.midi.events import CUT_OFF
from melodyvae.midi.midi_file import MAX_FILE_BYTES, build_pieces
from melodyvae.midi.piece import Metre
from melodyvae.midi.read import read_pieces

import golden_files
from midi_bytes import END, chunk, header, midi, note_rows, parse_midi, track_rows

NOTE = b'\0\x90\x3c\x40\x60\x80\x3c\0'
OTHER = b'\0\x91\x3e\x40\x30\x81\x3e\0'
FILES = sorted((golden_files.GOLDEN / 'midi').glob('*.mid'))
GOOD = midi(NOTE, OTHER)


def read(data):
    """Pitches of each track, and the remarks."""
    file = parse_midi(data)
    return [track.pitch.tolist() for track in file.tracks], list(file.remarks)


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
    lies = chunk(b'MTrk', NOTE + END, 2**31) * 3000
    file = parse_midi(header(3000) + lies)
    assert [len(track.start) for track in file.tracks] == [1] * 3000


@given(data=st.data())
@settings(deadline=None, max_examples=100)
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
@settings(deadline=None, max_examples=50)
def test_junk_between_chunks_changes_nothing(junk, place):
    first = len(midi(NOTE))
    at = [0, 14, first, len(GOOD)][place]
    assert read(GOOD[:at] + junk + GOOD[at:])[0] == [[60], [62]]


@given(data=st.data())
@settings(deadline=None, max_examples=100)
def test_flipped_bytes_never_crash_and_keep_the_notes_before_them(data):
    path = data.draw(st.sampled_from(FILES))
    midi_bytes = bytearray(path.read_bytes())
    start = midi_bytes.index(b'MTrk') + 8
    place = data.draw(st.integers(start, len(midi_bytes) - 1))
    midi_bytes[place] ^= data.draw(st.integers(1, 255))
    cut = parse_midi(bytes(midi_bytes[:place]))
    damaged = parse_midi(bytes(midi_bytes))
    # Notes that had ended before the flipped byte are there.
    for number, track in enumerate(cut.tracks):
        ended = {row[:4] for row in track_rows(track) if not row[5]}
        assert ended <= {row[:4] for row in track_rows(damaged.tracks[number])}


CONDUCTOR = (
    b'\0\xff\3\4Song\0\xff\x58\4\3\2\x18\x08\0\xff\x51\3\x07\xa1\x20'
    b'\x83\x60\xff\x58\4\6\3\x18\x08\0\xff\x51\3\x0f\x42\x40'
)
LEAD = (
    b'\0\xff\3\4Lead\0\x93\x3c\x40\x81\x70\x83\x3c\0'
    b'\x81\x70\x93\x3e\x7f\x83\x60\x3e\0\x87\x40\xb3\1\1'
)
DRUMS = b'\0\x99\x24\x64\0\x9a\x3c\x20\x81\x70\x8a\x3c\0'


def test_a_piece_has_all_of_its_file():
    (piece,) = build_pieces(parse_midi(midi(CONDUCTOR, LEAD, b'', DRUMS)))
    assert note_rows(piece.notes) == [
        (60, 64, 0, 0.5),
        (62, 127, 1, 1),
        (36, 100, 0, 0.5),
        (60, 32, 0, 0.5),
    ]
    assert piece.track.tolist() == [1, 1, 3, 3]
    assert piece.channel.tolist() == [3, 3, 9, 10]
    assert piece.unended.tolist() == [False, False, True, False]
    assert piece.metres == (Metre(0, 3, 4), Metre(1, 6, 8))
    assert piece.tempos == (120, 60)
    assert piece.length == 4
    assert piece.track_names == ('Song', 'Lead', '', '')


def test_types_are_the_same_however_a_file_was_read():
    unended = b'\0\x90\x3c\x40'
    for tracks in ([LEAD], [CONDUCTOR, LEAD, LEAD], [unended], [LEAD, unended], [b''], [b'', b'']):
        (piece,) = build_pieces(parse_midi(midi(*tracks)))
        notes = piece.notes
        arrays = (notes.pitch, notes.velocity, notes.start, notes.length)
        arrays += (piece.track, piece.channel, piece.unended)
        dtypes = [np.int16, np.float32, np.float64, np.float64, np.int16, np.int8, np.bool_]
        assert [array.dtype for array in arrays] == dtypes
        assert {array.shape for array in arrays} == {(len(notes),)}


def test_a_metre_that_several_tracks_name_is_one():
    metre = b'\0\xff\x58\4\4\2\x18\x08'
    (piece,) = build_pieces(parse_midi(midi(metre, metre, b'\1\xff\x58\4\4\2\x18\x08')))
    assert piece.metres == (Metre(0, 4, 4), Metre(1 / 480, 4, 4))


def test_tracks_of_format_2_are_pieces_of_their_own():
    first, second = build_pieces(parse_midi(midi(CONDUCTOR + LEAD, DRUMS, kind=2)))
    assert (len(first.notes), first.track_names, first.tempos) == (2, ('Song',), (120, 60))
    assert (len(second.notes), second.metres, second.track.tolist()) == (2, (), [0, 0])
    assert second.length == 0.5


def test_a_track_of_format_2_without_notes_is_no_piece():
    (piece,) = build_pieces(parse_midi(midi(CONDUCTOR, LEAD, b'', kind=2)))
    assert piece.track_names == ('Lead',)
    (piece,) = build_pieces(parse_midi(midi(b'', b'', kind=2)))
    assert len(piece.notes) == 0


def test_film_frames_follow_every_tempo(tmp_path):
    tempo = b'\0\xff\x51\3\x07\xa1\x20' + b'\x87\x68\xff\x51\3\x03\xd0\x90'
    notes = b'\0\x90\x3c\x40\x87\x68\x80\x3c\0\0\x90\x3e\x40\x87\x68\x80\x3e\0'
    path = tmp_path / 'a.mid'
    path.write_bytes(midi(tempo, notes, division=-25 << 8 | 40))
    (piece,) = read_pieces(path).pieces
    assert piece.tempos == (120, 240)
    assert note_rows(piece.notes) == [(60, 64, 0, 2), (62, 64, 2, 4)]
    assert piece.length == 6
