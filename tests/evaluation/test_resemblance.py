"""What patterns look like, counted by hand, and generated patterns compared with the data."""

import numpy as np
import pytest

from melodyvae.config.presets import preset
from melodyvae.config.settings import FEATURES, GridConfig
from melodyvae.evaluation.resemblance import NOTE_LENGTHS, compare_patterns, count_features
from melodyvae.loops.loops import Loops
from melodyvae.loops.pattern import NOTE

MELODY = preset('melodyvae_improved').grid
DRUMS = preset('rhythmvae').grid


def make(patterns, grid=MELODY):
    return Loops.from_files([('made', [(0, np.array(one, NOTE)) for one in patterns])], grid)


def count(patterns, grid=MELODY, names=FEATURES):
    return count_features(make(patterns, grid), names)


def shares(feature):
    """The share of each bin that is not empty."""
    return {index: x for index, x in enumerate(feature.histogram().tolist()) if x}


@pytest.fixture
def three():
    """A chord after a note, nothing, and a single note."""
    chord = [
        (0, 0, 100 / 127, 0.25, 0.0),
        (7, 4, 90 / 127, 1.0, 0.5),
        (12, 4, 90 / 127, 0.5, -0.5),
    ]
    return count([chord, [], [(3, 31, 30 / 127, 0.1, 0.0)]])


def test_counts_of_a_pattern(three):
    assert three['pitch_count'].value.tolist() == [3, 0, 1]
    assert three['pitch_range'].value.tolist() == [12, 0, 0]
    assert three['note_count'].value.tolist() == [3, 0, 1]
    assert shares(three['pitch_count']) == pytest.approx({0: 1 / 3, 1: 1 / 3, 3: 1 / 3})
    assert three['note_count'].mean() == pytest.approx(4 / 3)


def test_notes_of_one_step_are_one_onset_and_no_interval_reaches_into_the_next_pattern(three):
    assert three['inter_onset_interval'].value.tolist() == [4]
    assert shares(three['inter_onset_interval']) == {3: 1.0}
    intervals = count([[(0, 31, 0, 0, 0)], [(0, 0, 0, 0, 0), (5, 3, 0, 0, 0)]])
    assert intervals['inter_onset_interval'].value.tolist() == [3]


def test_patterns_weigh_the_same_and_notes_in_means(three):
    assert shares(three['pitch_class']) == pytest.approx({0: 1 / 3, 3: 1 / 2, 7: 1 / 6})
    assert three['pitch_class'].mean() is None
    lengths = {NOTE_LENGTHS[index]: x for index, x in shares(three['note_length']).items()}
    assert lengths == pytest.approx({1 / 4: 1 / 2, 1 / 2: 1 / 6, 1: 1 / 6, 2: 1 / 6})
    assert shares(three['velocity']) == pytest.approx({3: 1 / 2, 9: 1 / 3, 10: 1 / 6})
    assert three['note_length'].mean() == pytest.approx((0.5 + 2.0 + 1.0 + 0.2) / 4)
    assert three['velocity'].mean() == pytest.approx((100 + 90 + 90 + 30) / 4)


def test_pitch_class_starts_at_the_lowest_pitch_of_the_grid():
    from_e = preset('melodyvae_improved_25x32').grid
    assert shares(count([[(0, 0, 0, 0, 0)]], from_e)['pitch_class']) == {4: 1.0}


@pytest.mark.parametrize(
    ('quarters', 'length'),
    [
        *((length, length) for length in NOTE_LENGTHS),
        (0.2, 1 / 4),
        (0.28, 1 / 4),
        (0.3, 1 / 3),
        (1.14, 1),
        (1.16, 4 / 3),
    ],
)
def test_a_length_goes_to_the_nearest_by_ratio(quarters, length):
    (index,) = shares(count([[(0, 0, 0, quarters / 2, 0)]])['note_length'])
    assert NOTE_LENGTHS[index] == length


def test_lengths_count_as_they_are_played():
    shortest, longest = count([[(0, 0, 0, 0.0, 0), (0, 1, 0, 9.0, 0)]])['note_length'].value
    assert (shortest, longest) == (0.2, 4.0)


@pytest.mark.parametrize(('velocity', 'tens'), [(0, 0), (64, 6), (80, 8), (94, 9), (96, 10)])
def test_velocities_go_to_the_nearest_ten(velocity, tens):
    assert shares(count([[(0, 0, velocity / 127, 0, 0)]])['velocity']) == {tens: 1.0}


def test_drums_have_classes_and_no_pitch_range():
    names = ('onset', 'velocity', 'timeshift')
    drums = count([[(0, 0, 1, 0, 0), (2, 0, 1, 0, 0), (2, 12, 1, 0, 0)]], DRUMS, names)
    assert shares(drums['drum_class']) == pytest.approx({0: 1 / 3, 2: 2 / 3})
    assert drums['pitch_count'].value.tolist() == [2]
    assert not {'pitch_range', 'pitch_class', 'note_length'} & set(drums)


def test_nothing_at_all_has_no_means():
    nothing = count([[], []])
    assert nothing['velocity'].mean() is None
    assert shares(nothing['velocity']) == {}
    assert shares(nothing['note_count']) == {0: 1.0}
    assert shares(count([[(1, 0, 1.0, 0.5, 0.0)]], GridConfig(rows=2, steps=1))['pitch_class'])


def test_made_up_patterns_beside_data():
    c, e, e_first, g = ((0, 0, 1, 1, 0), (4, 8, 1, 1, 0), (0, 4, 1, 1, 0), (7, 16, 1, 1, 0))
    result = compare_patterns(
        make([[c, e], [], [c], [e_first]]), make([[c, e], [c, e, g]]), FEATURES
    )
    assert result.empty == 0.25
    notes = result.features['note_count']
    assert (notes.mean, notes.data_mean, notes.overlap) == (1.0, 2.5, 0.25)
    # Of the three patterns that have notes: C and E, C, C. In the data C, E and G.
    assert result.features['pitch_class'].overlap == pytest.approx(5 / 12 + 1 / 6)
