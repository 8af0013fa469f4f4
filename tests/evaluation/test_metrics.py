"""Figures are named once."""

from melodyvae.evaluation.metrics import METRICS, MIDI_VELOCITY, Metric


def test_no_two_figures_of_a_kind_have_one_label():
    labels = [metric.label_with_unit for metric in METRICS.values()]
    # Of the run's held-out loops, and over held-out and training loops.
    twice = {label for label in labels if labels.count(label) > 1}
    assert twice == {'active dimensions', 'loops on the pad'}


def test_a_label_has_the_unit_of_the_value_as_it_is_kept():
    assert METRICS['timeshift_mae'].label_with_unit == 'timeshift MAE (half steps)'
    assert METRICS['velocity_mae'].unit == MIDI_VELOCITY
    assert METRICS['velocity_mae'].label_with_unit == 'velocity MAE'
    assert METRICS['kl'].title == 'KL divergence'


def test_a_meaning_says_which_way_is_better():
    assert Metric('a', 'b', 'c', better='lower').meaning == 'c; lower is better'
    assert Metric('a', 'b', 'c').meaning == 'c'
