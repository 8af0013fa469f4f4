"""What the runs of a comparison come to: figures of each run, and of each config over its seeds."""

import dataclasses
import json
import math
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

from melodyvae.config.settings import FEATURES
from melodyvae.evaluation.metrics import ELBO_TERMS
from melodyvae.lab.contenders import ORIGINAL, Contender, name_system
from melodyvae.lab.data import DataSummary, Library

RESULT = 'result.json'  # of a run's folder


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a run leaves; one that failed leaves no figures.

    Attributes:
      name: of the contender.
      seed: of the run.
      failed: why, if it did.
      epochs, shipped_epoch, steps, seconds, training_examples, threshold: see `metrics.METRICS`;
        the seconds as in `job.HeldOutCurve`.
      yardsticks: what `yardsticks.measure_yardsticks` finds; None for what is no number.
      performance: of played data, what `yardsticks.measure_learned_performance` finds.
      curve: `job.HeldOutCurve.terms` and its seconds, a value an epoch each.
      history: what `metrics.csv` of a training would hold.
    """

    name: str
    seed: int
    failed: str = ''
    epochs: int = 0
    shipped_epoch: int = 0
    steps: int = 0
    seconds: float = 0.0
    training_examples: int = 0
    threshold: float = 0.0
    yardsticks: dict[str, float | None] = dataclasses.field(default_factory=dict)
    performance: dict[str, dict[str, float | None]] = dataclasses.field(default_factory=dict)
    curve: dict[str, list[float]] = dataclasses.field(default_factory=dict)
    history: dict[str, list[float]] = dataclasses.field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """The run of a folder; None if it has not been made."""
        try:
            return cls(**json.loads((folder / RESULT).read_text()))
        except FileNotFoundError:
            return None

    def write(self, folder: Path) -> None:
        (folder / RESULT).write_text(json.dumps(dataclasses.asdict(self), indent=1) + '\n')


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredRun:
    """A run beside the others.

    Attributes:
      name, seed, failed: as in `Run`.
      figures: those of the run, without what is no number, and of it beside the others:
        shared_negative_elbo, lowest_shared_negative_elbo, reached_epoch and reached_seconds (absent
        if never), and of played data data_NAME and so on, see `metrics.PLAYED`.
      curve: `Run.curve` and shared_negative_elbo, a value an epoch each.
    """

    name: str
    seed: int
    failed: str
    figures: dict[str, float]
    curve: dict[str, list[float]]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """A figure of a config over its seeds.

    Attributes:
      median: None of `reached_epoch` and `reached_seconds` if less than half of the runs got there:
        the others count as later than all.
      low, high: of the runs that have it.
      deviation: standard deviation; 0 of a single run.
      runs: how many have it.
    """

    median: float | None
    low: float
    high: float
    deviation: float
    runs: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a config comes to.

    Attributes:
      name, base: of the contender.
      reference: name of the config whose best is to be reached, see `choose_reference`.
      config: its settings, as plain JSON values.
      data: what it was trained on and measured with.
      shared_features: those that all configs on the same dataset have.
      figures: each of the runs' over the seeds.
    """

    name: str
    base: str
    reference: str
    config: dict[str, Any]
    data: DataSummary
    shared_features: list[str]
    figures: dict[str, Spread]

    def median(self, key: str) -> float | None:
        figure = self.figures.get(key)
        return figure.median if figure else None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """All that a comparison finds; `results.json` holds it.

    Attributes:
      seeds: runs of each config.
      library: what they were trained on and held out from.
      contenders: in the order in which they were named.
      runs: those that failed too.
    """

    seeds: int
    library: Library
    contenders: list[Standing]
    runs: list[MeasuredRun]

    def to_json(self) -> str:
        return json.dumps(dataclasses.asdict(self), indent=1, allow_nan=False) + '\n'


