"""What the runs of a comparison come to: figures of each run, and of each config over its seeds."""

import json
import math
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from melodyvae.config.settings import FEATURES
from melodyvae.lab.contenders import ORIGINAL, Contender, named

Run = dict[str, Any]


def read_run(folder: Path) -> Run | None:
    """What a run has come to; None if it has not been made."""
    try:
        return json.loads((folder / 'result.json').read_text())
    except FileNotFoundError:
        return None


def results(
    contenders: Sequence[Contender], runs: Sequence[Run], data: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """All figures, as plain JSON values.

    Args:
      contenders: what was compared.
      runs: as `compare_run.run_job` leaves them, those that failed with `failed` and no figures.
      data: for each contender the `compare_data.described_data` of its dataset.

    Returns:
      contenders: a dict each: `name`, `base` (the system that a variant changes), `reference` (the
        config whose best value is to be reached, see `reference_of`), `config`, `data`, `figures`.
      runs: a dict each: `name`, `seed`, `failed`, `figures`, and the held-out `curve` over the
        epochs with its `seconds`.

      The figures of a run are, besides those of `yardsticks.yardsticks`:
      epochs: until the run ended; `shipped_epoch`, from 1: whose weights it ends with.
      steps, seconds: of training, the seconds as in `compare_run.HeldOutCurve`.
      training_examples: loops and their transposed copies.
      threshold: as calibrated.
      held_out: the negative ELBO at the shipped epoch, unweighted, beta 1, squared errors at
        onsets, over the features that all configs on the same dataset have.
      held_out_best: the lowest of all epochs.
      reached_epoch, reached_seconds: when `held_out` was first as low as the best of the
        reference, which is the median over its seeds; absent if never.
      learned_NAME, generated_NAME, data_NAME: of played data, see `yardsticks.learned_performance`.

      The figures of a config are, for each of these, `median`, `low`, `high`, `deviation` (standard
      deviation; 0 of a single run) and `runs` that have it. `reached_epoch` and `reached_seconds`
      have a median if half of the runs got there: the others count as later than all.
    """
    finished = [run for run in runs if not run['failed']]
    shared = _shared_features(contenders, data)
    curves = {
        (run['name'], run['seed']): _negative_elbo(run['curve'], shared[run['name']])
        for run in finished
    }
    best: dict[str, list[float]] = {}
    for (name, _), values in curves.items():
        best.setdefault(name, []).append(float(values.min()))
    references = {c.name: reference_of(c, contenders, data) for c in contenders}
    # The upper one of two medians: otherwise of two runs only one could reach it.
    goals = {name: statistics.median_high(values) for name, values in best.items()}
    figures = {
        key: _figures(run, curves[key], goals.get(references[run['name']]))
        for run in finished
        for key in [(run['name'], run['seed'])]
    }
    return {
        'contenders': [
            {
                'name': contender.name,
                'base': contender.base,
                'reference': references[contender.name],
                'config': contender.config.to_dict(),
                'data': dict(data[contender.name]),
                'shared_features': shared[contender.name],
                'figures': _over_seeds(
                    [values for (name, _), values in figures.items() if name == contender.name]
                ),
            }
            for contender in contenders
        ],
        'runs': [
            {
                'name': run['name'],
                'seed': run['seed'],
                'failed': run['failed'],
                'figures': figures.get((run['name'], run['seed']), {}),
                'curve': {
                    **run.get('curve', {}),
                    'held_out': curves.get((run['name'], run['seed']), np.zeros(0)).tolist(),
                },
            }
            for run in runs
        ],
    }


def reference_of(
    contender: Contender,
    contenders: Sequence[Contender],
    data: Mapping[str, Mapping[str, Any]],
) -> str:
    """The name of the config that a contender is measured against: another on the same dataset.

    The Original in the same fidelity; if it does not take part, the first on the same dataset.
    """
    same = [
        c.name for c in contenders if data[c.name]['dataset'] == data[contender.name]['dataset']
    ]
    original = named(ORIGINAL, contender.config.fidelity)
    return original if original in same else same[0]


def _shared_features(
    contenders: Sequence[Contender], data: Mapping[str, Mapping[str, Any]]
) -> dict[str, list[str]]:
    """For each contender the features that all on its dataset have."""
    return {
        contender.name: [
            name
            for name in FEATURES
            if all(
                name in other.config.features
                for other in contenders
                if data[other.name]['dataset'] == data[contender.name]['dataset']
            )
        ]
        for contender in contenders
    }


def _negative_elbo(curve: Mapping[str, list[float]], features: Sequence[str]) -> np.ndarray:
    """Of each epoch, over some of the features: `[epochs]` float64."""
    return np.sum([curve[name] for name in (*features, 'kl')], axis=0)


def _figures(run: Run, curve: np.ndarray, goal: float | None) -> dict[str, float]:
    found = {
        name: run[name]
        for name in ('epochs', 'shipped_epoch', 'steps', 'seconds', 'training_examples')
    }
    found |= {
        'held_out': float(curve[run['shipped_epoch'] - 1]),
        'held_out_best': float(curve.min()),
    }
    if goal is not None and curve.min() <= goal:
        epoch = int(np.argmax(curve <= goal))
        found['reached_epoch'] = epoch + 1
        found['reached_seconds'] = run['curve']['seconds'][epoch]
    found |= {'threshold': run['threshold'], **run['yardsticks']}
    for kind, values in run['performance'].items():
        found |= {f'{kind}_{name}': value for name, value in values.items()}
    return {name: value for name, value in found.items() if value is not None}


def _over_seeds(runs: Sequence[Mapping[str, float]]) -> dict[str, dict[str, float | None]]:
    """Each figure over the seeds."""
    names = list(dict.fromkeys(name for run in runs for name in run))
    figures: dict[str, dict[str, float | None]] = {}
    for name in names:
        values = [run[name] for run in runs if name in run]
        counted = list(values)
        if name.startswith('reached_'):
            counted += [math.inf] * (len(runs) - len(values))
        median = statistics.median(counted)
        figures[name] = {
            'median': median if math.isfinite(median) else None,
            'low': min(values),
            'high': max(values),
            'deviation': statistics.stdev(values) if len(values) > 1 else 0.0,
            'runs': len(values),
        }
    return figures
