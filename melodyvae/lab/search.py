"""Searches for better settings: many runs, each with settings chosen from the results so far.

Optuna suggests the settings (J. Bergstra et al., "Algorithms for hyper-parameter optimization",
2011), and stops a run that is worse than the median of the others after as many epochs. Only this
process uses the study, so SQLite is enough; the processes of `workers` train.
"""

import functools
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import optuna
from optuna.distributions import distribution_to_json
from optuna.trial import FrozenTrial, Trial, TrialState

from melodyvae.config import Config, preset
from melodyvae.config.field import get_value
from melodyvae.evaluation.goal import measure_shortfall
from melodyvae.lab.candidates import Candidate, choose_candidates, take_settings
from melodyvae.lab.data import ComparisonFolder, Job, Library
from melodyvae.lab.results import Run
from melodyvae.lab.search_tables import FAILED, FIGURES, write_search
from melodyvae.lab.space import Space, is_of_second_stage, read_space
from melodyvae.lab.workers import Progress, run_all, say
from melodyvae.system.atomic import lock
from melodyvae.system.errors import UserError

STUDY = 'study.db'
NAME = 'search'  # of the study within its file
DECLARED = 'declared'  # config and space of a new study
SECONDS = 60.0  # that SQLite waits for other readers of the file
RUNGS = (0.25, 0.5)  # of a run's epochs
FIRST = 5  # runs that are completed before any run is stopped


def search(
    specification: str, space_file: Path, trials: int, library: Library, out: Path, *, epochs: int
) -> str:
    """Runs the missing trials of a study, and writes the results after each.

    Args:
      specification: of the first config, as for `preset`.
      space_file: the settings to search, see `space.read_space`.
      trials: total number of trials.
      library: the loops.
      out: a new folder, or the folder of the same search, to continue it.
      epochs: of all trials; 0 for the config's epochs.

    Returns:
      The content of `search.md`; `search.csv` has one row per trial, `best.json` is the best
      config.

    Raises:
      UserError: if the folder holds something else, the study is of another space or config, the
        device does not play melodies, or the library is missing or too small.
    """
    own = preset(specification)
    own.training.epochs = epochs or own.training.epochs
    [candidate] = choose_candidates([specification], epochs=epochs)
    if not own.device.is_monophonic:
        raise UserError(
            f'{specification} does not play melodies, and the goal of a search is for melodies.'
        )
    space = read_space(space_file, own)
    folder = ComparisonFolder(out)
    folder.refuse_others(library)
    data = folder.dataset(candidate.config, library)
    with lock(out):
        study = _open_study(out / STUDY, own, space)
        _fail_killed(study, folder)
        for _ in _Trials(study, space, candidate, folder, data).run(trials):
            write_search(study, own, out)
        return write_search(study, own, out)


