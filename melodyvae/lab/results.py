"""The results of a comparison: figures of each run, and of each config over its seeds."""

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
from melodyvae.lab.candidates import ORIGINAL, Candidate, name_system
from melodyvae.lab.data import DataSummary, Library

RESULT = 'result.json'  # of a run's folder


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The result of a run; a failed run has no figures.

    Attributes:
      name: of the candidate.
      seed: of the run.
      failed: why, if it did.
      epochs, shipped_epoch, steps, seconds, training_examples, threshold: see `metrics.METRICS`;
        the seconds as in `job.HeldOutCurve`.
      yardsticks: the figures of `yardsticks.measure_yardsticks`; None for NaN and infinity.
      curve: `job.HeldOutCurve.terms` and its seconds, one value per epoch each.
      history: the content of `metrics.csv` of a training.
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
    curve: dict[str, list[float]] = dataclasses.field(default_factory=dict)
    history: dict[str, list[float]] = dataclasses.field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """Reads the run of a folder, without keys of earlier versions; None if there is none."""
        try:
            values = json.loads((folder / RESULT).read_text())
        except FileNotFoundError:
            return None
        return cls(**{x.name: values[x.name] for x in dataclasses.fields(cls) if x.name in values})

    def write(self, folder: Path) -> None:
        (folder / RESULT).write_text(json.dumps(dataclasses.asdict(self), indent=1) + '\n')


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredRun:
    """A run beside the others.

    Attributes:
      name, seed, failed: as in `Run`.
      figures: of the run, and in comparison: shared_negative_elbo, reached_epoch and
        reached_seconds (absent if never reached). NaN and infinity are left out.
      curve: `Run.curve` and shared_negative_elbo, one value per epoch each.
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
      median: for `reached_epoch` and `reached_seconds`, runs that never reached count as infinite;
        None if the median is infinite.
      low, high: minimum and maximum of the runs that have the figure.
      deviation: standard deviation; 0 for a single run.
      runs: number of runs that have the figure.
    """

    median: float | None
    low: float
    high: float
    deviation: float
    runs: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The results of a config over its seeds.

    Attributes:
      name, base: of the candidate.
      reference: name of the config that convergence refers to, see `choose_reference`.
      config: its settings, as plain JSON values.
      data: the dataset.
      shared_features: features that all configs on the same dataset have.
      figures: each figure over the seeds.
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
    """Everything that a comparison finds, as in `results.json`.

    Attributes:
      seeds: number of runs per config.
      library: the loops.
      candidates: in the order of the command line.
      runs: including failed runs.
    """

    seeds: int
    library: Library
    candidates: list[Summary]
    runs: list[MeasuredRun]

    def to_json(self) -> str:
        return json.dumps(dataclasses.asdict(self), indent=1, allow_nan=False) + '\n'


def summarize(
    candidates: Sequence[Candidate],
    runs: Sequence[Run],
    data: Mapping[str, DataSummary],
    library: Library,
    seeds: int,
) -> Comparison:
    """Summarizes runs.

    Args:
      candidates: what was compared.
      runs: of all candidates.
      data: the dataset of each candidate.
      library, seeds: as in `Comparison`.
    """
    finished = [run for run in runs if not run.failed]
    shared = _find_shared_features(candidates, data)
    curves = {(run.name, run.seed): _sum_elbo(run.curve, shared[run.name]) for run in finished}
    best: dict[str, list[float]] = {}
    for (name, _), values in curves.items():
        best.setdefault(name, []).append(float(values.min()))
    references = {c.name: choose_reference(c, candidates, data) for c in candidates}
    # The upper median: with two runs, the mean of both could only be reached by one.
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
        candidates=[
            Summary(
                name=candidate.name,
                base=candidate.base,
                reference=references[candidate.name],
                config=candidate.config.to_dict(),
                data=data[candidate.name],
                shared_features=shared[candidate.name],
                figures=_spread_over_seeds(
                    [values for (name, _), values in figures.items() if name == candidate.name]
                ),
            )
            for candidate in candidates
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
    candidate: Candidate, candidates: Sequence[Candidate], data: Mapping[str, DataSummary]
) -> str:
    """Returns the name of the config that a candidate is compared with.

    The Original in the same fidelity; if that is not compared, the first on the same dataset.
    """
    same = [c.name for c in candidates if data[c.name].dataset == data[candidate.name].dataset]
    original = name_system(ORIGINAL, candidate.config.fidelity)
    return original if original in same else same[0]


def _find_shared_features(
    candidates: Sequence[Candidate], data: Mapping[str, DataSummary]
) -> dict[str, list[str]]:
    """Finds, for each candidate, the features that all candidates on its dataset have."""
    return {
        candidate.name: [
            name
            for name in FEATURES
            if all(
                name in other.config.features
                for other in candidates
                if data[other.name].dataset == data[candidate.name].dataset
            )
        ]
        for candidate in candidates
    }


def _sum_elbo(curve: Mapping[str, list[float]], features: Sequence[str]) -> np.ndarray:
    """Sums the negative ELBO of each epoch over some features, `[epochs]` float64 in nats."""
    return np.sum([curve[key] for key in (*(ELBO_TERMS[name] for name in features), 'kl')], axis=0)


def _collect_figures(run: Run, curve: np.ndarray, goal: float | None) -> dict[str, float]:
    """Collects the figures of a run.

    Args:
      run: not failed.
      curve: `[epochs]` float64, its negative ELBO over the shared features.
      goal: the best value of its reference, the median over the seeds.
    """
    found: dict[str, float | None] = {
        'epochs': run.epochs,
        'shipped_epoch': run.shipped_epoch,
        'steps': run.steps,
        'seconds': run.seconds,
        'training_examples': run.training_examples,
        'shared_negative_elbo': float(curve[run.shipped_epoch - 1]),
    }
    if goal is not None and curve.min() <= goal:
        epoch = int(np.argmax(curve <= goal))
        found['reached_epoch'] = epoch + 1
        found['reached_seconds'] = run.curve['seconds'][epoch]
    found |= {'threshold': run.threshold, **run.yardsticks}
    return {name: value for name, value in found.items() if value is not None}


def _spread_over_seeds(runs: Sequence[Mapping[str, float]]) -> dict[str, Spread]:
    """Summarizes each figure over the seeds."""
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
