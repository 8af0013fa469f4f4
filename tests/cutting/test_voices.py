"""What is heard as one voice, and which note of a step it plays."""

import dataclasses
import itertools

import numpy as np
import pytest

from melodyvae.config.presets import preset
from melodyvae.cutting.select import select_notes
from melodyvae.cutting.voices import choose_notes

from pieces import make_piece, play

OWN = preset('melodyvae').grid
LOWEST = dataclasses.replace(OWN, voices='lowest')
ALL = dataclasses.replace(OWN, voices='all')


def split(pieces, grid):
    voices = select_notes(pieces, grid)
    edges = voices.first.tolist()
    found = [voices.notes.pitch[a:b].tolist() for a, b in itertools.pairwise(edges)]
    return found, voices


def test_each_channel_of_each_track_is_a_voice():
    song = make_piece(
        play(60, 48, 61, 72, 49), track=[0, 0, 0, 1, 0], channel=[0, 1, 0, 0, 1], names=('a', 'b')
    )
    found, voices = split([song, make_piece(play(50, 51))], OWN)
    assert found == [[60, 61], [48, 49], [72], [50, 51]]
    assert voices.piece.tolist() == [0, 0, 0, 1]
    assert voices.track.tolist() == [0, 0, 1, 0]
    assert voices.spread().tolist() == [0, 0, 1, 1, 2, 3, 3]


@pytest.mark.parametrize(('grid', 'stay'), [(OWN, [1, 4, 5]), (LOWEST, [2, 4, 6])])
def test_a_step_has_one_note(grid, stay):
    step = np.array([7, 7, 7, 9, 9, 12, 12])
    pitch = np.array([60, 64, 55, 62, 62, 70, 50], np.int16)
    timeshift = np.array([0, 0.1, 0.2, -1, 0.5, 0, 0])
    chosen, is_chord = choose_notes(step, pitch, timeshift, grid)
    assert chosen.tolist() == stay  # of two 62, the last
    assert is_chord.tolist() == [True, False, True]  # the two 62 follow one another


def test_no_steps_have_no_notes():
    nothing = np.zeros(0, np.int64)
    chosen, is_chord = choose_notes(nothing, nothing, np.zeros(0), OWN)
    assert len(chosen) == len(is_chord) == 0
