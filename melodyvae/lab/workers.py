"""Runs side by side: a process for each core, each with one thread of TensorFlow.

These models are small, so that two processes get further than two threads, and most of starting a
run is Python. A process that dies loses its run and no other.
"""

import contextlib
import dataclasses
import multiprocessing
import os
import signal
import threading
import traceback
from collections.abc import Callable, Generator, Iterable
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
MODELS_PER_PROCESS = 8  # TensorFlow keeps about 100 MB of each that it has traced


@dataclasses.dataclass(frozen=True, slots=True)
class Progress:
    """What a run has come to.

    Attributes:
      job: index.
      epochs: done so far.
      ended: whether the run has come to its end.
      error: why it has, if that was not its own end.
      shortfall: at a rung, how far from the goal the run would be if it ended there.
    """

    job: int
    epochs: int = 0
    ended: bool = False
    error: str = ''
    shortfall: float | None = None


def run_all(
    jobs: Iterable[Job], log: Path, goes_on: Callable[[Progress], bool] = lambda progress: True
) -> Generator[Progress]:
    """Makes all runs, and tells what happens as it happens.

    Args:
      jobs: in the order in which they are begun; each is asked for when a process is free for it,
        and what was told of the runs before has been heard by then.
      log: file to which the processes write what they have to say, such as tracebacks.
      goes_on: whether a run that is at a rung is to go on.
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


class _Worker:
    """A process that makes one run after the other."""

    def __init__(self, log: Path):
        self.connection, theirs = CONTEXT.Pipe()
        self.process = CONTEXT.Process(target=_serve, args=(theirs, log), daemon=True)
        self.process.start()
        theirs.close()  # so that a process that dies is noticed
        self.job = 0
        self.models = 0

    def can_go_on(self) -> bool:
        return self.models < MODELS_PER_PROCESS and self.process.is_alive()

    def begin(self, index: int, job: Job) -> None:
        self.job = index
        self.models += 1 + len(job.rungs)
        self.connection.send(job)

    def answer(self, goes_on: bool) -> None:
        with contextlib.suppress(OSError):  # a process that has died meanwhile is told of next
            self.connection.send(goes_on)

    def progress(self) -> Progress:
        """What the process has to say, or that it has died."""
        try:
            return Progress(self.job, *self.connection.recv())
        except (EOFError, OSError):
            self.process.join()
            return Progress(
                self.job,
                ended=True,
                error=f'its process died (exit code {self.process.exitcode}); -9 often means that '
                f'memory ran out',
            )

    def end(self) -> None:
        """Whatever it is at: a run that is not complete leaves nothing."""
        self.process.terminate()
        self.process.join()
        self.connection.close()


def _serve(connection: Connection, log: Path) -> None:
    """Makes the runs that come in, until the other side is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches both; the other side ends this
    os.environ.update(ENVIRONMENT)
    tqdm.set_lock(threading.RLock())  # its own would outlive a process that is ended
    with log.open('a') as file:
        os.dup2(file.fileno(), 2)
    with keep_imports():
        from melodyvae.lab.job import Pruned, run_job

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
        except Exception as failure:  # the other runs go on, whatever this one ran into
            traceback.print_exc()
            error = f'{type(failure).__name__}: {" ".join(str(failure).split())[:200]}'
        connection.send((0, True, error))
