"""Processes that read the files of a library, so that all cores do and a crash costs one file."""

import collections
import concurrent.futures
import contextlib
import functools
import os
import pickle
import queue
import subprocess
import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from typing import Any, Protocol

import numpy as np
from tqdm import tqdm

from melodyvae.config.settings import GridConfig
from melodyvae.cores import count_cores
from melodyvae.errors import UserError
from melodyvae.ingest.batch import Batch, join_batches, read_batch
from melodyvae.ingest.file_report import FileReport
from melodyvae.ingest.find import Source, inspect_file, make_printable
from melodyvae.loops.dataset import LOOP
from melodyvae.loops.pattern import NOTE
from melodyvae.midi.read import MIDI_SUFFIXES

ALONE = 100  # files; fewer are read in this process, since others take half a second to start
FILES_AT_ONCE, BYTES_AT_ONCE = 64, 500_000  # of what a process is given to read, 0.1 s or so
SLOWER = 20  # times that ABC and MusicXML take as long as MIDI, roughly
AHEAD = 8  # chunks a process, that are read while the first of them is waited for
ONE_THREAD = {f'{name}_NUM_THREADS': '1' for name in ('OPENBLAS', 'OMP', 'MKL')}


class Known(Protocol):
    """Files that need not be read again."""

    def __contains__(self, source: Source) -> bool: ...

    def batch(self, sources: Sequence[Source]) -> Batch: ...


def read_all(
    files: Sequence[tuple[str, str]], grid: GridConfig, known: Known | None = None
) -> Generator[tuple[list[Source], Batch]]:
    """Reads files in as many processes as there are cores, a bounded number of them ahead.

    Args:
      files: path and name of each.
      grid: the cells.
      known: gives what is not to be read.

    Yields:
      A few files and what they hold, in the given order, whatever the number of processes. A file
      that crashes its reader is reported as unreadable.
    """
    chunks = _make_chunks(files, known)
    read = _read_here if len(files) < ALONE else _read_in_processes
    kept = 0
    with (
        contextlib.closing(read(chunks, grid, known)) as batches,
        tqdm(total=len(files), desc='reading', unit='file', disable=not sys.stderr.isatty()) as bar,
    ):
        for sources, batch in batches:
            kept += len(batch.index)
            bar.set_postfix(loops=kept, refresh=False)
            bar.update(len(sources))
            yield sources, batch


def _make_chunks(
    files: Iterable[tuple[str, str]], known: Known | None
) -> Iterator[tuple[list[Source], bool]]:
    """Files that are read in one go, and whether they are known; a chunk is about 0.1 s of work."""
    chunk: list[Source] = []
    size, are_known = 0, False
    for path, name in files:
        source = inspect_file(path, name)
        weight = source.size * (1 if name.lower().endswith(MIDI_SUFFIXES) else SLOWER)
        is_known = known is not None and source in known
        full = len(chunk) == FILES_AT_ONCE or size + weight > BYTES_AT_ONCE
        if chunk and (full or is_known != are_known):
            yield chunk, are_known
            chunk, size = [], 0
        chunk.append(source)
        size, are_known = size + weight, is_known
    if chunk:
        yield chunk, are_known


def _read_here(
    chunks: Iterable[tuple[list[Source], bool]], grid: GridConfig, known: Known | None
) -> Generator[tuple[list[Source], Batch]]:
    for sources, are_known in chunks:
        yield sources, known.batch(sources) if known and are_known else read_batch(sources, grid)


def _read_in_processes(
    chunks: Iterable[tuple[list[Source], bool]], grid: GridConfig, known: Known | None
) -> Generator[tuple[list[Source], Batch]]:
    cores = count_cores()
    readers = [_Reader(grid) for _ in range(cores)]
    idle: queue.SimpleQueue[_Reader] = queue.SimpleQueue()
    for reader in readers:
        idle.put(reader)

    def read(sources: list[Source]) -> Batch:
        reader = idle.get()
        try:
            return reader.read(sources)
        finally:
            idle.put(reader)

    threads = concurrent.futures.ThreadPoolExecutor(cores)
    pending: collections.deque[tuple[list[Source], Callable[[], Batch]]] = collections.deque()
    try:
        for sources, are_known in chunks:
            if known and are_known:
                pending.append((sources, functools.partial(known.batch, sources)))
            else:
                pending.append((sources, threads.submit(read, sources).result))
            if len(pending) > AHEAD * cores:
                sources, result = pending.popleft()
                yield sources, result()
        for sources, result in pending:
            yield sources, result()
    finally:
        for reader in readers:
            reader.kill()
        threads.shutdown(cancel_futures=True)
        for reader in readers:
            reader.end()


class _Reader:
    """A process that reads files, so that one which crashes a parser costs no other.

    Not of `multiprocessing`: its processes are copies of this one, which may have threads, or run
    the user's program again, which may import TensorFlow.
    """

    def __init__(self, grid: GridConfig):
        self._grid = grid
        self._process: Any = None
        self._closed = False

    def read(self, sources: Sequence[Source]) -> Batch:
        """What `read_batch` gives, read by the process; it is started when it is needed."""
        try:
            return self._ask(sources)
        except (EOFError, OSError, pickle.UnpicklingError):  # it is dead
            self.end()
        if self._closed:
            raise concurrent.futures.CancelledError
        if len(sources) > 1:
            return join_batches([self.read([source]) for source in sources])
        report = FileReport(
            make_printable(sources[0].name), 0, reason='unreadable (its reader crashed)'
        )
        return Batch([report], np.zeros(0, LOOP), np.zeros(0, NOTE))

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

    def _ask(self, sources: Sequence[Source]) -> Batch:
        if not self._process:
            self._start()
        pickle.dump(sources, self._process.stdin)
        self._process.stdin.flush()
        return pickle.load(self._process.stdout)

    def _start(self) -> None:
        paths = os.pathsep.join(map(os.path.abspath, sys.path))
        try:
            self._process = subprocess.Popen(
                [sys.executable, '-c', 'from melodyvae.ingest.batch import serve; serve()'],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, 'PYTHONPATH': paths, 'PYTHONSAFEPATH': '1', **ONE_THREAD},
                start_new_session=True,  # Ctrl-C is for the program, which ends its readers
            )
            pickle.dump(self._grid, self._process.stdin)
            self._process.stdin.flush()
            pickle.load(self._process.stdout)
        except (EOFError, OSError) as error:
            if self._closed:
                raise concurrent.futures.CancelledError from error
            raise UserError(f'{sys.executable} cannot be started to read files.') from error
