"""Processes that do tasks for this one, each through a pair of pipes.

A process that crashes, hangs or runs out of memory loses only its own task. Processes of
`multiprocessing` would be copies of this one, which may have threads, or run the user's program
again, which may import TensorFlow.
"""

import concurrent.futures
import contextlib
import importlib
import os
import pickle
import queue
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, Generic, Self, TypeVar

from melodyvae.system.errors import UserError
from melodyvae.system.process import keep_imports

ENVIRONMENT = {
    **{f'{name}_NUM_THREADS': '1' for name in ('OPENBLAS', 'OMP', 'MKL')},
    'TF_NUM_INTRAOP_THREADS': '1',
    'TF_NUM_INTEROP_THREADS': '1',
    'TF_FORCE_GPU_ALLOW_GROWTH': 'true',  # several processes share a GPU
    # glibc keeps freed memory: getting it again takes a sixth of the time of reading songs.
    **{f'MALLOC_{name}_THRESHOLD_': str(16 * 2**20) for name in ('TRIM', 'MMAP')},
}
SECONDS_TO_END = 5  # that a process that no longer answers has to exit
_early: dict[str, subprocess.Popen] = {}


class WorkerDied(Exception):
    """A process ended before it answered."""

    def __init__(self, status: int | None):
        super().__init__(f'exit status {status}')
        self.status = status  # None if it is not known


class Channel:
    """Sends and receives messages, which are pickled."""

    def __init__(self, incoming: IO[bytes], outgoing: IO[bytes]):
        self.incoming = incoming
        self.outgoing = outgoing

    def send(self, message: Any) -> None:
        pickle.dump(message, self.outgoing)
        self.outgoing.flush()

    def receive(self) -> Any:
        """Waits for the next message; raises an EOFError if the other side has gone."""
        return pickle.load(self.incoming)


class Worker:
    """A process that can be started again after it has ended.

    Args:
      target: MODULE:FUNCTION that the process calls with its `Channel`.
      log: file for its standard error; the same as of this process if None.
    """

    def __init__(self, target: str, log: Path | None = None):
        self.target = target
        self.log = log
        self.tasks = 0  # that `Pool.submit` has given to the process
        self.closed = False  # whether it was killed for good
        self._process: Any = None
        self._channel: Any = None

    def start(self) -> None:
        """Starts the process, unless it runs; raises a UserError if it cannot be started."""
        if self._process:
            return
        try:
            self._process = _early.pop(self.target, None) or start_process(self.target, self.log)
            self._channel = Channel(self._process.stdout, self._process.stdin)
            self._channel.receive()  # a greeting
        except (EOFError, OSError) as error:
            self.end()
            raise UserError(
                f'A process for {self.target} cannot be started with {sys.executable}.'
            ) from error

    def send(self, message: Any) -> None:
        """Sends a message; raises `WorkerDied` if the process has ended."""
        self._try(lambda: self._channel.send(message))

    def receive(self) -> Any:
        """Waits for the next message; raises `WorkerDied` if the process has ended."""
        return self._try(lambda: self._channel.receive())

    def kill(self) -> None:
        """Ends the process for good, while another thread waits for it. Call `end` afterwards."""
        self.closed = True
        if self._process:
            self._process.kill()

    def end(self) -> None:
        """Ends the process and waits until it is gone."""
        process, self._process, self.tasks = self._process, None, 0
        if process:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                with contextlib.suppress(OSError):  # of a message that was not sent
                    pipe.close()

    def _try(self, action: Callable[[], Any]) -> Any:
        process = self._process
        if not process:
            raise WorkerDied(None)
        try:
            return action()
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            status = None
            with contextlib.suppress(subprocess.TimeoutExpired):
                status = process.wait(SECONDS_TO_END)
            self.end()
            raise WorkerDied(status) from error


W = TypeVar('W', bound=Worker)


class Pool(Generic[W]):
    """Workers that do tasks in parallel; use it in a `with` block.

    Args:
      make: returns a worker.
      count: number of workers.
      max_tasks: after which a process ends, so that the next task starts a new one; 0 for never.
    """

    def __init__(self, make: Callable[[], W], count: int, max_tasks: int = 0):
        self._max_tasks = max_tasks
        self._workers = [make() for _ in range(count)]
        self._threads = concurrent.futures.ThreadPoolExecutor(count)
        # The worker that was used last comes first: it has a process already.
        self._idle: queue.LifoQueue[W] = queue.LifoQueue()
        for worker in self._workers:
            self._idle.put(worker)

    def submit(self, task: Callable[[W], Any]) -> concurrent.futures.Future:
        """Calls `task` in a thread, with the next worker that is free."""
        return self._threads.submit(self._do, task)

    def _do(self, task: Callable[[W], Any]) -> Any:
        worker = self._idle.get()
        try:
            worker.tasks += 1
            return task(worker)
        finally:
            if worker.tasks == self._max_tasks:
                worker.end()
            self._idle.put(worker)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """Ends all processes, whatever they are doing."""
        for worker in self._workers:
            worker.kill()
        self._threads.shutdown(cancel_futures=True)
        for worker in self._workers:
            worker.end()


def start_early(target: str) -> None:
    """Starts the process of the first worker now, so that it imports while this process does."""
    if target not in _early:
        with contextlib.suppress(OSError):  # `Worker` tries again, and reports it
            _early[target] = start_process(target)


def start_process(target: str, log: Path | None = None) -> subprocess.Popen:
    """Starts the process of a `Worker`, whose arguments these are."""
    paths = os.pathsep.join(map(os.path.abspath, sys.path))
    code = f'from melodyvae.system.workers import serve; serve({target!r})'
    with log.open('a') if log else contextlib.nullcontext() as stderr:
        return subprocess.Popen(
            [sys.executable, '-c', code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env={**os.environ, 'PYTHONPATH': paths, 'PYTHONSAFEPATH': '1', **ENVIRONMENT},
            # Ctrl-C is for this process, which ends its workers.
            start_new_session=True,
            creationflags=getattr(subprocess, 'CREATE_NEW_PROCESS_GROUP', 0),  # on Windows
        )


def serve(target: str) -> None:
    """Calls the target of a worker in its process, until the other side of the pipes is gone."""
    with (
        contextlib.suppress(EOFError, BrokenPipeError),
        os.fdopen(os.dup(0), 'rb') as incoming,
        os.fdopen(os.dup(1), 'wb') as outgoing,
    ):
        os.dup2(2, 1)  # what libraries print does not go into the pipe
        module, _, name = target.partition(':')
        with keep_imports():
            function = getattr(importlib.import_module(module), name)
        channel = Channel(incoming, outgoing)
        channel.send('ready')
        function(channel)