def summarise(
    contenders: Sequence[Contender],
    runs: Sequence[Run],
    data: Mapping[str, DataSummary],
    library: Library,
    seeds: int,
) -> Comparison:
    """Sets runs beside each other.

    Args:
      contenders: what was compared.
      runs: of all of them.
      data: for each contender that of its dataset.
      library, seeds: as in `Comparison`.
    """
    finished = [run for run in runs if not run.failed]
    shared = _find_shared_features(contenders, data)
    curves = {(run.name, run.seed): _sum_elbo(run.curve, shared[run.name]) for run in finished}
    best: dict[str, list[float]] = {}
    for (name, _), values in curves.items():
        best.setdefault(name, []).append(float(values.min()))
    references = {c.name: choose_reference(c, contenders, data) for c in contenders}
    # The upper one of two medians: otherwise of two runs only one could reach it.
    goals = {name: statistics.median_high(values) for name, values in best.items()}
    figures = {
        (run.name, run.seed): _collect_figures(
            run, curves[run.name, run.seed], goals.get(references[run.name])
        )
        for run in finished
    }
    return Comparison(
        seeds=seeds,
        library=library,
        contenders=[
            Standing(
                name=contender.name,
                base=contender.base,
                reference=references[contender.name],
                config=contender.config.to_dict(),
                data=data[contender.name],
                shared_features=shared[contender.name],
                figures=_spread_over_seeds(
                    [values for (name, _), values in figures.items() if name == contender.name]
                ),
            )
            for contender in contenders
        ],
        runs=[
            MeasuredRun(
                name=run.name,
                seed=run.seed,
                failed=run.failed,
                figures=figures.get((run.name, run.seed), {}),
                curve={
                    **run.curve,
                    'shared_negative_elbo': curves.get((run.name, run.seed), np.zeros(0)).tolist(),
                },
            )
            for run in runs
        ],
    )


def choose_reference(
    contender: Contender, contenders: Sequence[Contender], data: Mapping[str, DataSummary]
) -> str:
    """Names the config that a contender is measured against: another on the same dataset.

    The Original in the same fidelity; if it does not take part, the first on the same dataset.
    """
    same = [c.name for c in contenders if data[c.name].dataset == data[contender.name].dataset]
    original = name_system(ORIGINAL, contender.config.fidelity)
    return original if original in same else same[0]


def _find_shared_features(
    contenders: Sequence[Contender], data: Mapping[str, DataSummary]
) -> dict[str, list[str]]:
    """For each contender the features that all on its dataset have."""
    return {
        contender.name: [
            name
            for name in FEATURES
            if all(
                name in other.config.features
                for other in contenders
                if data[other.name].dataset == data[contender.name].dataset
            )
        ]
        for contender in contenders
    }


def _sum_elbo(curve: Mapping[str, list[float]], features: Sequence[str]) -> np.ndarray:
    """The negative ELBO of each epoch over some of the features, `[epochs]` float64 in nats."""
    return np.sum([curve[key] for key in (*(ELBO_TERMS[name] for name in features), 'kl')], axis=0)


def _collect_figures(run: Run, curve: np.ndarray, goal: float | None) -> dict[str, float]:
    """The figures of a run.

    Args:
      run: one that has not failed.
      curve: `[epochs]` float64, its negative ELBO over the shared features.
      goal: the best of its reference, the median over the seeds.
    """
    found: dict[str, float | None] = {
        'epochs': run.epochs,
        'shipped_epoch': run.shipped_epoch,
        'steps': run.steps,
        'seconds': run.seconds,
        'training_examples': run.training_examples,
        'shared_negative_elbo': float(curve[run.shipped_epoch - 1]),
        'lowest_shared_negative_elbo': float(curve.min()),
    }
    if goal is not None and curve.min() <= goal:
        epoch = int(np.argmax(curve <= goal))
        found['reached_epoch'] = epoch + 1
        found['reached_seconds'] = run.curve['seconds'][epoch]
    found |= {'threshold': run.threshold, **run.yardsticks}
    for kind, values in run.performance.items():
        found |= {f'{kind}_{name}': value for name, value in values.items()}
    return {name: value for name, value in found.items() if value is not None}


def _spread_over_seeds(runs: Sequence[Mapping[str, float]]) -> dict[str, Spread]:
    """Each figure over the seeds."""
    names = list(dict.fromkeys(name for run in runs for name in run))
    figures: dict[str, Spread] = {}
    for name in names:
        values = [run[name] for run in runs if name in run]
        counted = list(values)
        if name.startswith('reached_'):
            counted += [math.inf] * (len(runs) - len(values))
        median = statistics.median(counted)
        figures[name] = Spread(
            median=median if math.isfinite(median) else None,
            low=min(values),
            high=max(values),
            deviation=statistics.stdev(values) if len(values) > 1 else 0.0,
            runs=len(values),
        )
    return figures
