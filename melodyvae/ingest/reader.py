"""A process that reads files, so that one which crashes it, or takes too long, costs no other."""

import concurrent.futures
import contextlib
import faulthandler
import gc
import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from melodyvae.config.settings import GridConfig
from melodyvae.ingest.batch import Batch, join_batches, read_batch
from melodyvae.ingest.file_report import FileReport
from melodyvae.ingest.find import Source
from melodyvae.ingest.process import take_process
from melodyvae.loops.loops import join_loops
from melodyvae.system.errors import UserError, make_printable

MOST_SECONDS = 60.0  # for a file; the largest that people have take one
MOST_MEMORY = 1536 * 2**20  # bytes of addresses, of which Python and its libraries take a quarter
OUT_OF_MEMORY, OUT_OF_TIME = 77, 1  # exit status; `faulthandler` decides on the second
PARENT_WATCHED_EVERY = 1.0  # seconds


class Task(NamedTuple):
    """What a reader is told at first."""

    grid: GridConfig
    seconds: float
    memory: int
    parent: int


class Reader:
    """The process as the program sees it; it is started when it is needed."""

    def __init__(self, grid: GridConfig):
        self._task = Task(grid, MOST_SECONDS, MOST_MEMORY, os.getpid())
        self._process: Any = None
        self._closed = False
        self._asked = 0.0  # when it was, as `time.monotonic` has it

    def read(self, sources: Sequence[Source]) -> Batch:
        """What `read_batch` gives; files that end the process are reported as unreadable.

        Raises:
          UserError: what `read_batch` raises, or if the process cannot be started.
        """
        try:
            reply = self._ask(sources)
        except (EOFError, OSError, pickle.UnpicklingError):  # it is dead
            reply = self._explain(self._wait())
        if isinstance(reply, Batch):
            return reply
        if isinstance(reply, UserError):
            raise reply
        return self._report(sources, reply)

    def _report(self, sources: Sequence[Source], why: str) -> Batch:
        """Of a single file what is wrong with it; several are read again, each alone."""
        if self._closed:
            raise concurrent.futures.CancelledError
        if len(sources) > 1:
            return join_batches([self.read([source]) for source in sources], self._task.grid)
        report = FileReport(make_printable(sources[0].name), 0, reason=f'unreadable ({why})')
        return Batch([report], join_loops([], self._task.grid))

    def kill(self) -> None:
        """Ends what goes on in another thread; `end` is to follow."""
        self._closed = True
        if self._process:
            self._process.kill()

    def end(self) -> None:
        """Waits until the process is gone."""
        process, self._process = self._process, None
        if process:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                with contextlib.suppress(OSError):  # what it has not been told is of no use now
                    pipe.close()

    def _wait(self) -> int | None:
        """The exit status of a process that does not answer any more."""
        status = None
        if self._process:
            with contextlib.suppress(subprocess.TimeoutExpired):
                status = self._process.wait(5)
        self.end()
        return status

    def _explain(self, status: int | None) -> str:
        if status == OUT_OF_MEMORY:
            return f'it takes more than {self._task.memory // 2**20} MB of memory'
        if status == OUT_OF_TIME and time.monotonic() - self._asked >= self._task.seconds:
            return f'it takes more than {self._task.seconds:g} s'
        return 'its reader crashed'

    def _ask(self, sources: Sequence[Source]) -> Batch | UserError | str:
        if not self._process:
            self._start()
        self._asked = time.monotonic()
        pickle.dump(sources, self._process.stdin)
        self._process.stdin.flush()
        return pickle.load(self._process.stdout)

    def _start(self) -> None:
        try:
            self._process = take_process()
            pickle.dump(self._task, self._process.stdin)
            self._process.stdin.flush()
            pickle.load(self._process.stdout)
        except (EOFError, OSError) as error:
            if self._closed:
                raise concurrent.futures.CancelledError from error
            raise UserError(f'{sys.executable} cannot be started to read files.') from error


def serve() -> None:
    """Reads what it is asked for, until nobody asks any more: the process itself.

    Pickles come in on standard input, first the task, then lists of sources; and go out on standard
    output, first a greeting, then the batch of each list.
    """
    gc.freeze()  # what has been imported stays: no need to look through it again and again
    with (
        contextlib.suppress(EOFError, BrokenPipeError),  # nobody asks any more
        os.fdopen(os.dup(0), 'rb') as requests,
        os.fdopen(os.dup(1), 'wb') as replies,
        Path(os.devnull).open('w') as nowhere,
    ):
        os.dup2(2, 1)  # what libraries print goes elsewhere
        task = pickle.load(requests)
        threading.Thread(target=_end_with, args=[task.parent], daemon=True).start()
        _limit_memory(task.memory)
        pickle.dump('ready', replies)
        replies.flush()
        while True:
            sources = pickle.load(requests)
            # A thread of its own, in C: it ends the process whatever that is doing.
            faulthandler.dump_traceback_later(task.seconds, exit=True, file=nowhere)
            reply = _reply(sources, task.grid)
            faulthandler.cancel_dump_traceback_later()
            pickle.dump(reply, replies)
            replies.flush()


def _reply(sources: Sequence[Source], grid: GridConfig) -> Batch | UserError | str:
    """The batch, an error for the user, or why these files cannot be read."""
    try:
        return read_batch(sources, grid)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)  # what it held is in pieces, and so is what is left
    except UserError as error:
        return error
    except Exception as error:  # ours, since parsers' are caught
        return f'its reader failed: {error!r}'


def _end_with(parent: int) -> None:
    """Ends this process when the program is gone that started it, and so cannot end it any more."""
    while os.getppid() == parent:
        time.sleep(PARENT_WATCHED_EVERY)
    os._exit(1)


def _limit_memory(memory: int) -> None:
    """Makes what takes more a MemoryError, where the system has such limits."""
    try:
        import resource
    except ImportError:  # Windows
        return
    with contextlib.suppress(OSError, ValueError):  # macOS knows the limit and may refuse it
        resource.setrlimit(resource.RLIMIT_AS, (memory, resource.getrlimit(resource.RLIMIT_AS)[1]))
