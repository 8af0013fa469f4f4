"""The files of a library, read with all cores."""

import collections
import concurrent.futures
import contextlib
import functools
import queue
import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from typing import Protocol

from tqdm import tqdm

from melodyvae.config.settings import GridConfig
from melodyvae.ingest.batch import Batch
from melodyvae.ingest.find import Source, inspect_file
from melodyvae.ingest.reader import Reader
from melodyvae.midi.read import MIDI_SUFFIXES
from melodyvae.system.process import count_cores

FILES_AT_ONCE, BYTES_AT_ONCE = 64, 500_000  # of what a process is given to read, 0.1 s or so
SLOWER = 20  # times that ABC and MusicXML take as long as MIDI, roughly
AHEAD = 8  # chunks a process, that are read while the first of them is waited for


class Known(Protocol):
    """Files that need not be read again."""

    def __contains__(self, source: Source) -> bool: ...

    def batch(self, sources: Sequence[Source]) -> Batch: ...


def read_all(
    files: Sequence[tuple[str, str]], grid: GridConfig, known: Known | None = None
) -> Generator[tuple[list[Source], Batch]]:
    """Reads files in up to as many processes as there are cores, a bounded number of them ahead.

    Args:
      files: path and name of each.
      grid: the cells.
      known: gives what is not to be read.

    Yields:
      A few files and what they hold, in the given order, whatever the number of processes. A file
      that crashes its reader, takes too long or takes too much memory is reported as unreadable.
    """
    chunks = make_chunks(files, known)
    kept = 0
    with (
        contextlib.closing(_read_in_processes(chunks, grid, known)) as batches,
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


def _read_in_processes(
    chunks: Iterable[tuple[list[Source], bool]], grid: GridConfig, known: Known | None
) -> Generator[tuple[list[Source], Batch]]:
    cores = count_cores()
    readers = [Reader(grid) for _ in range(cores)]
    idle: queue.LifoQueue[Reader] = queue.LifoQueue()  # what was used last has been started
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
