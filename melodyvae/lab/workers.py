"""Trains runs in parallel: one process per core, each with one thread of TensorFlow.

These models are small, so two processes are faster than two threads. A process that dies loses
only its own run.
"""

import collections
import contextlib
import dataclasses
import functools
import queue
import sys
from collections.abc import Callable, Generator, Iterable
from pathlib import Path

from tqdm import tqdm

from melodyvae.lab.data import Job
from melodyvae.system.errors import UserError
from melodyvae.system.process import count_cores
from melodyvae.system.workers import Pool, Worker, WorkerDied

TRAINER = 'melodyvae.lab.job:serve'
RUNS_PER_PROCESS = 4  # TensorFlow keeps about 100 MB per traced model


@dataclasses.dataclass(frozen=True, slots=True)
class Progress:
    """A message from the process of a run.

    Attributes:
      epochs: trained so far.
      shortfall: at a rung, the shortfall of the run if it ended there; the process waits to be told
        whether to continue.
      error: at the end, why the run failed, or ''.
    """

    epochs: int = 0
    shortfall: float | None = None
    error: str | None = None


def run_all(
    jobs: Iterable[Job],
    log: Path,
    epochs: int,
    goes_on: Callable[[Job, Progress], bool] = lambda job, progress: True,
) -> Generator[tuple[Job, str]]:
    """Trains all runs, with a progress bar.

    Args:
      jobs: taken one by one, when a process is free and all earlier ends have been yielded.
      log: file for the standard error of the processes, such as tracebacks.
      epochs: of all runs.
      goes_on: decides at a rung whether a run continues.

    Yields:
      Each run that has ended, and the error that ended it, or ''.
    """
    waiting = iter(jobs)
    messages: queue.SimpleQueue[tuple[Worker, Job, Progress]] = queue.SimpleQueue()
    shown: collections.Counter[Path] = collections.Counter()  # epochs by run
    running, cores = 0, count_cores()
    make = functools.partial(Worker, TRAINER, log)
    with (
        tqdm(total=epochs, unit='epoch', disable=not sys.stderr.isatty()) as bar,
        Pool(make, cores, RUNS_PER_PROCESS) as pool,
    ):
        while True:
            while running < cores and (job := next(waiting, None)):
                pool.submit(functools.partial(_train, job=job, messages=messages))
                running += 1
            if not running:
                return
            worker, job, progress = messages.get()
            ended = progress.error is not None
            # A run that ends early counts as all of its epochs.
            trained = job.config.training.epochs if ended else progress.epochs
            bar.update(trained - shown[job.folder])
            shown[job.folder] = trained
            if progress.shortfall is not None:
                with contextlib.suppress(WorkerDied):  # `_train` reports it
                    worker.send(goes_on(job, progress))
            if progress.error is not None:
                running -= 1
                yield job, progress.error


def say(line: str) -> None:
    """Prints a line above the progress bar."""
    tqdm.write(line, file=sys.stderr)


def _train(worker: Worker, job: Job, messages: queue.SimpleQueue) -> None:
    """Trains a run in the process of a worker, and passes on its messages."""
    progress = Progress()
    try:
        worker.start()
        worker.send(job)
        while progress.error is None:
            progress = worker.receive()
            messages.put((worker, job, progress))
    except WorkerDied as died:
        error = f'its process died (exit status {died.status}); -9 often means out of memory'
        messages.put((worker, job, Progress(error=error)))
    except UserError as error:
        messages.put((worker, job, Progress(error=str(error).rstrip('.'))))
