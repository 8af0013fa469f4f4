"""Programs in processes that start with TensorFlow imported.

A fork server imports it once, which takes longer than a tiny training run. All xdist workers of a
session share the one that the process of `pytest` starts.
"""

import multiprocessing
import multiprocessing.forkserver
import multiprocessing.resource_tracker
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from subprocess import CompletedProcess, TimeoutExpired
from typing import Any
from unittest import mock

from melodyvae.system import workers

SECONDS = 280  # for a program
NO_GPU = re.compile('^E0000 .*cuInit.*\n', re.MULTILINE)  # what TensorFlow says, on import
START_METHOD = 'forkserver'
PRELOADED = 'preloaded'
CONTEXT = multiprocessing.get_context(START_METHOD)
CONTEXT.set_forkserver_preload([PRELOADED])
ENVIRONMENT = dict(os.environ)  # a test may change it before the server starts
ADDRESS = 'FORK_SERVER'  # in the environment of workers


class Program:
    """A program as `melodyvae.cli.main` starts it, in this folder and environment.

    Args:
      arguments: the name of the program, and its arguments.
      stdin: what it reads.
      prepare: is called in the process before the program.

    Attributes:
      process: which a test may look at, or kill.
    """

    def __init__(
        self, arguments: list[str], stdin: str = '', prepare: Callable[[], None] | None = None
    ):
        self.arguments = arguments
        self._folder = tempfile.TemporaryDirectory()
        self._streams = [Path(self._folder.name, name) for name in ('stdin', 'stdout', 'stderr')]
        self._streams[0].write_text(stdin)
        self._streams[1].touch()
        here = Path.cwd(), dict(os.environ), prepare
        self.process = CONTEXT.Process(target=_run, args=(arguments, self._streams, *here))
        start_server()
        self.process.start()

    @property
    def runs(self) -> bool:
        return self.process.exitcode is None

    def send_signal(self, number: int) -> None:
        assert self.process.pid
        if self.runs:
            os.kill(self.process.pid, number)

    def wait_for(self, pattern: str) -> str:
        """The first match of a pattern in what it prints."""
        while not (found := re.search(pattern, self._streams[1].read_text())):
            assert self.runs, self._streams[2].read_text()
            time.sleep(0.02)
        return found[0]

    def wait(self) -> CompletedProcess:
        """What it has printed, when it has ended."""
        with self._folder:
            self.process.join(SECONDS)
            if self.runs:
                self.process.kill()
                raise TimeoutExpired(self.arguments, SECONDS)
            stdout, stderr = (path.read_text() for path in self._streams[1:])
        stderr = NO_GPU.sub('', stderr)
        return CompletedProcess(self.arguments, self.process.exitcode, stdout, stderr)


class WarmWorker:
    """The process of a `system.workers.Worker`, with what that uses of a `Popen`."""

    def __init__(self, target: str, log: Path):
        log.open('a').close()  # raises in this process, as `start_process` does
        requests, ours = CONTEXT.Pipe(duplex=False)
        self.stdin = os.fdopen(os.dup(ours.fileno()), 'wb')
        theirs, replies = CONTEXT.Pipe(duplex=False)
        self.stdout = os.fdopen(os.dup(theirs.fileno()), 'rb')
        pipes = (requests, replies)
        self._process = CONTEXT.Process(target=_serve, args=(target, pipes, log), daemon=True)
        start_server()
        self._process.start()
        for pipe in (ours, theirs, *pipes):
            pipe.close()

    def kill(self) -> None:
        self._process.kill()

    def wait(self, timeout: float | None = None) -> int | None:
        self._process.join(timeout)
        return self._process.exitcode


def _serve(target: str, pipes: tuple[Connection, Connection], log: Path) -> None:
    with log.open('a') as file:
        for number, stream in enumerate((*pipes, file)):
            os.dup2(stream.fileno(), number)
    for pipe in pipes:
        pipe.close()
    os.environ.update(workers.ENVIRONMENT)
    workers.serve(target)


def start_server() -> None:
    """Starts the fork server if neither this process nor the one of `pytest` has.

    Python 3.11 does not hand pytest's `sys.path` to it, and ignores a preload that it cannot find.
    """
    server: Any = multiprocessing.forkserver._forkserver
    if ADDRESS in ENVIRONMENT:
        if server._forkserver_address is None:
            server._forkserver_address = ENVIRONMENT[ADDRESS]
            server._forkserver_alive_fd = os.pipe()[1]  # to be handed on
            server.ensure_running = multiprocessing.resource_tracker.ensure_running
        return
    environment = ENVIRONMENT | {'PYTHONPATH': os.pathsep.join(sys.path)}
    with mock.patch.dict(os.environ, environment, clear=True):
        server.ensure_running()
    os.environ[ADDRESS] = server._forkserver_address


def _run(
    arguments: list[str],
    streams: list[Path],
    folder: Path,
    environment: dict[str, str],
    prepare: Callable[[], None] | None,
) -> None:
    preloaded = PRELOADED in sys.modules
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for number, path in enumerate(streams):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT if number else os.O_RDONLY), number)
    sys.stdin = open(0)  # noqa: SIM115 - multiprocessing has closed it
    sys.argv = arguments
    assert preloaded, 'The fork server has not imported TensorFlow.'
    from melodyvae.cli.main import run

    if prepare:
        prepare()
    run()