def _open_study(path: Path, own: Config, space: Space) -> optuna.Study:
    """Opens the study of a file; the first trial of a new study has the values of the config."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    # Not by its path, which may have letters with a meaning in SQLAlchemy.
    connect = functools.partial(sqlite3.connect, path, timeout=SECONDS)
    try:
        study = optuna.create_study(
            storage=optuna.storages.RDBStorage(f'sqlite:///{STUDY}', {'creator': connect}),
            study_name=NAME,
            load_if_exists=True,
            pruner=optuna.pruners.MedianPruner(n_startup_trials=FIRST),
        )
    except Exception as error:  # of SQLite, SQLAlchemy, Alembic or Optuna
        reason = str(error).partition('\n')[0].rstrip('.')
        raise UserError(
            f'{path} is not an Optuna study ({reason}). Name a new folder with --out.'
        ) from error
    # Another seed each time: the same seed would suggest the same settings again.
    study.sampler = optuna.samplers.TPESampler(seed=len(study.trials), constant_liar=True)
    declared = {
        'config': json.loads(json.dumps(own.to_dict())),
        'space': {name: distribution_to_json(values) for name, values in space.items()},
    }
    if not study.user_attrs:
        study.enqueue_trial({name: get_value(own, name) for name in space})
        study.set_user_attr(DECLARED, declared)
    for what, value in study.user_attrs[DECLARED].items():
        if declared[what] != value:
            raise UserError(
                f'{path} is a study of another {what}. Use the same --search, --configs and '
                f'--epochs to continue, or name a new folder with --out.'
            )
    return study


def _fail_killed(study: optuna.Study, folder: ComparisonFolder) -> None:
    """Marks trials that were running when a search was killed as failed, and repeats them."""
    for trial in study.get_trials(states=(TrialState.RUNNING,)):
        study.tell(trial.number, state=TrialState.FAIL)
        study.enqueue_trial(trial.params)
    folder.remove_leftovers()


class _Trials:
    """Asks a study for trials, runs them, and tells the study their results."""

    def __init__(
        self,
        study: optuna.Study,
        space: Space,
        candidate: Candidate,
        folder: ComparisonFolder,
        data: Path,
    ):
        self.study = study
        self.space = space
        self.candidate = candidate
        self.folder = folder
        self.data = data
        self.begun: dict[Path, Trial] = {}  # by the folder of the run
        self.pruned: set[Path] = set()

    def run(self, trials: int) -> Iterator[Trial]:
        """Yields each trial that has ended, until the study has `trials`."""
        epochs = self.candidate.config.training.epochs
        ended = sum(map(_counts, self.study.trials))
        total = max(0, trials - ended) * epochs
        ends = run_all(self._ask(trials), self.folder.log, total, self._goes_on)
        for number, (job, error) in enumerate(ends, start=ended + 1):
            say(f'{number}/{trials}  {self._tell(job, error)}')
            yield self.begun[job.folder]

    def _ask(self, trials: int) -> Iterator[Job]:
        while sum(map(_counts, self.study.trials)) < trials:
            trial = self.study.ask(self.space)
            config = take_settings(self.candidate.config, trial.params)
            name = f'trial {trial.number}'
            try:
                config = Candidate(name, config).with_seed(config.training.seed)
            except UserError as error:  # contradicting settings
                self._fail(trial, str(error))
                continue
            trained_alike = is_of_second_stage(self.space)
            job = Job(
                name,
                config,
                self.data,
                self.folder.trials / f'{trial.number:04}',
                rungs=() if trained_alike else _choose_rungs(config.training.epochs),
                first_stage=self.folder.first_stage if trained_alike else None,
            )
            self.begun[job.folder] = trial
            yield job

    def _goes_on(self, job: Job, progress: Progress) -> bool:
        trial = self.begun[job.folder]
        assert progress.shortfall is not None
        trial.report(progress.shortfall, job.rungs.index(progress.epochs))
        if trial.should_prune():
            self.pruned.add(job.folder)
        return job.folder not in self.pruned

    def _tell(self, job: Job, error: str) -> str:
        """Tells the study how a trial ended, and describes it in a line."""
        trial = self.begun[job.folder]
        if job.folder in self.pruned:
            self.study.tell(trial, state=TrialState.PRUNED)
            return f'{job.name}: stopped'
        run = Run.read(job.folder)
        if run is None or run.failed:
            reason = run.failed if run else error
            self._fail(trial, reason)
            return f'{job.name}: failed: {reason}'
        figures = {key: value for key, value in run.yardsticks.items() if value is not None}
        shortfall = measure_shortfall(figures)
        trial.set_user_attr(FIGURES, {**figures, 'seconds': run.seconds})
        self.study.tell(trial, shortfall)
        return f'{job.name}: shortfall {shortfall:.3f}, {run.seconds:.0f} s'

    def _fail(self, trial: Trial, reason: str) -> None:
        trial.set_user_attr(FAILED, reason)
        self.study.tell(trial, state=TrialState.FAIL)


def _counts(trial: FrozenTrial) -> bool:
    """Returns whether a trial counts: killed trials do not."""
    if trial.state == TrialState.FAIL:
        return FAILED in trial.user_attrs
    return trial.state != TrialState.WAITING


def _choose_rungs(epochs: int) -> tuple[int, ...]:
    rungs = {max(1, round(share * epochs)) for share in RUNGS}
    return tuple(sorted(rung for rung in rungs if rung < epochs))
