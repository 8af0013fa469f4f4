"""An evaluation as lines for the terminal."""

from collections.abc import Mapping
from typing import Any

WIDTH = 24  # of the first column of a table


def table(metrics: Mapping[str, Any]) -> str:
    """What `evaluate` returned, but for the histograms, as lines to read."""
    generated = metrics['generated']
    lines = [
        f'{metrics["loops"]:,} loops, {metrics["notes"]:,} notes; threshold '
        f'{metrics["threshold"]:.3g}',
        '',
        f'{"average a loop":{WIDTH}}{"z mean":>11}{"z sampled":>11}',
        *(_row(name, metrics[name], value) for name, value in metrics['sampled'].items()),
        '',
        f'{"onsets":{WIDTH}}{"precision":>11}{"recall":>11}{"F1":>11}',
    ]
    for title, name in (('probability over 0.5', 'onset'), ('as played', 'device_onset')):
        scores = [metrics[f'{name}_{score}'] for score in ('precision', 'recall', 'f1')]
        lines.append(_row(title, *scores))
    errors = ('velocity_mae', 'duration_mae_beats', 'timeshift_mae_ms')
    lines += ['', 'mean absolute error at true onsets']
    lines += [_row(name, metrics[name]) for name in errors if name in metrics]
    lines += ['', 'latent space']
    lines += [_row(name, metrics[name]) for name in ('active_units', 'pad_share')]
    lines += [
        '',
        f'{generated["patterns"]:,} generated patterns, {generated["empty"]:.1%} of them empty',
        f'{"means":{WIDTH}}{"generated":>11}{"data":>11}{"overlap":>11}',
    ]
    for name, feature in generated.items():
        if isinstance(feature, dict) and 'overlap' in feature:
            means = (feature.get('mean'), feature.get('data_mean'))
            lines.append(_row(name, *means, feature['overlap']))
    if 'nearest_training_loop' in generated:
        nearest = generated['nearest_training_loop']
        lines.append('nearest training loop')
        for name in ('mean_distance', 'copies'):
            lines.append(_row(f'  {name}', nearest[name], nearest[f'data_{name}']))
    return '\n'.join(lines)


def _row(title: str, *values: float | None) -> str:
    shown = (' ' * 11 if value is None else f'{value:11.4g}' for value in values)
    return f'{title:{WIDTH}}{"".join(shown)}'.rstrip()
