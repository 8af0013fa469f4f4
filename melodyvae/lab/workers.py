"""Trains runs in parallel: one process per core, each with one thread of TensorFlow.

These models are small, so two processes are faster than two threads. A process that dies loses
only its own run.
"""

import contextlib
import dataclasses
import functools
import multiprocessing
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Generator, Iterable, Iterator
from multiprocessing.connection import Connection, wait
from pathlib import Path

from tqdm import tqdm

from melodyvae.lab.data import Job
from melodyvae.system.process import count_cores, keep_imports

ENVIRONMENT = {
    'TF_NUM_INTRAOP_THREADS': '1',
    'TF_NUM_INTEROP_THREADS': '1',
    'TF_FORCE_GPU_ALLOW_GROWTH': 'true',  # several processes share a GPU
}

CONTEXT = multiprocessing.get_context('spawn')  # TensorFlow does not survive a fork
MODELS_PER_PROCESS = 8  # TensorFlow keeps about 100 MB per traced model


@dataclasses.dataclass(frozen=True, slots=True)
class Progress:
    """The progress of a run.

    Attributes:
      job: index.
      epochs: trained so far.
      ended: whether the run has ended.
      error: why it failed; '' if it did not.
      shortfall: at a rung, the shortfall of the run if it ended there.
    """

    job: int
    epochs: int = 0
    ended: bool = False
    error: str = ''
    shortfall: float | None = None


def run_all(
    jobs: Iterable[Job], log: Path, goes_on: Callable[[Progress], bool] = lambda progress: True
) -> Generator[Progress]:
    """Trains all runs, and yields their progress.

    Args:
      jobs: taken one by one, when a process is free and all earlier progress has been yielded.
      log: file for the standard error of the processes, such as tracebacks.
      goes_on: decides at a rung whether the run continues.
    """
    waiting = enumerate(jobs)
    workers: dict[Connection, _Worker] = {}
    try:
        while True:
            while len(workers) < count_cores() and (job := next(waiting, None)):
                worker = _Worker(log)
                workers[worker.connection] = worker
                worker.begin(*job)
            if not workers:
                return
            for connection in wait(list(workers)):
                assert isinstance(connection, Connection)
                worker = workers[connection]
                progress = worker.progress()
                if progress.shortfall is not None:
                    worker.answer(goes_on(progress))
                yield progress
                if not progress.ended:
                    continue
                if worker.can_go_on() and (job := next(waiting, None)):
                    worker.begin(*job)
                else:
                    workers.pop(connection).end()
    finally:
        for worker in workers.values():
            worker.end()


def show_progress(
    runs: Generator[Progress], epochs: Callable[[int], int], *, total: int, done: int = 0
) -> Iterator[tuple[Progress, Callable[[str], None]]]:
    """Shows a progress bar of `run_all`, and yields the end of each run.

    Args:
      runs: the progress of all runs.
      epochs: planned number of epochs of a run, by its index.
      total: epochs of all runs.
      done: runs that had ended before.

    Yields:
      The last progress of a run, and a function that prints a line over the bar.
    """
    seen: dict[int, int] = {}  # epochs by run
    with (
        contextlib.closing(runs),
        tqdm(total=total, unit='epoch', disable=not sys.stderr.isatty()) as bar,
    ):
        for progress in runs:
            # A run that ends early counts as all of its epochs.
            now = epochs(progress.job) if progress.ended else progress.epochs
            bar.update(now - seen.get(progress.job, 0))
            seen[progress.job] = now
            if progress.ended:
                done += 1
                yield progress, functools.partial(_say, done)


def _say(number: int, words: str) -> None:
    tqdm.write(f'{number}{words}', file=sys.stderr)


class _Worker:
    """A process that trains one run after another."""

    def __init__(self, log: Path):
        self.connection, theirs = CONTEXT.Pipe()
        self.process = CONTEXT.Process(target=_serve, args=(theirs, log), daemon=True)
        self.process.start()
        theirs.close()  # otherwise a process that dies would not be noticed
        self.job = 0
        self.models = 0

    def can_go_on(self) -> bool:
        return self.models < MODELS_PER_PROCESS and self.process.is_alive()

    def begin(self, index: int, job: Job) -> None:
        self.job = index
        self.models += 1 + len(job.rungs)
        self.connection.send(job)

    def answer(self, goes_on: bool) -> None:
        with contextlib.suppress(OSError):  # if the process has died, `progress` reports it
            self.connection.send(goes_on)

    def progress(self) -> Progress:
        """Receives the next progress, or notices that the process has died."""
        try:
            return Progress(self.job, *self.connection.recv())
        except (EOFError, OSError):
            self.process.join()
            return Progress(
                self.job,
                ended=True,
                error=f'its process died (exit code {self.process.exitcode}); -9 often '
                f'means out of memory',
            )

    def end(self) -> None:
        """Ends the process; an unfinished run leaves no folder."""
        self.process.terminate()
        self.process.join()
        self.connection.close()


def _serve(connection: Connection, log: Path) -> None:
    """Trains the runs that arrive, until the other side is closed."""
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # Ctrl-C reaches both sides; the other side ends this one
    os.environ.update(ENVIRONMENT)
    tqdm.set_lock(threading.RLock())  # its default lock would leak when the process is killed
    with log.open('a') as file:
        os.dup2(file.fileno(), 2)
    with keep_imports():
        from melodyvae.lab.job import Pruned, run_job  # deferred: starts TensorFlow

    def goes_on(epochs: int, shortfall: float) -> bool:
        connection.send((epochs, False, '', shortfall))
        try:
            return connection.recv()
        except EOFError:
            raise BrokenPipeError from None

    while True:
        try:
            job = connection.recv()
        except EOFError:
            return
        error = ''
        try:
            run_job(job, lambda epochs: connection.send((epochs, False, '')), goes_on)
        except BrokenPipeError:
            return
        except Pruned:
            pass
        except Exception as failure:  # the other runs continue, whatever this one raised
            traceback.print_exc()
            error = f'{type(failure).__name__}: {" ".join(str(failure).split())[:200]}'
        connection.send((0, True, error))
