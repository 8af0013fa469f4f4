"""Trains one run in a process of its own, which the studio starts and which outlives it."""

import contextlib
import dataclasses
import json
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn, Self

import filelock

from melodyvae.config.settings import Config
from melodyvae.playing.card import About
from melodyvae.runs.dataset import find_or_prepare
from melodyvae.system.errors import UserError
from melodyvae.system.tensorflow import start_tensorflow
from melodyvae.system.terminal import print_lines

SPEAKER = 'melodyvae_train: '  # begins the line that says why a training ended
POLL_SECONDS = 0.2


@dataclasses.dataclass(frozen=True, slots=True)
class Job:
    """What a training process does.

    Attributes:
      run_dir: the run folder.
      lock: a file that the process keeps locked as long as it lives.
      stop: a file that asks the process to stop. No other process is ever sent a signal.
      music: folder of the uploaded music, which is removed once it has been read.
      config: settings of a new run, as `Config.to_dict` gives them; None to resume the run.
      about: of a new run, as `dataclasses.asdict` gives it.
    """

    run_dir: str
    lock: str
    stop: str
    music: str
    config: dict[str, Any] | None
    about: dict[str, Any]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads a job from JSON."""
        return cls(**json.loads(text))


def train(job: Job) -> None:
    """Trains a new run on the uploaded music, or resumes a run.

    Raises:
      UserError: as `find_or_prepare` and `runs.train.train`.
      KeyboardInterrupt: if it was stopped before the first epoch.
    """
    with filelock.FileLock(job.lock):
        signal.signal(signal.SIGTERM, _stop)
        threading.Thread(target=_watch, args=(Path(job.stop),), daemon=True).start()
        if job.config is None:
            _resume(job)
        else:
            with _remove_empty_run(Path(job.run_dir)):
                _train_new(job, Config.from_dict(job.config))


def _train_new(job: Job, config: Config) -> None:
    music = Path(job.music)
    try:
        config.data.path = find_or_prepare(config, Path(job.run_dir), [music])
    finally:
        shutil.rmtree(music, ignore_errors=True)
    start_tensorflow()
    from melodyvae.runs.train import train  # here, because it imports TensorFlow

    train(config, job.run_dir, about=About.from_dict(job.about), live=True)


def _resume(job: Job) -> None:
    start_tensorflow()
    from melodyvae.runs.train import resume  # here, because it imports TensorFlow

    resume(job.run_dir, live=True)


@contextlib.contextmanager
def _remove_empty_run(run_dir: Path) -> Iterator[None]:
    """Removes the folder of a run that did not begin, so that its name is free again."""
    is_new = not run_dir.exists()
    try:
        yield
    finally:
        if is_new and not (run_dir / 'config.json').exists():
            shutil.rmtree(run_dir, ignore_errors=True)


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    """Does what Ctrl-C does in `melodyvae_train`, before and after the epochs."""
    signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _watch(stop: Path) -> None:
    """Sends this process SIGTERM when the file `stop` appears."""
    while not stop.exists():
        time.sleep(POLL_SECONDS)
    stop.unlink(missing_ok=True)
    signal.raise_signal(signal.SIGTERM)


def main() -> NoReturn:
    """Runs the job on the command line; prints an error as one sentence."""
    try:
        train(Job.parse(sys.argv[1]))
    except UserError as error:
        print_lines(f'{SPEAKER}{error}', file=sys.stderr)
        sys.exit(error.exit_status)
    except KeyboardInterrupt:
        print(f'{SPEAKER}Stopped before the first epoch.', file=sys.stderr)
        sys.exit(128 + signal.SIGTERM)
    except OSError as error:
        place, problem = error.filename or 'A file', error.strerror or error
        print_lines(f'{SPEAKER}{place} cannot be used: {problem}.', file=sys.stderr)
        sys.exit(1)
    sys.exit(0)


if __name__ == '__main__':
    main()
