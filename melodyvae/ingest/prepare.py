"""Writes the loops of a library, or of the embedded folk tunes, as a dataset with a report.

`sources.csv` in the folder has the size and time of each file when it was read, so that `resume`
reads only new and changed files. Everything is written as it is read, in the order of
`find.find_files`, so that a killed run leaves a valid dataset under its temporary name.
"""

import contextlib
import csv
import dataclasses
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from melodyvae.config.settings import GridConfig
from melodyvae.ingest.batch import Batch
from melodyvae.ingest.file_report import (
    SOURCES,
    FileReport,
    describe_files,
    median_tempo,
    open_sources,
    read_sources,
    write_report_csv,
    write_sources,
)
from melodyvae.ingest.find import Source, find_named_files, inspect_file
from melodyvae.ingest.folk import read_folk_loops
from melodyvae.ingest.ingest import explain_no_loops
from melodyvae.ingest.reader import read_all
from melodyvae.loops.dataset import load_loops, write_loops
from melodyvae.loops.writer import LoopsWriter
from melodyvae.system.atomic import find_leftovers, new_folder, refuse_existing
from melodyvae.system.checksums import check_file
from melodyvae.system.errors import UserError

SAVED_EVERY = 10.0  # seconds of work, which a killed run loses at most


class Interrupted(UserError):
    """Ctrl-C was pressed, and a dataset of the files read so far was written."""

    exit_status = 130


def prepare_midi(
    paths: Sequence[str | Path],
    grid: GridConfig,
    folder: str | Path,
    *,
    overwrite: bool = False,
    resume: bool = False,
    keep_partial: bool = False,
) -> list[FileReport]:
    """Writes the loops of MIDI, ABC and MusicXML files as a dataset.

    Args:
      paths: files and folders.
      folder: the dataset to write, with a report per file in `report.csv`.
      overwrite: replace an existing folder.
      resume: replace the dataset in `folder`, or what a killed run has left of it, and read only
        new and changed files. The result is the same as without it.
      keep_partial: when interrupted, write a dataset of the files read so far, unless an existing
        one was to be overwritten.

    Returns:
      The report.

    Raises:
      UserError: if the folder exists, no file has a usable loop, there is nothing to resume, or
        the disk is full.
      Interrupted: if the user interrupted, and a partial dataset was written.
      KeyboardInterrupt: if the user interrupted, and nothing was written.
    """
    folder = Path(folder)
    refuse_existing(folder, overwrite=overwrite or resume)  # before the work, not after it
    started = _find_started(folder, grid) if resume else None
    files = find_named_files(paths)
    keep_partial = keep_partial and not (overwrite and folder.exists())
    with name_full_disk(folder), new_folder(folder, overwrite=overwrite or resume) as temporary:
        with _stop_on_interrupt(wanted=keep_partial) as stop:
            reports = _write_library(
                files, grid, temporary, _Known(started) if started else None, stop
            )
        if not any(report.kept for report in reports):
            if stop.is_set():
                raise KeyboardInterrupt
            raise explain_no_loops(paths, reports, grid)
        write_report_csv(reports, temporary)
    if len(reports) < len(files):
        raise Interrupted(
            f'interrupted: {folder} holds the loops of {len(reports)} of {len(files)} files; add '
            f'--resume to read the others.'
        )
    return reports


def prepare_folk_tunes(grid: GridConfig, folder: str | Path) -> list[FileReport]:
    """Writes the loops of the embedded folk tunes as a dataset; see `prepare_midi`.

    Raises:
      UserError: if the folder exists, or music21, which contains the tunes, is not installed.
    """
    folder = Path(folder)
    refuse_existing(folder, overwrite=False)
    loops, reports = read_folk_loops(grid)
    with name_full_disk(folder), new_folder(folder) as temporary:
        write_loops(loops, temporary)
        write_report_csv(reports, temporary)
    return reports


