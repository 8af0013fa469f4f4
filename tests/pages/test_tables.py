"""Tables of an evaluation: every figure, in few digits."""

import numpy as np
import pytest

from melodyvae.evaluation.evaluate import evaluate
from melodyvae.evaluation.metrics import METRICS, format_figure
from melodyvae.pages.tables import tabulate

from runs import made_model, small_config


def test_every_figure_of_an_evaluation_is_in_the_tables(golden_loops):
    loops = golden_loops.take(np.arange(40))
    model = made_model(small_config())
    evaluation = evaluate(model, loops, threshold=0.02, training_loops=loops)
    reconstruction, losses, patterns, melodies = tabulate(evaluation)
    found = {
        row.name: row.figures
        for table in (reconstruction, losses, patterns, melodies)
        for row in table.rows
    }
    for key in ('device_onset_recall', 'velocity_mae', 'timeshift_mae_ms', 'active_units'):
        metric = METRICS[key]
        assert found[metric.title] == [format_figure(evaluation.figures[key], metric.unit)]
    assert found['Loss at beta 1'] == [
        format_figure(evaluation.figures[key]) for key in ('objective_at_mean', 'objective')
    ]
    notes = evaluation.generated.features['note_count']
    assert found['Notes'][:2] == [format_figure(notes.mean), format_figure(notes.data_mean)]
    # Of a loss there are two, at z mean and at a drawn z; KL is the same at both.
    shown = len(reconstruction.rows) + 2 * len(losses.rows) - 1
    shown += sum(figure != format_figure(None) for row in melodies.rows for figure in row.figures)
    assert shown == len(evaluation.figures)
    assert len(patterns.rows) == len(evaluation.generated.features) + 1
    # Figures that an evaluation does not have are left out.
    del evaluation.figures['velocity_loss_at_mean'], evaluation.figures['pad_share']
    names = [row.name for table in tabulate(evaluation) for row in table.rows]
    assert 'Velocity loss' not in names and METRICS['pad_share'].title not in names
    assert METRICS['velocity_mae'].title in names


@pytest.mark.parametrize(
    ('value', 'unit', 'text'),
    [
        (0.1234, '%', '12.3%'),
        (0.5, 'of 127', '63.5 of 127'),
        (12.345, 'ms', '12.3 ms'),
        (1234.5, '', '1,234'),
        (2, '', '2'),
        (None, '%', '\N{EN DASH}'),
        (float('nan'), '', '\N{EN DASH}'),
    ],
)
def test_figures_are_short(value, unit, text):
    assert format_figure(value, unit) == text
