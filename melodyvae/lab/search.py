"""A search for better settings: many runs, and each new one is chosen by how the others did.

Optuna suggests the settings (J. Bergstra et al., "Algorithms for hyper-parameter optimization",
2011), and breaks a run off that is worse than the median of the others when they were as far. Only
this process asks it, so that SQLite will do; those of `workers` train.
"""

import functools
import json
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import optuna
from optuna.distributions import distribution_to_json
from optuna.trial import FrozenTrial, Trial, TrialState
from tqdm import tqdm

from melodyvae.config import Config, preset
from melodyvae.config.field import get_value
from melodyvae.evaluation.goal import measure_shortfall
from melodyvae.lab.contenders import Contender, choose_contenders
from melodyvae.lab.data import ComparisonFolder, Job, Library
from melodyvae.lab.results import Run
from melodyvae.lab.search_tables import FAILED, FIGURES, take_settings, write_search
from melodyvae.lab.space import Space, is_of_second_stage, read_space
from melodyvae.lab.workers import Progress, run_all
from melodyvae.system.atomic import lock
from melodyvae.system.errors import UserError

STUDY = 'study.db'
NAME = 'search'  # of the study within its file
DECLARED = 'declared'  # what a study was begun with
SECONDS = 60.0  # that SQLite waits for somebody who looks into the file
RUNGS = (0.25, 0.5)  # of a run's epochs
FIRST = 5  # runs that come to their end before any is broken off


def search(
    specification: str, space_file: Path, trials: int, library: Library, out: Path, *, epochs: int
) -> str:
    """Makes the trials that a study lacks, and writes what all come to after each.

    Args:
      specification: of the config to begin with, as `preset` takes it.
      space_file: what may be changed, see `space.read_space`.
      trials: how many the study is to have.
      library: what they are trained on and held out from.
      out: a new folder, or one of the same search that is to be gone on with.
      epochs: of all trials, instead of the config's; 0 for these.

    Returns:
      What `search.md` holds; `search.csv` has a line a trial, and `best.json` is the best config.

    Raises:
      UserError: if the folder holds something else, the study is of another space or config, the
        config plays no melodies, or a library is missing or too small.
    """
    own = preset(specification)
    own.training.epochs = epochs or own.training.epochs
    [contender] = choose_contenders([specification], epochs=epochs)
    if not own.device.is_monophonic:
        raise UserError(f'{specification} plays no melodies, and the goal of a search is of them.')
    space = read_space(space_file, own)
    folder = ComparisonFolder(out)
    folder.refuse_others(library)
    data = folder.dataset(contender.config, library)
    with lock(out):
        study = _open_study(out / STUDY, own, space)
        _give_up_killed(study, folder.trials)
        making = _Trials(study, space, contender, folder, data, library.performed)
        for _ in making.run(trials):
            write_search(study, own, out)
        return write_search(study, own, out)


def _open_study(path: Path, own: Config, space: Space) -> optuna.Study:
    """The study of a file; a new one begins with the config's own values."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    # Not by its path, in which some letters would mean something to SQLAlchemy.
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
            f'{path} cannot be read as a study of Optuna ({reason}): name a new folder with --out.'
        ) from error
    # A seed that a study has begun with would suggest the same once more when it is gone on with.
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
                f'{path} is a study of another {what}: give the same --search, --configs and '
                f'--epochs to go on, or name a new folder with --out.'
            )
    return study


def _give_up_killed(study: optuna.Study, folder: Path) -> None:
    """Trials that were under way when a search was killed have failed; others take their place."""
    for trial in study.get_trials(states=(TrialState.RUNNING,)):
        study.tell(trial.number, state=TrialState.FAIL)
        study.enqueue_trial(trial.params)
    for leftover in folder.glob('.*'):
        if leftover.is_dir():
            shutil.rmtree(leftover)
        else:  # a lock
            leftover.unlink()


class _Trials:
    """Asks a study for trials, has them run, and tells it what they come to."""

    def __init__(
        self,
        study: optuna.Study,
        space: Space,
        contender: Contender,
        folder: ComparisonFolder,
        data: Path,
        performed: bool,
    ):
        self.study = study
        self.space = space
        self.contender = contender
        self.folder = folder
        self.data = data
        self.performed = performed
        self.begun: list[tuple[Trial, Job]] = []
        self.pruned: set[int] = set()  # indices

    def run(self, trials: int) -> Iterator[Trial]:
        """Yields each that has ended, until the study has so many."""
        epochs = self.contender.config.training.epochs
        done: dict[int, int] = {}  # epochs, by index
        ended = sum(map(_counts, self.study.trials))
        with (
            tqdm(
                total=max(0, trials - ended) * epochs, unit='epoch', disable=not sys.stderr.isatty()
            ) as bar,
            closing(run_all(self._ask(trials), self.folder.log, self._goes_on)) as progresses,
        ):
            for progress in progresses:
                # A run that ends early has the rest of its epochs behind it.
                now = epochs if progress.ended else progress.epochs
                bar.update(now - done.get(progress.job, 0))
                done[progress.job] = now
                if progress.ended:
                    ended += 1
                    words = self._tell(progress)
                    tqdm.write(f'{ended}/{trials}  {words}', file=sys.stderr)
                    yield self.begun[progress.job][0]

    def _ask(self, trials: int) -> Iterator[Job]:
        while sum(map(_counts, self.study.trials)) < trials:
            trial = self.study.ask(self.space)
            config = take_settings(self.contender.config, trial.params)
            name = f'trial {trial.number}'
            try:
                config = Contender(name, config).with_seed(config.training.seed)
            except UserError as error:  # settings that contradict each other
                self._fail(trial, str(error))
                continue
            trained_alike = is_of_second_stage(self.space)
            job = Job(
                name,
                config,
                self.data,
                self.performed,
                self.folder.trials / f'{trial.number:04}',
                rungs=() if trained_alike else _choose_rungs(config.training.epochs),
                first_stage=self.folder.first_stage if trained_alike else None,
            )
            self.begun.append((trial, job))
            yield job

    def _goes_on(self, progress: Progress) -> bool:
        trial, job = self.begun[progress.job]
        assert progress.shortfall is not None
        trial.report(progress.shortfall, job.rungs.index(progress.epochs))
        if trial.should_prune():
            self.pruned.add(progress.job)
        return progress.job not in self.pruned

    def _tell(self, progress: Progress) -> str:
        """Tells the study how a trial has ended, and says so in a line."""
        trial, job = self.begun[progress.job]
        if progress.job in self.pruned:
            self.study.tell(trial, state=TrialState.PRUNED)
            return f'{job.name}: broken off'
        run = Run.read(job.folder)
        if run is None or run.failed:
            reason = run.failed if run else progress.error
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
    """Whether a trial is one of those that were asked for: one that was killed is not."""
    if trial.state == TrialState.FAIL:
        return FAILED in trial.user_attrs
    return trial.state != TrialState.WAITING


def _choose_rungs(epochs: int) -> tuple[int, ...]:
    rungs = {max(1, round(share * epochs)) for share in RUNGS}
    return tuple(sorted(rung for rung in rungs if rung < epochs))