def _write_library(
    files: Sequence[tuple[str, str]],
    grid: GridConfig,
    folder: Path,
    known: '_Known | None',
    stop: threading.Event,
) -> list[FileReport]:
    """Writes the loops of files into a folder; after `stop` is set, only of known files."""
    reports: list[FileReport] = []
    with LoopsWriter(folder, grid) as writer, open_sources(folder / SOURCES, 'w') as sources_csv:
        saved = time.monotonic()

        def write(sources: Sequence[Source], batch: Batch) -> None:
            writer.append(batch.loops)
            reports.extend(batch.reports)
            write_sources(sources_csv, sources, batch.reports)

        with contextlib.closing(read_all(files, grid, known)) as batches:
            for sources, batch in batches:
                write(sources, batch)
                if stop.is_set():
                    break
                if time.monotonic() - saved > SAVED_EVERY:
                    writer.flush()
                    sources_csv.flush()
                    saved = time.monotonic()
        if known:
            for path, name in files[len(reports) :]:
                source = inspect_file(path, name)
                if source in known:
                    write([source], known.batch([source]))
        writer.tempo = median_tempo(reports)
    return reports


@contextlib.contextmanager
def name_full_disk(folder: str | Path) -> Iterator[None]:
    """Turns errors of the system into one that names the dataset."""
    try:
        yield
    except OSError as error:
        raise UserError(
            f'{folder} cannot be written: {error.strerror or error}. Free some space, or name '
            f'another output.'
        ) from error


@contextlib.contextmanager
def _stop_on_interrupt(*, wanted: bool) -> Iterator[threading.Event]:
    """Yields an event that the first Ctrl-C sets if `wanted`; the second interrupts."""
    event = threading.Event()

    def stop(*_: object) -> None:
        if event.is_set():
            raise KeyboardInterrupt
        event.set()

    # Only the main thread can handle signals.
    if not wanted or threading.current_thread() is not threading.main_thread():
        yield event
        return
    before = signal.signal(signal.SIGINT, stop)
    try:
        yield event
    finally:
        signal.signal(signal.SIGINT, before)


def _find_started(folder: Path, grid: GridConfig) -> Path:
    """Returns the dataset to resume: `folder`, or the last one that a killed run has left."""
    if folder.exists():
        _check_resumable(folder, grid)
        return folder
    for path in reversed(find_leftovers(folder)):
        with contextlib.suppress(UserError):
            _check_resumable(path, grid)
            return path
    raise UserError(f'{folder} does not exist, so there is nothing to resume: leave out --resume.')


def _check_resumable(folder: Path, grid: GridConfig) -> None:
    theirs, ours = load_loops(folder).grid.to_dict(), grid.to_dict()
    for name, value in ours.items():
        if theirs[name] != value:
            raise UserError(
                f'{folder} was prepared with grid.{name}={theirs[name]}, and the config has '
                f'{value}: it cannot be resumed with this config.'
            )
    if not (folder / SOURCES).is_file():
        raise UserError(
            f'{folder} cannot be resumed, since it has no {SOURCES}: prepare it again with '
            f'--overwrite.'
        )


class _Known:
    """The files of an earlier dataset that have not changed, see `reader.Known`."""

    def __init__(self, folder: Path):
        self._loops = load_loops(folder)
        self._of: dict[tuple[str, int, int], tuple[int, FileReport]] = {}  # first loop, report
        counts = np.bincount(self._loops.file, minlength=len(self._loops.files))
        used, first = 0, 0
        sources_csv = open_sources(folder / SOURCES, 'r')
        with sources_csv, contextlib.suppress(ValueError, csv.Error, UserError):
            check_file(folder / SOURCES)  # if it has changed, nothing is known
            for source, report in read_sources(sources_csv):
                if report.kept:
                    if self._loops.files[used : used + 1] != (report.path,):
                        break  # the process was killed before it wrote these loops
                    if counts[used] != report.kept:
                        break  # the line is damaged
                    used += 1
                self._of[source] = first, report
                first += report.kept

    def __contains__(self, source: Source) -> bool:
        return source[1:] in self._of

    def batch(self, sources: Sequence[Source]) -> Batch:
        """Returns the loops and reports of known files."""
        firsts, reports = zip(*(self._of[source[1:]] for source in sources), strict=True)
        counts = np.array([report.kept for report in reports])
        which = [first + np.arange(count) for first, count in zip(firsts, counts, strict=True)]
        loops = dataclasses.replace(
            self._loops.take(np.concatenate(which)),
            file=np.repeat(np.cumsum(counts > 0, dtype=np.int32) - 1, counts),
            **describe_files(reports),
        )
        return Batch(list(reports), loops)
