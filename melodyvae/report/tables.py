"""Tables of the report: the figures of `evaluation.json` with names, units and meanings."""

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

NONE = '\N{EN DASH}'


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


@dataclasses.dataclass(frozen=True, slots=True)
class _Metric:
    """An entry of the evaluation: its key, and how to say it."""

    key: str
    name: str
    unit: str
    meaning: str = ''


MIDI_VELOCITY = 'of 127'
_NOTES = (
    _Metric(
        'device_onset_recall',
        'Notes that come back',
        '%',
        "of the loops' notes, those that the device plays again at this run's threshold",
    ),
    _Metric(
        'device_onset_precision',
        'Notes that belong',
        '%',
        'of the notes that the device plays, those that are in the loop',
    ),
    _Metric('device_onset_f1', 'Both in one (F1)', '%', 'harmonic mean of the two'),
    _Metric(
        'onset_f1',
        'The same without the device',
        '%',
        'F1 of all cells that hold a note with a probability over 0.5',
    ),
    _Metric(
        'velocity_mae', 'Velocity is off by', MIDI_VELOCITY, "at the loops' own notes, on average"
    ),
    _Metric('duration_mae_beats', 'Duration is off by', 'beats', 'in the same way'),
    _Metric('timeshift_mae_ms', 'Timing is off by', 'ms', 'in the same way, at 120 bpm'),
    _Metric('pad_share', 'Loops on the pad', '%', 'with a z mean from -3 to 3 in each dimension'),
    _Metric(
        'active_units',
        'Active dimensions',
        '',
        'of the latent space: z mean varies by more than 0.01',
    ),
)


_LOSSES = (
    _Metric('onset_loss', 'Onset', '', 'binary cross entropy, in nats'),
    _Metric('velocity_loss', 'Velocity', '', 'errors of velocities in [0, 1], as training counts'),
    _Metric('duration_loss', 'Duration', '', 'the same of half notes'),
    _Metric('timeshift_loss', 'Timeshift', '', 'the same of half steps'),
    _Metric('kl', 'KL divergence', '', 'of q(z|x) from the prior N(0, I), in nats'),
    _Metric('negative_elbo', 'Negative ELBO', '', 'the weighted losses and KL, with beta 1'),
)


_RESEMBLANCE = (
    _Metric('pitch_count', 'Different pitches', '', 'or drum classes, in a pattern'),
    _Metric('pitch_range', 'Pitch range', '', 'of a pattern, in semitones'),
    _Metric('note_count', 'Notes', '', 'in a pattern'),
    _Metric('inter_onset_interval', 'Time between onsets', '', 'in steps'),
    _Metric('pitch_class', 'Pitch classes', '', 'C to B'),
    _Metric('drum_class', 'Drum classes', ''),
    _Metric('note_length', 'Note length', '', 'in beats'),
    _Metric('velocity', 'Velocity', '', 'from 0 to 127'),
)


def evaluation_tables(metrics: Mapping[str, Any]) -> list[Table]:
    """What `evaluate.evaluate` found; a figure that is missing is left out or shown as a dash."""
    loops, notes = metrics.get('loops', 0), metrics.get('notes', 0)
    sampled, generated = metrics.get('sampled', {}), metrics.get('generated', {})
    tables = [
        Table(
            f'How {loops:,} held-out loops ({notes:,} notes) come back',
            ['result'],
            [_row(metric, metrics[metric.key]) for metric in _NOTES if metric.key in metrics],
        ),
        Table(
            'Losses: averages a held-out loop',
            ['at z mean', 'at a drawn z'],
            [
                _row(metric, metrics[metric.key], sampled.get(metric.key))
                for metric in _LOSSES
                if metric.key in metrics
            ],
        ),
        Table(
            f'{generated.get("patterns", 0):,} generated patterns beside the held-out loops',
            ['generated', 'data', 'overlap'],
            [
                _comparison(metric, generated[metric.key])
                for metric in _RESEMBLANCE
                if metric.key in generated
            ]
            + _whole_patterns(generated),
        ),
    ]
    return [table for table in tables if table.rows]


def shown(value: float | None, unit: str = '') -> str:
    """A figure with its unit, to three or four digits; a dash for none."""
    if value is None or not math.isfinite(value):
        return NONE
    if unit == '%':
        return f'{value:.1%}'
    if unit == MIDI_VELOCITY:
        value *= 127
    digits = f'{value:,.0f}' if abs(value) >= 1000 else f'{value:.3g}'
    return f'{digits} {unit}'.strip()


def _row(metric: _Metric, *values: float | None) -> Row:
    return Row(metric.name, metric.meaning, [shown(value, metric.unit) for value in values])


def _comparison(metric: _Metric, found: Mapping[str, Any]) -> Row:
    """Mean, mean of the data, and how far the distributions overlap."""
    unit = '' if metric.unit == 'of 127' else metric.unit  # these are MIDI velocities already
    means = [shown(found.get(name), unit) for name in ('mean', 'data_mean')]
    return Row(metric.name, metric.meaning, [*means, shown(found.get('overlap'), '%')])


def _whole_patterns(generated: Mapping[str, Any]) -> list[Row]:
    """What has no distribution to compare: silence and copies."""
    rows = []
    if 'empty' in generated:
        rows.append(Row('Silent patterns', '', [shown(generated['empty'], '%'), NONE, NONE]))
    nearest = generated.get('nearest_training_loop')
    if nearest:
        for key, name, unit, meaning in (
            ('copies', 'Copies', '%', 'of the onsets of a training loop, transposed or not'),
            ('mean_distance', 'Nearest training loop', '', 'cells that only one of the two has'),
        ):
            figures = [shown(nearest.get(f'{prefix}{key}'), unit) for prefix in ('', 'data_')]
            rows.append(Row(name, meaning, [*figures, NONE]))
    return rows
