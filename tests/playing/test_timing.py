"""The tempo and the time signature of clips."""

import json

import numpy as np
import pytest

from melodyvae.playing.timing import Timing, count_bar

OWN = Timing(100.0, '4/4', np.array([[0.0, 1.0], [0.0, -1.0]]), (90.0, 172.0), ('3/4', '4/4'))


@pytest.mark.parametrize(('z', 'tempo', 'metre'), [((0, 0.1), 90, '3/4'), ((2, -0.1), 172, '4/4')])
def test_a_point_has_the_timing_of_the_nearest_loop(z, tempo, metre):
    read = Timing.from_dict(json.loads(json.dumps(OWN.to_dict())))
    for timing in (OWN, read):
        assert (timing.tempo_at(np.array(z)), timing.metre_at(np.array(z))) == (tempo, metre)
    assert (read.tempo, read.metre) == (100, '4/4')


def test_without_places_all_points_have_the_timing_of_the_library():
    timing = Timing.from_dict({'tempo': 93, 'metre': '6/8'})
    assert (timing.tempo_at(np.zeros(2)), timing.metre_at(np.zeros(2))) == (93, '6/8')
    assert timing.to_dict() == {'tempo': 93.0, 'metre': '6/8'}


@pytest.mark.parametrize(
    'values',
    [
        {},
        {'tempo': 'fast', 'metre': '3/5'},
        {'tempo': True, 'metre': 3},
        {'tempo': 1e9, 'metre': '0/4'},
        {'own_loops': [1]},
        {'own_loops': {'z': [[0, 0]], 'tempos': [90], 'metres': []}},
        {'own_loops': {'z': [[0, float('nan')]], 'tempos': [90], 'metres': ['4/4']}},
        {'own_loops': {'z': [[0, 0, 0]], 'tempos': [90], 'metres': ['4/4']}},
        {'own_loops': {'z': [[0, 0]], 'tempos': [0], 'metres': ['4/4']}},
    ],
)
def test_what_makes_no_sense_is_left_out(values):
    timing = Timing.from_dict(values)
    assert (timing.tempo, timing.metre, len(timing.z)) == (120, '4/4', 0)


def test_bars_are_counted_in_quarter_notes():
    assert list(map(count_bar, ('4/4', '3/4', '6/8', '7/8', '2/2'))) == [4, 3, 3, 3.5, 4]
