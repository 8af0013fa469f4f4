"""Key switches beside notes that sound."""

import numpy as np
import pytest

from melodyvae.cutting.key_switches import find_key_switches

from pieces import make_piece

SCALE = [60, 62, 64, 65, 67, 69, 71, 72] * 2


def line(pitches, velocity=0.7):
    return [(pitch, velocity, number / 2, 0.5) for number, pitch in enumerate(pitches)]


def find(rows):
    notes = make_piece(rows).notes
    return np.flatnonzero(find_key_switches(notes, np.zeros(len(notes), np.int64))).tolist()


@pytest.mark.parametrize(
    ('pitch', 'velocity', 'start'),
    [
        (12, 0.7, 0),  # very low
        (24, 0.7, 0.25),
        (27, 0.7, 0),
        (36, 0.7, -0.1),  # low, and just before a note
        (36, 1 / 127, 0),  # silent
        (45, 1 / 127, 3),
        (96, 1 / 127, 3),  # above the part
    ],
)
def test_key_switches_are_found(pitch, velocity, start):
    assert find([*line(SCALE), (pitch, velocity, start, 0.1)]) == [16]


def test_key_switches_of_a_bass_are_below_the_range_of_a_piano():
    bass = line([28, 35, 33, 31, 40, 38, 35, 28])
    assert find([*bass, (13, 0.7, 0, 0.1), (12, 0.7, 2, 0.1)]) == [8, 9]
    assert find([*bass, (21, 0.7, 0, 0.1)]) == []


def test_silent_key_switches_may_be_as_many_as_notes():
    silent = [(24 + number % 3, 1 / 127, number / 2 - 0.1, 0.1) for number in range(16)]
    assert find([*line(SCALE), *silent]) == list(range(16, 32))


@pytest.mark.parametrize(
    'rows',
    [
        line(SCALE),
        [*line(SCALE), (36, 0.7, 1, 4)],  # a bass note below a chord
        [*line(SCALE), (64, 1 / 127, 3, 0.1)],  # a ghost note of the part
        line([36, 36, 24, 36, 38, 40, 36, 24]),  # a bass
        line([24, 60] * 8),  # too many
        line(SCALE, velocity=1 / 127),
        [],
    ],
)
def test_notes_are_no_key_switches(rows):
    assert find(rows) == []


def test_each_voice_has_its_own_range():
    rows = [*line(SCALE), (12, 0.7, 0, 0.1), *line([33, 35, 36, 38] * 4)]
    voice = np.repeat([0, 1], [17, 16])
    found = find_key_switches(make_piece(rows).notes, voice)
    assert np.flatnonzero(found).tolist() == [16]
