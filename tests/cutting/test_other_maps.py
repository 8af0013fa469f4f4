"""Drums that follow another drum map than General MIDI."""

import dataclasses

import numpy as np
import pytest

from melodyvae.config.devices import DRUM_CLASSES
from melodyvae.config.presets import preset
from melodyvae.cutting.select import select_notes
from melodyvae.loops.pattern import pitch_rows
from melodyvae.midi.read import read_pieces

import golden_files
from pieces import make_piece, play

CASES3 = golden_files.GOLDEN / 'cases3'
KIT = preset('drums').grid
MPC = ('37 kick', '38 snare', '39 closed hi-hat', '40 open hi-hat')
OCTAVES = ('60 kick', '62 snare')
LATIN = (  # bongos, congas, timbales and maracas
    play(*[60, 61, 60, 61] * 4)
    + play(*[None, 62, None, None, None, None, 64, 64] * 2)
    + play(*[66, None, None, 65] * 4)
    + play(*[70] * 16)
)


def count_classes(pieces, grid):
    """How often each of `DRUM_CLASSES` occurs, and the remarks on the first piece."""
    selection = select_notes(pieces, grid)
    rows = pitch_rows(selection.notes.pitch, grid)
    return np.bincount(rows, minlength=len(DRUM_CLASSES)).tolist(), selection.remarks[0]


BEAT = [6, 6, 16, 0, 0, 0, 0, 0, 0]  # kick, snare, closed and open hi-hat, toms, clap and rim


@pytest.mark.parametrize(
    ('name', 'drums', 'other'),
    [
        ('d01_ad2/ad2_groove', [6, 6, 18, 2, 2, 1, 1, 0, 0], 'the map of Addictive Drums 2'),
        ('d02_octaves/plus24', BEAT, 'General MIDI, 24 semitones up'),
        ('d02_octaves/minus24', BEAT, 'General MIDI, 24 semitones down'),
    ],
)
def test_drums_that_are_a_beat_by_one_other_map_are_read_by_it(name, drums, other):
    pieces = read_pieces(CASES3 / f'{name}.mid').pieces
    assert count_classes(pieces, KIT) == (drums, [f'drums read by {other}'])


@pytest.mark.parametrize(
    ('name', 'missing'),
    [
        ('d03_mpc/mpc_chromatic.mid', 'kick or hi-hat'),
        ('d04_drum_rack/rack_chromatic.mid', 'hi-hat'),
        ('d05_gs/gs_kick_snare.mid', 'kick or snare'),
        ('d17_hydrogen_one_note/old_song.mid', 'snare or hi-hat'),
    ],
)
def test_other_drums_are_doubted(name, missing):
    doubt = f'no {missing} where General MIDI has it: another drum map? (--drum_map)'
    assert doubt in count_classes(read_pieces(CASES3 / name).pieces, KIT)[1]


def beat(kick, snare, hat, *others):
    """Two bars: backbeats, a hat on each eighth, and the others at the end."""
    return (
        play(*[kick, None, snare, None] * 4)
        + play(*[hat] * 16)
        + play(*others, start=8 - len(others) / 2)
    )


@pytest.mark.parametrize('hat', [61, 62, 63])
def test_drums_of_superior_drummer_are_read_by_its_map(hat):
    rows = beat(36, 38, hat, 60, 82, 75)
    assert count_classes([make_piece(rows, channel=9)], KIT) == (
        [4, 4, 16, 1, 1, 0, 1, 0, 0],
        ['drums read by the map of Superior Drummer'],
    )


@pytest.mark.parametrize(
    ('kick', 'snare', 'hat'), [(36, 37, 38), (36, 38, 49), (36, 38, 40), (38, 40, 36)]
)
def test_drums_whose_time_another_drum_keeps_are_doubted_and_stay(kick, snare, hat):
    piece = make_piece(beat(kick, snare, hat), channel=9)
    selection = select_notes([piece], KIT)
    assert sorted(selection.notes.pitch.tolist()) == sorted(piece.notes.pitch.tolist())
    assert 'no hi-hat where General MIDI has it: another drum map?' in selection.remarks[0][0]


@pytest.mark.parametrize('rows', [play(36, 42, 38, 42), play(42, 42, 42, 42), play(36, 38, 36, 38)])
def test_usual_drums_are_not_doubted(rows):
    assert count_classes([make_piece(rows, channel=9)], KIT)[1] == []


def test_percussion_is_no_kit_two_octaves_up():
    selection = select_notes([make_piece(LATIN, channel=9)], KIT)
    assert sorted(selection.notes.pitch.tolist()) == sorted(int(row[0]) for row in LATIN)
    assert 'another drum map?' in selection.remarks[0][0]


def test_a_drum_map_of_the_user_is_followed_whatever_the_drums_look_like():
    pieces = read_pieces(CASES3 / 'd03_mpc/mpc_chromatic.mid').pieces
    drums, remarks = count_classes(pieces, dataclasses.replace(KIT, drum_classes=MPC))
    assert drums == [6, 6, 16, 1, 0, 0, 0, 0, 0]
    assert remarks == ['no drums by channel, name or pitches: all channels taken for drums']
    octaves = read_pieces(CASES3 / 'd02_octaves/plus24.mid').pieces
    drums, remarks = count_classes(octaves, dataclasses.replace(KIT, drum_classes=OCTAVES))
    assert drums == [6, 6, 0, 0, 0, 0, 0, 0, 0]
    assert remarks == ['16 of 28 notes have no drum class: 66 (16)']
