"""Tables of an evaluation: its figures with names, units and meanings."""

import dataclasses

from melodyvae.evaluation.evaluate import Evaluation
from melodyvae.evaluation.metrics import METRICS, SHARE, Metric, format_figure
from melodyvae.evaluation.resemblance import Likeness

RECONSTRUCTION = (
    'device_onset_recall',
    'device_onset_precision',
    'device_onset_f1',
    'onset_recall',
    'onset_precision',
    'onset_f1',
    'velocity_mae',
    'duration_mae_beats',
    'timeshift_mae_ms',
    'pad_share',
    'active_units',
)
HEARD = (
    'bits',
    'bits_without_nearest',
    'judge_auc',
    'octave_leaps',
    'repeated_notes',
    'commonest_pitch',
    'distinct_pitches',
    'exact_copies',
    'bar_copies',
    'near_copies',
    'distinct_outputs',
    'visited_loops',
)
LOSSES = {  # for a drawn z: the same loss for z = z_mean
    'onset_loss': 'onset_bce',
    'velocity_loss': 'velocity_loss_at_mean',
    'duration_loss': 'duration_loss_at_mean',
    'timeshift_loss': 'timeshift_loss_at_mean',
    'kl': 'kl',
    'objective': 'objective_at_mean',
}


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: name, meaning, and a text for each column of figures."""

    name: str
    meaning: str
    figures: list[str]


@dataclasses.dataclass(frozen=True, slots=True)
class Table:
    """A table: caption, names of the columns of figures, and rows."""

    caption: str
    columns: list[str]
    rows: list[Row]


def tabulate(evaluation: Evaluation) -> list[Table]:
    """Lists every figure of an evaluation; figures that it does not have get no row."""
    figures, generated = evaluation.figures, evaluation.generated
    heard = [
        _fill_row(METRICS[key], figures[key], figures.get(f'real_{key}'))
        for key in HEARD
        if key in figures
    ]
    return [
        Table(
            f'Reconstruction of {evaluation.loops:,} held-out loops ({evaluation.notes:,} notes) '
            f'at threshold {evaluation.threshold:.3g}',
            ['result'],
            [_fill_row(METRICS[key], figures[key]) for key in RECONSTRUCTION if key in figures],
        ),
        Table(
            'Losses per held-out loop',
            ['z_mean', 'z drawn'],
            [
                _fill_row(METRICS[key], figures[at_mean], figures[key])
                for key, at_mean in LOSSES.items()
                if key in figures and at_mean in figures
            ],
        ),
        Table(
            f'{generated.patterns:,} generated patterns and the held-out loops',
            ['generated', 'data', 'overlap'],
            [
                *(_compare(METRICS[key], found) for key, found in generated.features.items()),
                _fill_row(METRICS['empty'], generated.empty, None, None),
            ],
        ),
        *([Table('Naturalness', ['generated', 'real'], heard)] * bool(heard)),
    ]


def _fill_row(metric: Metric, *values: float | None) -> Row:
    name = f'{metric.title} (nats)' if metric.unit == 'nats' else metric.title
    return Row(name, metric.meaning, [format_figure(value, metric.unit) for value in values])


def _compare(metric: Metric, found: Likeness) -> Row:
    """Fills a row with both means, and how much the distributions overlap."""
    means = [format_figure(found.mean), format_figure(found.data_mean)]
    return Row(metric.title, metric.meaning, [*means, format_figure(found.overlap, SHARE)])
