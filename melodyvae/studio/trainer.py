"""Trains the runs of one folder, each in a process of its own that outlives the studio."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import filelock

from melodyvae.runs.folder import RunFolder
from melodyvae.system.errors import UserError
from melodyvae.training.history import read_history

# Holds a lock from its beginning to its death, whatever that is.
PROGRAM = """
import sys, filelock
with filelock.FileLock(sys.argv.pop(1)):
    from melodyvae.cli.main import run
    sys.argv[0] = 'melodyvae_train'
    run()
"""
SPEAKER = 'melodyvae_train: '  # before its sentences
MOST_LINES = 400  # of a log, that a page shows
END_SECONDS = 30


class Trainer:
    """The runs of a folder, of which at most one is trained.

    `FOLDER/.studio` holds the music that was dropped, what each training printed, and a lock for
    each run, which its process holds as long as it lives: no studio starts a second one.

    Args:
      folder: of runs.
      settings: of every new run, such as 'training.epochs=20'.
    """

    def __init__(self, folder: Path, settings: Sequence[str] = ()):
        self.folder = folder
        self.settings = settings
        self.office = folder / '.studio'
        self.office.mkdir(parents=True, exist_ok=True)
        self._children: dict[str, subprocess.Popen] = {}

    def music(self, name: str) -> Path:
        """Where the files of a run belong that were dropped."""
        return self.office / name

    def list_names(self) -> list[str]:
        """The names of all runs, the latest last."""
        runs = [path.parent for path in self.folder.glob('*/config.json')]
        logs = {path.stem: path for path in self.office.glob('*.log')}
        times = {path.name: path.stat().st_mtime for path in runs}
        times |= {name: path.stat().st_mtime for name, path in logs.items()}
        return sorted(times, key=lambda name: times[name])

    def find(self, name: str) -> RunFolder:
        """The run of a name; a UserError if there is none."""
        if name not in self.list_names():
            raise UserError('There is no such run.')
        return RunFolder(self.folder / name)

    def find_model(self, name: str) -> tuple[Path, float]:
        """The model of a run to play: as it is now while it learns, or what training has left.

        Returns:
          Its folder, and when the one that still learns was written, 0 for the other.

        Raises:
          UserError: if there is no such run, or no model yet.
        """
        run = self.find(name)
        live = _read_time(run.live)
        if live and self._is_training(name):
            return run.live_export, live
        if not run.own_export.is_dir():
            raise UserError('This run has no model yet: wait for its first epoch.')
        return run.own_export, 0

    def check_free(self, name: str) -> None:
        """Raises a UserError unless a training of that name can start."""
        if (self.folder / name).exists():
            raise UserError(f'There is a run called {name} already: give this one another name.')
        self._check_idle()

    def start(self, name: str, preset: str) -> None:
        """Trains a new run on the music that was dropped for it.

        Raises:
          UserError: if the name is taken, or another run is being trained.
        """
        self.check_free(name)
        self._log(name).unlink(missing_ok=True)
        settings = [f'--config.{setting}' for setting in self.settings]
        self._spawn(name, f'--midi={self.music(name)}', f'--config={preset}', *settings)

    def resume(self, name: str) -> None:
        """Goes on with a run that was stopped or killed."""
        self.find(name)
        self._check_idle()
        self._spawn(name, '--resume')

    def stop(self, name: str) -> None:
        """Asks a training to end after the step at hand; it can be resumed."""
        if self._is_training(name):
            os.kill(int(self._pid(name).read_text()), signal.SIGTERM)

    def close(self) -> None:
        """Stops what this studio has started, and waits for its end."""
        for child in self._children.values():
            if child.poll() is None:
                child.terminate()
                child.wait(END_SECONDS)

    def describe(self, name: str) -> dict[str, Any]:
        """What a page shows of a run, as JSON values."""
        is_training = self._is_training(name)  # first: what has ended by then is written
        lines = self._read_log(name)
        said = [line for line in lines if line.startswith(SPEAKER)]
        described: dict[str, Any] = {
            'name': name,
            'state': 'failed',
            'sentence': said[-1].removeprefix(SPEAKER) if said else 'It was killed.',
            'log': '\n'.join(line for line in lines if not line.startswith('epoch ')),
            'epochs': 0,
            'curves': {},
            'playable': False,
            'live': 0,
        }
        run = RunFolder(self.folder / name)
        if (run.path / 'config.json').is_file():
            try:
                described |= _describe_run(run)
            except UserError as error:  # damaged, or of another version
                described['sentence'] = str(error)
        if is_training:
            described['state'] = 'training'
            described['live'] = _read_time(run.live)
        return described

    def _check_idle(self) -> None:
        for name in self.list_names():
            if self._is_training(name):
                raise UserError(f'{name} is being trained: wait for its end, or stop it first.')

    def _is_training(self, name: str) -> bool:
        child = self._children.get(name)
        if child and child.poll() is None:
            return True
        lock = filelock.FileLock(self._lock(name), blocking=False)
        try:
            with lock:
                return False
        except filelock.Timeout:
            return True  # by an earlier studio, or another

    def _spawn(self, name: str, *arguments: str) -> None:
        command = [sys.executable, '-c', PROGRAM, str(self._lock(name))]
        command += [f'--run_dir={self.folder / name}', '--live', *arguments]
        with self._log(name).open('a') as log:
            # A session of its own: Ctrl-C in the terminal is for the studio, which passes it on.
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._pid(name).write_text(str(child.pid))
        self._children[name] = child

    def _lock(self, name: str) -> Path:
        return self.office / f'{name}.lock'

    def _pid(self, name: str) -> Path:
        return self.office / f'{name}.pid'

    def _log(self, name: str) -> Path:
        return self.office / f'{name}.log'

    def _read_log(self, name: str) -> list[str]:
        try:
            text = self._log(name).read_text(errors='replace')
        except FileNotFoundError:
            return []
        return text.splitlines()[-MOST_LINES:]


def _describe_run(run: RunFolder) -> dict[str, Any]:
    """What the folder of a run tells."""
    return {
        'state': 'finished' if run.finished else 'stopped',
        'epochs': run.config.training.epochs,
        'curves': _read_curves(run),
        'playable': run.play_page.is_file(),
    }


def _read_time(path: Path) -> float:
    """When a folder was made, in seconds; 0 if it is not there, as while it is replaced."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0


def _read_curves(run: RunFolder) -> dict[str, list[float]]:
    """The objective by epoch, as far as it is there to read."""
    try:
        history = read_history(run.metrics)
    except (ValueError, TypeError, KeyError):  # a line is being written
        return {}
    return {name: history[name] for name in ('objective', 'val_objective') if name in history}
