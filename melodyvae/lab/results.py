"""The results of a comparison: figures of each run, and of each config over its seeds."""

import dataclasses
import json
import math
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

import numpy as np

from melodyvae.config.settings import FEATURES, Config
from melodyvae.evaluation.metrics import ELBO_TERMS
from melodyvae.lab.candidates import ORIGINAL, Candidate, name_system
from melodyvae.lab.data import DataSummary, Library
from melodyvae.system.errors import UserError

RESULT = 'result.json'  # of a run's folder
ELBO = 'shared_negative_elbo'


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
      curve: `job.HeldOutCurve.terms` and its seconds, one value per epoch each. `summarize` adds
        shared_negative_elbo.
      figures: added by `summarize`: all of the above by name, and shared_negative_elbo,
        reached_epoch and reached_seconds (absent if never reached).
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
    figures: dict[str, float] = dataclasses.field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """Reads the run in a folder, and ignores other keys that earlier runs have.

        Returns:
          The run, or None if the folder has no result.

        Raises:
          UserError: if it cannot be read.
        """
        path = folder / RESULT
        try:
            values = json.loads(path.read_bytes())
            names = [field.name for field in dataclasses.fields(cls)]
            return cls(**{name: values[name] for name in names if name in values})
        except FileNotFoundError:
            return None
        except (ValueError, TypeError, RecursionError) as error:
            raise UserError(f'{path} cannot be read: {error}. Delete {folder}.') from error

    def write(self, folder: Path) -> None:
        (folder / RESULT).write_text(json.dumps(dataclasses.asdict(self), indent=1) + '\n')


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
    """The results of a candidate over its seeds.

    Convergence refers to the config that `reference` names, see `choose_reference`.
    """

    name: str
    base: str
    reference: str
    config: Config
    data: DataSummary
    figures: dict[str, Spread]

    def median(self, key: str) -> float | None:
        figure = self.figures.get(key)
        return figure.median if figure else None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Everything that a comparison finds, as in `results.json`.

    Candidates are in the order of the command line. `runs` includes failed runs.
    """

    seeds: int
    library: Library
    candidates: list[Summary]
    runs: list[Run]

    def to_json(self) -> str:
        values = dataclasses.asdict(self)
        shown = ('name', 'seed', 'failed', 'figures', 'curve')
        values['runs'] = [{key: run[key] for key in shown} for run in values['runs']]
        return json.dumps(values, indent=1, allow_nan=False) + '\n'


def summarize(
    candidates: Sequence[Candidate],
    runs: Sequence[Run],
    data: Mapping[str, DataSummary],
    library: Library,
    seeds: int,
) -> Comparison:
    """Summarizes the runs of all candidates; `data` has the dataset of each candidate."""
    shared = {c.name: _find_shared_features(c, candidates, data) for c in candidates}
    runs = [_add_elbo(run, shared[run.name]) for run in runs]
    references = {c.name: choose_reference(c, candidates, data) for c in candidates}
    best: dict[str, list[float]] = {}
    for run in runs:
        if not run.failed:
            best.setdefault(run.name, []).append(min(run.curve[ELBO]))
    # The upper median: with two runs, the mean of both could only be reached by one.
    goals = {name: statistics.median_high(values) for name, values in best.items()}
    runs = [_add_figures(run, goals.get(references[run.name], -math.inf)) for run in runs]
    return Comparison(
        seeds=seeds,
        library=library,
        candidates=[
            Summary(
                name=candidate.name,
                base=candidate.base,
                reference=references[candidate.name],
                config=candidate.config,
                data=data[candidate.name],
                figures=_spread_over_seeds(
                    [run.figures for run in runs if run.name == candidate.name and not run.failed]
                ),
            )
            for candidate in candidates
        ],
        runs=runs,
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
    candidate: Candidate, candidates: Sequence[Candidate], data: Mapping[str, DataSummary]
) -> list[str]:
    """Finds the features that all candidates on the dataset of a candidate have."""
    dataset = data[candidate.name].dataset
    features = [set(c.config.features) for c in candidates if data[c.name].dataset == dataset]
    return [name for name in FEATURES if name in set.intersection(*features)]


def _add_elbo(run: Run, features: Sequence[str]) -> Run:
    """Adds the curve of the negative ELBO over some features, in nats."""
    if run.failed:
        return run
    terms = [run.curve[key] for key in (*(ELBO_TERMS[name] for name in features), 'kl')]
    return dataclasses.replace(run, curve={**run.curve, ELBO: np.sum(terms, axis=0).tolist()})


def _add_figures(run: Run, goal: float) -> Run:
    """Adds the figures of a run; `goal` is the best value of its reference's negative ELBO."""
    if run.failed:
        return run
    names = ('epochs', 'shipped_epoch', 'steps', 'seconds', 'training_examples', 'threshold')
    curve = run.curve[ELBO]
    found = {ELBO: curve[run.shipped_epoch - 1], **{name: getattr(run, name) for name in names}}
    epoch = next((epoch for epoch, value in enumerate(curve) if value <= goal), None)
    if epoch is not None:
        found['reached_epoch'] = epoch + 1
        found['reached_seconds'] = run.curve['seconds'][epoch]
    found |= {name: value for name, value in run.yardsticks.items() if value is not None}
    return dataclasses.replace(run, figures=found)


def _spread_over_seeds(runs: Sequence[Mapping[str, float]]) -> dict[str, Spread]:
    """Summarizes each figure over the seeds."""
    figures: dict[str, Spread] = {}
    for name in dict.fromkeys(name for run in runs for name in run):
        values = [run[name] for run in runs if name in run]
        never = [math.inf] * (len(runs) - len(values)) if name.startswith('reached_') else []
        median = statistics.median([*values, *never])
        figures[name] = Spread(
            median=median if math.isfinite(median) else None,
            low=min(values),
            high=max(values),
            deviation=statistics.stdev(values) if len(values) > 1 else 0.0,
            runs=len(values),
        )
    return figures
