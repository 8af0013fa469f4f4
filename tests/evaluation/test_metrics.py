"""Figures are named once."""

import pytest

from melodyvae.evaluation import metrics
from melodyvae.evaluation.metrics import METRICS, MIDI_VELOCITY, find_metric


def test_no_two_figures_of_a_kind_have_one_key_or_label():
    assert len(list(metrics._read_metrics())) == len(METRICS)
    labels = [metric.label_with_unit for metric in METRICS.values()]
    assert len(labels) == len(set(labels)) <= 80
    assert {metric.better for metric in METRICS.values()} == {'', 'lower', 'higher'}


def test_a_figure_of_real_loops_is_named_after_its_figure():
    real = find_metric('real_bits')
    assert (real.key, real.unit, real.better) == ('real_bits', 'bits', '')
    assert real.label == f'{METRICS["bits"].label}, real loops'
    assert find_metric('bits') is METRICS['bits']
    with pytest.raises(KeyError):
        find_metric('real_nothing')


def test_a_label_has_the_unit_of_the_value_as_it_is_kept():
    assert METRICS['timeshift_mae_ms'].label_with_unit == 'timeshift MAE (ms)'
    assert METRICS['velocity_mae'].unit == MIDI_VELOCITY
    assert METRICS['velocity_mae'].label_with_unit == 'velocity MAE'
    assert METRICS['kl'].title == 'KL divergence'


def test_a_meaning_says_which_way_is_better():
    assert METRICS['objective'].meaning == 'the loss with the full KL; lower is better'
    assert METRICS['beta'].meaning == 'weight of the KL divergence'
