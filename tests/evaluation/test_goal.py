"""How far figures are from the goal of melodies."""

import pytest

from melodyvae.evaluation.goal import GOAL, measure_shortfall
from melodyvae.evaluation.metrics import METRICS

KEPT = {
    'bits': 4.5,
    'bits_without_nearest': 4.9,
    'real_bits_without_nearest': 4.5,
    'judge_auc': 0.6,
    'repeated_notes': 0.1,
    'commonest_pitch': 0.3,
    'distinct_pitches': 7.0,
    'octave_leaps': 0.0,
    'exact_copies': 0.05,
    'bar_copies': 0.1,
    'distinct_outputs': 0.7,
    'notes_per_tenth': 4.0,
    'usable_points': 1.0,
}


def test_figures_that_keep_every_limit_have_no_shortfall():
    assert measure_shortfall(KEPT) == 0
    assert {limit.key for limit in GOAL} <= METRICS.keys()


@pytest.mark.parametrize(
    ('figure', 'value', 'shortfall'),
    [
        ('bits', 5.4, 0.2),
        ('bits', 1.0, 0),
        ('judge_auc', 0.935, 0.1),
        ('octave_leaps', 0.03, 0.5),
        ('distinct_pitches', 5.2, 0.2),
        ('distinct_outputs', 0.0, 1),
        ('usable_points', 0.8, 0.2),
        ('bits_without_nearest', 5.2, 0.4),
        ('bits_without_nearest', 3.8, 0.4),
    ],
)
def test_a_figure_beyond_its_limit_is_off_by_a_share_of_the_limit(figure, value, shortfall):
    assert measure_shortfall(KEPT | {figure: value}) == pytest.approx(shortfall)


def test_every_figure_that_is_missing_is_off_by_one():
    assert measure_shortfall({}) == len(GOAL) == 12
    alone = {key: value for key, value in KEPT.items() if not key.startswith('real_')}
    assert measure_shortfall(alone) == 1
