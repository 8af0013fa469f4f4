"""The runs of one folder, of which at most one is being trained."""

import dataclasses
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import filelock

from melodyvae.config.field import set_value
from melodyvae.config.presets import preset
from melodyvae.config.settings import Config
from melodyvae.playing.card import About
from melodyvae.runs.folder import RunFolder
from melodyvae.runs.rename import rename
from melodyvae.studio.logs import explain_end
from melodyvae.studio.plain_files import check_folder, is_plain, is_text, read_plain, read_time
from melodyvae.studio.processes import Processes
from melodyvae.studio.training import Job
from melodyvae.system.errors import UserError

MAX_LOG = 64 * 2**10  # bytes of a log, from its end, that the page shows


class Trainer:
    """The runs of a folder, and the processes that train them.

    `FOLDER/.studio` holds uploaded music until it has been read, what each training printed, and a
    lock file per run, which its process keeps locked as long as it lives. A training is stopped by
    a file that its process watches for: no signal is sent to a process number, which may belong to
    another program by now.

    Args:
      folder: of the runs.
      settings: of every new run, such as `{'training.epochs': 20}`.

    Raises:
      UserError: if `FOLDER/.studio` is not a plain folder.
    """

    def __init__(self, folder: Path, settings: Mapping[str, object] | None = None):
        self.folder = folder
        self.settings = settings or {}
        self.state = folder / '.studio'
        if self.state.is_symlink() or (self.state.exists() and not self.state.is_dir()):
            raise UserError(f'{self.state} is not a plain folder: remove it.')
        self.state.mkdir(parents=True, exist_ok=True)
        self.processes = Processes(self._is_idle)
        for path in self.state.iterdir():  # music whose upload or training was killed
            if path.is_dir() and not path.is_symlink() and not self.is_training(path.name):
                shutil.rmtree(path, ignore_errors=True)

    def music(self, name: str) -> Path:
        """Returns the folder for the uploaded music of a run."""
        return self.state / name

    def list_names(self) -> list[str]:
        """Returns the names of all runs that have begun, or failed to, the latest last."""
        times: dict[str, float] = {}
        for path in (*self.folder.glob('*/config.json'), *self.state.glob('*.log')):
            name = path.stem if path.suffix == '.log' else path.parent.name
            if is_plain(path) and not name.startswith('.'):
                time = (path if path.suffix == '.log' else path.parent).stat().st_mtime
                times[name] = max(time, times.get(name, 0))
        return sorted(times, key=lambda name: times[name])

    def find(self, name: str) -> RunFolder:
        """Returns the run of a name.

        Raises:
          UserError: if there is none, or it holds links or other special files.
        """
        if name not in self.list_names() or not is_text(name):
            raise UserError('There is no such run.')
        check_folder(self.folder / name)
        return RunFolder(self.folder / name)

    def find_model(self, name: str) -> tuple[Path, float]:
        """Finds the model of a run to play: the current one during training, or the final one.

        Returns:
          Its folder, and the time when the model of a training was written; 0 for the final model.

        Raises:
          UserError: if there is no such run, or no model yet.
        """
        run = self.find(name)
        live = read_time(run.live)
        if live and self.is_training(name):
            return run.live_export, live
        if not run.own_export.is_dir():
            raise UserError('This run has no model yet: wait for its first epoch.')
        return run.own_export, 0

    def check_free(self, name: str) -> None:
        """Raises a UserError if a run has that name already."""
        if (
            (self.folder / name).exists()
            or self.processes.is_waiting(name)
            or self.is_training(name)
        ):
            raise UserError(f'A run called {name} exists already: choose another name.')

    def configure(self, preset_name: str, choices: Mapping[str, object]) -> Config:
        """Returns the config of a new run.

        Args:
          preset_name: of its settings.
          choices: other values of settings, by name, as JSON has them.

        Raises:
          UserError: if there is no such preset, or a setting is unknown or invalid.
        """
        config = preset(preset_name)
        for setting, value in {**self.settings, **choices}.items():
            set_value(config, setting, tuple(value) if isinstance(value, list) else value)
        return config.validate()

    def start(
        self,
        name: str,
        preset_name: str,
        skipped: Mapping[str, int] | None = None,
        choices: Mapping[str, object] | None = None,
        about: About | None = None,
    ) -> None:
        """Trains a new run on the music that was uploaded for it, when its turn has come.

        Args:
          name: of the run.
          preset_name: of its settings.
          skipped: number of uploaded files that were skipped, by reason, for the log.
          choices: see `configure`.
          about: for the card of the model.

        Raises:
          UserError: if the name is taken, or a setting is invalid.
        """
        self.check_free(name)
        try:
            config = self.configure(preset_name, choices or {})
            self._log(name).unlink(missing_ok=True)
            self._add(name, config.to_dict(), skipped or {}, about or About())
        except Exception:
            shutil.rmtree(self.music(name), ignore_errors=True)
            raise

    def resume(self, name: str) -> None:
        """Continues a run that was stopped or killed, when its turn has come.

        Raises:
          UserError: if there is no such run, it has finished, or it is being trained.
        """
        self._refuse_training(name)
        self.find(name).refuse_finished()
        self._add(name, None, {}, About())

    def stop(self, name: str) -> None:
        """Asks a training to stop after the current step; it can be resumed.

        If it waits for its turn, it is withdrawn, and a new run disappears.

        Raises:
          UserError: if there is no such run.
        """
        self.find(name)
        if job := self.processes.withdraw(name):
            shutil.rmtree(job.music, ignore_errors=True)
            if job.config is not None:
                self._log(name).unlink(missing_ok=True)
        elif self.is_training(name):
            self._stop(name).touch()

    def is_stopping(self, name: str) -> bool:
        """Returns whether a training has been asked to stop, and has not noticed it yet."""
        return self._stop(name).exists()

    def delete(self, name: str) -> None:
        """Deletes a run and its log.

        Raises:
          UserError: if there is no such run, or it is being trained.
        """
        self._refuse_training(name)
        doomed = self.state / f'.{name}.deleted'
        shutil.rmtree(doomed, ignore_errors=True)
        if (self.folder / name).exists():
            (self.folder / name).rename(doomed)
        for path in (self._log(name), self._lock(name), self._stop(name)):
            path.unlink(missing_ok=True)
        shutil.rmtree(doomed, ignore_errors=True)

    def rename(self, name: str, new: str) -> None:
        """Renames a run, also in its pages and cards.

        Raises:
          UserError: if there is no such run, it is being trained, or the new name is taken.
        """
        self._refuse_training(name)
        self.find(name)
        if new in self.list_names() or (self.folder / new).exists():
            raise UserError(f'A run called {new} exists already: choose another name.')
        if self._log(name).exists():
            self._log(name).rename(self._log(new))
        self._lock(name).unlink(missing_ok=True)
        if (self.folder / name).exists():
            (self.folder / name).rename(self.folder / new)
            rename(RunFolder(self.folder / new), name)

    def _refuse_training(self, name: str) -> None:
        if name not in self.list_names() or not is_text(name):
            raise UserError('There is no such run.')
        if self.processes.is_waiting(name) or self.is_training(name):
            raise UserError(f'{name} is being trained: stop it first.')

    def close(self) -> list[str]:
        """Asks the trainings that this studio has started to stop; they end by themselves.

        Returns:
          Their names.
        """
        running, waiting = self.processes.close()
        for name in running:
            self._stop(name).touch()
        for job in waiting:
            shutil.rmtree(job.music, ignore_errors=True)
        return running

    def is_training(self, name: str) -> bool:
        """Returns whether a process trains the run, of this studio or another."""
        if self.processes.is_running(name):
            return True
        if not is_plain(self._lock(name)):
            return False
        try:
            with filelock.FileLock(self._lock(name), blocking=False):
                return False
        except filelock.Timeout:
            return True

    def read_log(self, name: str) -> list[str]:
        """Returns the last lines that the trainings of a run have printed."""
        try:
            text = read_plain(self._log(name), MAX_LOG, tail=True)
        except OSError:
            return []
        return text.decode('utf-8', 'replace').splitlines()

    def find_changes(self, name: str) -> tuple[Any, ...]:
        """Returns values that differ if the run has changed: its state, and times of its files."""
        run = RunFolder(self.folder / name)
        files = run.path, run.path / 'config.json', run.metrics, run.live, self._log(name)
        active = self.processes.is_waiting(name), self.is_training(name), self.is_stopping(name)
        return *active, *map(read_time, files)

    def explain_end(self, name: str) -> str:
        """Returns why the last training of a run has ended, as far as is known; '' otherwise."""
        return explain_end(self.read_log(name), self.processes.find_status(name))

    def _is_idle(self) -> bool:
        return not any(map(self.is_training, self.list_names()))

    def _add(
        self, name: str, config: dict[str, Any] | None, skipped: Mapping[str, int], about: About
    ) -> None:
        for path in (self._log(name), self._lock(name), self._stop(name)):
            if path.is_symlink() or (path.exists() and not is_plain(path)):
                raise UserError(f'{path} is not a plain file: remove it.')
        self._stop(name).unlink(missing_ok=True)  # of the former training
        job = Job(
            run_dir=str(self.folder / name),
            lock=str(self._lock(name)),
            stop=str(self._stop(name)),
            log=str(self._log(name)),
            music=str(self.music(name)),
            config=config,
            about=dataclasses.asdict(about),
        )
        with self._log(name).open('a', encoding='utf-8') as log:
            for reason, count in skipped.items():
                print(f'Skipped: {count} {reason}.', file=log)
        self.processes.add(name, job)

    def _lock(self, name: str) -> Path:
        return self.state / f'{name}.lock'

    def _log(self, name: str) -> Path:
        return self.state / f'{name}.log'

    def _stop(self, name: str) -> Path:
        return self.state / f'{name}.stop'
