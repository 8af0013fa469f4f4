"""Reads the files of a library in several processes."""

import collections
import contextlib
import faulthandler
import functools
import os
import sys
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from melodyvae.config.settings import GridConfig
from melodyvae.ingest import READER
from melodyvae.ingest.batch import Batch, join_batches, read_batch
from melodyvae.ingest.file_report import FileReport
from melodyvae.ingest.find import Source, inspect_file
from melodyvae.loops.loops import join_loops
from melodyvae.midi.read import MIDI_SUFFIXES
from melodyvae.system.errors import UserError, make_printable
from melodyvae.system.process import count_cores
from melodyvae.system.workers import Channel, Pool, Worker, WorkerDied

MAX_SECONDS = 60.0  # per file; the largest that people have take one
MAX_MEMORY = 1536 * 2**20  # bytes of addresses, of which Python and its libraries take a quarter
OUT_OF_MEMORY, OUT_OF_TIME = 77, 1  # exit status; `faulthandler` chooses the second
MAX_CHUNK_FILES, MAX_CHUNK_BYTES = 64, 500_000  # per request to a process: about 0.1 s of work
SLOWER = 20  # ABC and MusicXML take about so many times as long per byte as MIDI
CHUNKS_AHEAD = 8  # per process, that are read while the first of them is waited for


class Known(Protocol):
    """Files that need not be read again."""

    def __contains__(self, source: Source) -> bool: ...

    def batch(self, sources: Sequence[Source]) -> Batch: ...


def read_all(
    files: Sequence[tuple[str, str]], grid: GridConfig, known: Known | None = None
) -> Generator[tuple[list[Source], Batch]]:
    """Reads files, given by path and name, in one process per core, unless they are known.

    Yields:
      Some files and their loops, in the given order, whatever the number of processes. A file that
      crashes its reader, takes too long or takes too much memory is reported as unreadable.
    """
    from tqdm import tqdm  # not in the processes that read, which would start later

    chunks = make_chunks(files, known)
    kept = 0
    with (
        contextlib.closing(_read_chunks(chunks, grid, known)) as batches,
        tqdm(total=len(files), desc='reading', unit='file', disable=not sys.stderr.isatty()) as bar,
    ):
        for sources, batch in batches:
            kept += len(batch.loops)
            bar.set_postfix(loops=kept, refresh=False)
            bar.update(len(sources))
            yield sources, batch


def make_chunks(
    files: Iterable[tuple[str, str]], known: Known | None = None
) -> Iterator[tuple[list[Source], bool]]:
    """Yields the files that a process reads in one go, and whether they are known."""
    chunk: list[Source] = []
    size, are_known = 0, False
    for path, name in files:
        source = inspect_file(path, name)
        weight = source.size * (1 if name.lower().endswith(MIDI_SUFFIXES) else SLOWER)
        is_known = known is not None and source in known
        full = len(chunk) == MAX_CHUNK_FILES or size + weight > MAX_CHUNK_BYTES
        if chunk and (full or is_known != are_known):
            yield chunk, are_known
            chunk, size = [], 0
        chunk.append(source)
        size, are_known = size + weight, is_known
    if chunk:
        yield chunk, are_known


def _read_chunks(
    chunks: Iterable[tuple[list[Source], bool]], grid: GridConfig, known: Known | None
) -> Generator[tuple[list[Source], Batch]]:
    cores = count_cores()
    pending: collections.deque[tuple[list[Source], Callable[[], Batch]]] = collections.deque()
    with Pool(functools.partial(Reader, grid), cores) as pool:
        for sources, are_known in chunks:
            if known and are_known:
                pending.append((sources, functools.partial(known.batch, sources)))
            else:
                read = functools.partial(Reader.read, sources=sources)
                pending.append((sources, pool.submit(read).result))
            if len(pending) > CHUNKS_AHEAD * cores:
                sources, result = pending.popleft()
                yield sources, result()
        for sources, result in pending:
            yield sources, result()


class Request(NamedTuple):
    """A request to the process of a reader, which answers with a `Batch`, an error or a reason."""

    sources: Sequence[Source]
    grid: GridConfig
    seconds: float
    memory: int  # bytes


class Reader(Worker):
    """A process that reads files."""

    def __init__(self, grid: GridConfig):
        super().__init__(READER)
        self.grid = grid

    def read(self, sources: Sequence[Source]) -> Batch:
        """Reads files as `read_batch` does; one that ends the process is reported as unreadable.

        Raises:
          UserError: what `read_batch` raises, or if the process cannot be started.
          WorkerDied: if another thread has killed this reader.
        """
        request = Request(sources, self.grid, MAX_SECONDS, MAX_MEMORY)
        began = time.monotonic()
        try:
            self.start()
            self.send(request)
            reply = self.receive()
        except WorkerDied as died:
            if self.closed:
                raise
            reply = _explain(died.status, time.monotonic() - began, request)
        if isinstance(reply, Batch):
            return reply
        if isinstance(reply, UserError):
            raise reply
        if len(sources) > 1:  # find the file that is to blame
            return join_batches([self.read([source]) for source in sources], self.grid)
        report = FileReport(make_printable(sources[0].name), 0, reason=f'unreadable ({reply})')
        return Batch([report], join_loops([], self.grid))


def _explain(status: int | None, seconds: float, request: Request) -> str:
    """Returns why a process that ended could not read its files."""
    if status == OUT_OF_MEMORY:
        return f'it takes more than {request.memory // 2**20} MB of memory'
    if status == OUT_OF_TIME and seconds >= request.seconds:
        return f'it takes more than {request.seconds:g} s'
    return 'its reader crashed'


def serve(channel: Channel) -> None:
    """Answers requests: the process of a `Reader`."""
    with Path(os.devnull).open('w') as nowhere:
        while True:
            request = channel.receive()
            _limit_memory(request.memory)
            # A thread in C, which ends the process whatever it is doing.
            faulthandler.dump_traceback_later(request.seconds, exit=True, file=nowhere)
            reply = _reply(request.sources, request.grid)
            faulthandler.cancel_dump_traceback_later()
            channel.send(reply)


def _reply(sources: Sequence[Source], grid: GridConfig) -> Batch | UserError | str:
    try:
        return read_batch(sources, grid)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)  # nothing in this process can be relied on
    except UserError as error:
        return error
    except Exception as error:  # a bug of ours: the parsers catch their own errors
        return f'its reader failed: {error!r}'


def _limit_memory(memory: int) -> None:
    """Makes the process raise a MemoryError if it takes more, if the system has such limits."""
    try:
        import resource
    except ImportError:  # Windows
        return
    with contextlib.suppress(OSError, ValueError):  # macOS may refuse it
        resource.setrlimit(resource.RLIMIT_AS, (memory, resource.getrlimit(resource.RLIMIT_AS)[1]))
