"""Trains one run in a process of its own, which outlives the studio.

The process first imports TensorFlow, which takes seconds, and then waits for its job. So the studio
can start it before it knows the job.
"""

import dataclasses
import json
import os
import queue
import shutil
import signal
import sys
import threading
import time
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import filelock

from melodyvae.config.settings import Config
from melodyvae.playing.card import About
from melodyvae.runs.dataset import find_or_prepare
from melodyvae.studio.logs import SPEAKER
from melodyvae.system.errors import UserError
from melodyvae.system.tensorflow import start_tensorflow
from melodyvae.system.terminal import print_lines

POLL_SECONDS = 0.2


@dataclasses.dataclass(frozen=True, slots=True)
class Job:
    """What a training process does.

    Attributes:
      run_dir: the run folder.
      lock: a file that the process keeps locked as long as it lives.
      stop: a file that asks the process to stop. No other process is ever sent a signal.
      log: a file for what the process prints.
      music: folder of the uploaded music, which is removed once it has been read.
      config: settings of a new run, as `Config.to_dict` gives them; None to resume the run.
      about: of a new run, as `dataclasses.asdict` gives it.
    """

    run_dir: str
    lock: str
    stop: str
    log: str
    music: str
    config: dict[str, Any] | None
    about: dict[str, Any]


def train(job: Job) -> None:
    """Trains a new run on the uploaded music, or resumes a run. TensorFlow has started.

    Raises:
      UserError: as `find_or_prepare` and `runs.train.train`.
      KeyboardInterrupt: if it was stopped before the first epoch.
    """
    from melodyvae.runs import train as program  # here, because it imports TensorFlow

    if job.config is None:
        program.resume(job.run_dir, live=True)
        return
    run_dir, config = Path(job.run_dir), Config.from_dict(job.config)
    is_new = not run_dir.exists()
    try:
        config.data.path = find_or_prepare(config, run_dir, [Path(job.music)])
        shutil.rmtree(job.music, ignore_errors=True)
        program.train(config, run_dir, about=About.from_dict(job.about), live=True)
    finally:
        if is_new and not (run_dir / 'config.json').exists():
            shutil.rmtree(run_dir, ignore_errors=True)  # so that its name is free again


class _Stopped(KeyboardInterrupt):
    """Replaces KeyboardInterrupt, for which Python may exit with SIGINT although it is caught."""


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    """Does what Ctrl-C does in `melodyvae_train`, before and after the epochs."""
    signal.signal(number, signal.SIG_IGN)
    raise _Stopped


def _receive(jobs: 'queue.SimpleQueue[Job]') -> None:
    """Waits for a job on standard input, and from then on for the request to stop it.

    Ends the process if the studio ends before it has sent a job. SIGTERM stops the job.
    """
    text = sys.stdin.readline()
    if not text:
        os._exit(0)
    job = Job(**json.loads(text))
    with filelock.FileLock(job.lock, thread_local=False):
        jobs.put(job)
        _watch(Path(job.stop))
        threading.Event().wait()  # the lock is kept as long as the process lives


def _watch(stop: Path) -> None:
    """Sends this process SIGTERM when the file `stop` appears."""
    while not stop.exists():
        time.sleep(POLL_SECONDS)
    stop.unlink(missing_ok=True)
    signal.raise_signal(signal.SIGTERM)


def main() -> NoReturn:
    """Imports TensorFlow, and runs the job that comes; prints an error as one sentence."""
    early: list[int] = []  # requests to stop wait: an interrupted import fails in many ways
    signal.signal(signal.SIGTERM, lambda number, _: early.append(number))
    jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(jobs,), daemon=True).start()
    job = None
    try:
        try:
            start_tensorflow()
            import melodyvae.runs.train  # noqa: F401 - it takes seconds, too
        finally:  # what has failed is printed to the log
            job = jobs.get()
            _print_to(Path(job.log))
        signal.signal(signal.SIGTERM, _stop)
        if early:
            raise _Stopped
        train(job)
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
    finally:
        if job:
            shutil.rmtree(job.music, ignore_errors=True)
    sys.exit(0)


def _print_to(log: Path) -> None:
    """Appends what this process and its children print to a file from now on."""
    with log.open('a') as file:
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)


if __name__ == '__main__':
    main()
