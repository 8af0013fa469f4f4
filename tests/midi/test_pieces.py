"""Pieces out of MIDI files: every channel, in quarter notes, and what bars they stand in."""

import numpy as np

from melodyvae.midi.midi_file import parse_midi
from melodyvae.midi.piece import Metre
from melodyvae.midi.pieces import build_pieces
from melodyvae.midi.read import read_pieces

import golden_files
from midi_bytes import midi, note_rows

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


def test_film_frames_are_counted_along_the_tempo():
    (piece,) = read_pieces(golden_files.GOLDEN / 'cases3/m17_smpte_tempo/film100.mid').pieces
    assert piece.tempos == (100,)
    assert piece.notes.start.tolist() == [number / 2 for number in range(16)]


def test_film_frames_follow_every_tempo(tmp_path):
    tempo = b'\0\xff\x51\3\x07\xa1\x20' + b'\x87\x68\xff\x51\3\x03\xd0\x90'
    notes = b'\0\x90\x3c\x40\x87\x68\x80\x3c\0\0\x90\x3e\x40\x87\x68\x80\x3e\0'
    path = tmp_path / 'a.mid'
    path.write_bytes(midi(tempo, notes, division=-25 << 8 | 40))
    (piece,) = read_pieces(path).pieces
    assert piece.tempos == (120, 240)
    assert note_rows(piece.notes) == [(60, 64, 0, 2), (62, 64, 2, 4)]
    assert piece.length == 6
