"""Drum detection."""

import dataclasses

import pytest

from melodyvae.config.presets import preset
from melodyvae.cutting.drums import classify_pieces

from pieces import make_piece, play

MELODY = preset('melodyvae').grid
DRUMS = preset('rhythmvae').grid
TUNE = play(60, 62, 64, 65, 67, 65, 64, 62)
HATS = play(*[42] * 8)
KIT = HATS + play(36, None, 38, None, 36, None, 38)
RIDES = play(*[51] * 8) + play(36, None, 36, None, 36, None, 36)
LOW_CHORDS = play(36, 40, 36, 40) + play(43, 47, 43, 47)
BASS = play(35, 38, 42, 38, 35, 38, 42, 47)  # B minor, of kicks, snares and hats by number


@pytest.mark.parametrize(
    ('rows', 'channel', 'for_melody', 'for_drums'),
    [
        (TUNE, 0, '', 'melody'),
        (KIT, 0, 'drums', ''),
        (KIT, 9, 'drums', ''),
        (HATS, 9, 'drums', ''),
        (RIDES, 0, 'drums', ''),
        (HATS, 0, '', ''),
        (LOW_CHORDS, 0, '', ''),
        (BASS, 0, '', ''),
        (TUNE + KIT, [0] * 8 + [9] * 12, '', 'song'),
        ([], 0, '', ''),
    ],
)
def test_pieces_are_told_apart(rows, channel, for_melody, for_drums):
    piece = make_piece(rows, channel=channel)
    empty = make_piece([])
    assert classify_pieces([empty, piece], MELODY) == ['', for_melody]
    assert classify_pieces([piece, empty], DRUMS) == [for_drums, '']


def test_a_song_is_nothing_to_tell_where_its_drums_are_taken_alone():
    song = make_piece(TUNE + KIT, channel=[0] * 8 + [9] * 12)
    assert classify_pieces([song], dataclasses.replace(DRUMS, voices='drums')) == ['']


def test_nothing_looks_like_nothing():
    assert classify_pieces([], MELODY) == []
