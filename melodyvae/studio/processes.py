"""The processes that train runs, one at a time; other jobs wait for their turn."""

import dataclasses
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from melodyvae.studio.logs import STARTING, WAITING
from melodyvae.studio.training import Job

WARM_SECONDS = 300  # that a process with TensorFlow waits for a job


class Processes:
    """Runs jobs one after the other, each in a process of its own.

    Args:
      is_idle: returns whether no process trains a run, of this studio or another.
    """

    def __init__(self, is_idle: Callable[[], bool]):
        self._is_idle = is_idle
        self._children: dict[str, subprocess.Popen] = {}
        self._queue: dict[str, Job] = {}
        self._warm: subprocess.Popen | None = None  # imports TensorFlow for the next job
        self._warm_until = 0.0
        self._lock = threading.Lock()

    def add(self, name: str, job: Job) -> None:
        """Starts the job of a run, or lets it wait for its turn.

        Raises:
          OSError: if memory for a process is lacking.
        """
        with self._lock:
            self._queue[name] = job
            try:
                self._start_next()
            except OSError:  # no memory for a process
                del self._queue[name]
                raise
            if name in self._queue:
                _write(WAITING, job)

    def tend(self) -> None:
        """Starts the next job if nothing is trained, and ends a warm process that waits too long.

        Raises:
          OSError: if memory for a process is lacking. The job stays in the queue.
        """
        with self._lock:
            self._start_next()
            if self._warm and time.monotonic() > self._warm_until:
                self._end_warm()

    def warm_up(self) -> None:
        """Starts a process for the next job if nothing is trained, unless one waits already."""
        with self._lock:
            if self._is_idle():
                self._warm_up()

    def is_waiting(self, name: str) -> bool:
        """Returns whether the job of a run waits for its turn."""
        return name in self._queue

    def withdraw(self, name: str) -> Job | None:
        """Removes the job of a run that waits; returns None if none does."""
        with self._lock:
            return self._queue.pop(name, None)

    def is_running(self, name: str) -> bool:
        """Returns whether a process of this studio trains a run."""
        child = self._children.get(name)
        return child is not None and child.poll() is None

    def find_status(self, name: str) -> int | None:
        """Returns the exit status of the last process of a run, as far as it is known."""
        child = self._children.get(name)
        return child.poll() if child else None

    def close(self) -> tuple[list[str], list[Job]]:
        """Withdraws all jobs that wait, and ends the warm process.

        Returns:
          The names of the runs that are being trained, and the jobs that were withdrawn.
        """
        with self._lock:
            waiting = list(self._queue.values())
            self._queue.clear()
            self._end_warm()
        return list(filter(self.is_running, self._children)), waiting

    def _start_next(self) -> None:
        if not (self._queue and self._is_idle()):
            return
        name, job = next(iter(self._queue.items()))
        self._warm_up()
        _write(STARTING, job)
        child, self._warm = self._warm, None
        assert child and child.stdin
        self._children[name] = child
        child.stdin.write(json.dumps(dataclasses.asdict(job)).encode() + b'\n')
        child.stdin.close()
        del self._queue[name]

    def _warm_up(self) -> None:
        self._warm_until = time.monotonic() + WARM_SECONDS
        if not self._warm or self._warm.poll() is not None:
            self._warm = start_process()

    def _end_warm(self) -> None:
        if self._warm and self._warm.stdin:
            self._warm.stdin.close()  # which ends it
            self._warm.wait()
        self._warm = None


def start_process() -> subprocess.Popen:
    """Starts `training.main`, which reads its job from standard input."""
    # -P: a module in the working directory must not take the place of one of ours.
    # In a session of its own, because Ctrl-C in the terminal is for the studio.
    return subprocess.Popen(
        [sys.executable, '-P', '-m', 'melodyvae.studio.training'],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _write(line: str, job: Job) -> None:
    with Path(job.log).open('a', encoding='utf-8') as log:
        print(line, file=log)
