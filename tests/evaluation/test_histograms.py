"""What patterns look like, counted by hand."""

import numpy as np
import pytest

from melodyvae.config.presets import preset
from melodyvae.config.settings import FEATURES, GridConfig
from melodyvae.evaluation.histograms import (
    NOTE_LENGTHS,
    count_features,
    measure_overlap,
)
from melodyvae.loops.pattern import NOTE

MELODY = preset('melodyvae_improved').grid
DRUMS = preset('rhythmvae').grid


def count(patterns, grid=MELODY, names=FEATURES):
    cells = np.concatenate([np.array(pattern, NOTE) for pattern in patterns])
    loop = np.repeat(np.arange(len(patterns)), [len(pattern) for pattern in patterns])
    return count_features(cells, loop, len(patterns), grid, names)


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
    assert three['pitch_count'].shares() == pytest.approx({'0': 1 / 3, '1': 1 / 3, '3': 1 / 3})
    assert three['note_count'].mean() == pytest.approx(4 / 3)


def test_notes_of_one_step_are_one_onset(three):
    assert three['inter_onset_interval'].value.tolist() == [4]
    assert three['inter_onset_interval'].shares() == {'4': 1.0}


def test_no_interval_reaches_into_the_next_pattern():
    intervals = count([[(0, 31, 0, 0, 0)], [(0, 0, 0, 0, 0), (5, 3, 0, 0, 0)]])
    assert intervals['inter_onset_interval'].value.tolist() == [3]


def test_patterns_weigh_the_same_whatever_they_hold(three):
    assert three['pitch_class'].shares() == pytest.approx({'C': 1 / 3, 'D#': 1 / 2, 'G': 1 / 6})
    assert three['pitch_class'].mean() is None
    assert three['note_length'].shares() == pytest.approx(
        {'1/16': 1 / 2, '1/8': 1 / 6, '1/4': 1 / 6, '1/2': 1 / 6}
    )
    assert three['velocity'].shares() == pytest.approx({'30': 1 / 2, '90': 1 / 3, '100': 1 / 6})


def test_means_are_of_the_notes(three):
    assert three['note_length'].mean() == pytest.approx((0.5 + 2.0 + 1.0 + 0.2) / 4)
    assert three['velocity'].mean() == pytest.approx((100 + 90 + 90 + 30) / 4)


def test_pitch_class_starts_at_the_lowest_pitch_of_the_grid():
    from_e = preset('melodyvae_improved_25x32').grid
    assert count([[(0, 0, 0, 0, 0)]], from_e)['pitch_class'].shares() == {'E': 1.0}


def test_each_named_length_is_its_own_bin():
    notes = [(0, i, 0, quarters / 2, 0) for i, quarters in enumerate(NOTE_LENGTHS.values())]
    assert count([notes])['note_length'].bin.tolist() == list(range(12))


@pytest.mark.parametrize(
    ('quarters', 'label'),
    [(0.2, '1/16'), (0.28, '1/16'), (0.3, '1/8 triplet'), (1.14, '1/4'), (1.16, '1/2 triplet')],
)
def test_a_length_between_two_goes_to_the_nearer_by_ratio(quarters, label):
    assert count([[(0, 0, 0, quarters / 2, 0)]])['note_length'].shares() == {label: 1.0}


def test_lengths_count_as_they_are_played():
    shortest, longest = count([[(0, 0, 0, 0.0, 0), (0, 1, 0, 9.0, 0)]])['note_length'].value
    assert (shortest, longest) == (0.2, 4.0)


@pytest.mark.parametrize(
    ('velocity', 'label'), [(0, '0'), (64, '60'), (80, '80'), (94, '90'), (96, '100'), (127, '127')]
)
def test_velocities_go_to_the_nearest_ten(velocity, label):
    assert count([[(0, 0, velocity / 127, 0, 0)]])['velocity'].shares() == {label: 1.0}


def test_drums_have_classes_and_no_pitch_range():
    names = ('onset', 'velocity', 'timeshift')
    drums = count([[(0, 0, 1, 0, 0), (2, 0, 1, 0, 0), (2, 12, 1, 0, 0)]], DRUMS, names)
    assert drums['drum_class'].shares() == pytest.approx({'kick': 1 / 3, 'closed hi-hat': 2 / 3})
    assert drums['pitch_count'].value.tolist() == [2]
    assert not {'pitch_range', 'pitch_class', 'note_length'} & set(drums)


def test_nothing_at_all_has_no_means():
    nothing = count([[], []])
    assert nothing['velocity'].mean() is None
    assert nothing['velocity'].shares() == {}
    assert nothing['note_count'].shares() == {'0': 1.0}


def test_overlap_is_the_shared_area():
    assert measure_overlap(np.array([0.5, 0.5, 0.0]), np.array([0.25, 0.25, 0.5])) == 0.5
    assert measure_overlap(np.array([1.0, 0.0]), np.array([0.0, 1.0])) == 0.0
    assert measure_overlap(np.array([0.3, 0.7]), np.array([0.3, 0.7])) == pytest.approx(1.0)


def test_a_grid_without_a_full_octave_of_bins_still_counts():
    tiny = GridConfig(rows=2, steps=1)
    found = count([[(1, 0, 1.0, 0.5, 0.0)]], tiny)
    assert found['pitch_class'].shares() == {'C#': 1.0}
    assert found['inter_onset_interval'].shares() == {}
