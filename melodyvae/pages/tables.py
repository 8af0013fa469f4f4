"""Tables of an evaluation for people: its figures with names, units and meanings."""

import dataclasses
import math

from melodyvae.evaluation.evaluate import Evaluation
from melodyvae.evaluation.metrics import METRICS, MIDI_VELOCITY, SHARE, Metric
from melodyvae.evaluation.resemblance import Likeness, Resemblance

NONE = '\N{EN DASH}'
COMING_BACK = (
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
LOSSES = {  # for a drawn z: the same for z = z mean
    'onset_loss': 'onset_bce',
    'velocity_loss': 'velocity_loss_at_mean',
    'duration_loss': 'duration_loss_at_mean',
    'timeshift_loss': 'timeshift_loss_at_mean',
    'kl': 'kl',
    'objective': 'objective_at_mean',
}


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """A line of a table: what it is, what that means, and a text for each column of figures."""

    name: str
    meaning: str
    figures: list[str]


@dataclasses.dataclass(frozen=True, slots=True)
class Table:
    """A caption, names of the columns of figures, and rows."""

    caption: str
    columns: list[str]
    rows: list[Row]


def tabulate(evaluation: Evaluation) -> list[Table]:
    """Every figure of an evaluation; one that the system lacks has no row."""
    figures, generated = evaluation.figures, evaluation.generated
    heard = [
        _fill_row(METRICS[key], figures[key], figures.get(f'real_{key}'))
        for key in HEARD
        if key in figures
    ]
    return [
        Table(
            f'How {evaluation.loops:,} held-out loops ({evaluation.notes:,} notes) come back; '
            f'threshold {evaluation.threshold:.3g}',
            ['result'],
            [_fill_row(METRICS[key], figures[key]) for key in COMING_BACK if key in figures],
        ),
        Table(
            'Losses: averages a held-out loop',
            ['at z mean', 'at a drawn z'],
            [
                _fill_row(METRICS[key], figures[at_mean], figures[key])
                for key, at_mean in LOSSES.items()
                if key in figures
            ],
        ),
        Table(
            f'{generated.patterns:,} generated patterns beside the held-out loops',
            ['generated', 'data', 'overlap'],
            [_compare(METRICS[key], found) for key, found in generated.features.items()]
            + _count_whole_patterns(generated),
        ),
        *([Table('Patterns as they are heard', ['played', 'real'], heard)] * bool(heard)),
    ]


def format_figure(value: float | None, unit: str = '') -> str:
    """A figure with its unit, to three or four digits; a dash for none."""
    if value is None or not math.isfinite(value):
        return NONE
    if unit == SHARE:
        return f'{value:.1%}'
    if unit == MIDI_VELOCITY:
        value *= 127
    digits = f'{value:,.0f}' if abs(value) >= 1000 else f'{value:.3g}'
    # The names of losses have their unit, the others' figures do.
    return digits if unit in ('', 'nats') else f'{digits} {unit}'


def _fill_row(metric: Metric, *values: float | None) -> Row:
    name = f'{metric.title} (nats)' if metric.unit == 'nats' else metric.title
    return Row(name, metric.meaning, [format_figure(value, metric.unit) for value in values])


def _compare(metric: Metric, found: Likeness) -> Row:
    """Mean, mean of the data, and how far the distributions overlap."""
    means = [format_figure(found.mean), format_figure(found.data_mean)]
    return Row(metric.title, metric.meaning, [*means, format_figure(found.overlap, SHARE)])


def _count_whole_patterns(generated: Resemblance) -> list[Row]:
    """What has no distribution to compare: silence and copies."""
    empty, copies, distance = (METRICS[key] for key in ('empty', 'copies', 'mean_distance'))
    rows = [_fill_row(empty, generated.empty, None, None)]
    nearest = generated.nearest_training_loop
    if nearest:
        rows.append(_fill_row(copies, nearest.copies, nearest.data_copies, None))
        rows.append(_fill_row(distance, nearest.mean_distance, nearest.data_mean_distance, None))
    return rows
