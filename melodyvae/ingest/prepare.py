"""Files, or the embedded folk tunes, to a dataset folder with its report.

The folder of a library also holds `sources.csv`: what was read, as it was when it was read. With
it, `resume` finds out what need not be read again. All is written as it is read, in the order of
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
from melodyvae.ingest.file_report import FileReport, median_tempo
from melodyvae.ingest.find import Source, find_named_files, inspect_file
from melodyvae.ingest.folk import read_folk_loops
from melodyvae.ingest.ingest import explain_no_loops
from melodyvae.ingest.reader import read_all
from melodyvae.ingest.sources_csv import (
    SOURCES,
    open_sources,
    read_sources,
    write_report_csv,
    write_sources,
)
from melodyvae.loops.dataset import LoopsWriter, load_loops, write_loops
from melodyvae.system.atomic import find_leftovers, new_folder, refuse_existing
from melodyvae.system.checksums import check_file
from melodyvae.system.errors import UserError

SAVED_EVERY = 10.0  # seconds; what a killed run loses at most


class Interrupted(UserError):
    """Ctrl-C, after a dataset of what was done had been left."""

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
      grid: the cells.
      folder: the dataset to write; `report.csv` in it says what became of each file.
      overwrite: replace an existing folder.
      resume: replace the dataset in `folder`, or what a killed run has left of it, and read only
        files that are new to it or have changed. The result is the same as without it.
      keep_partial: when interrupted, leave a dataset of the files that are done (but not over
        an existing one that was to be overwritten).

    Returns:
      The report.

    Raises:
      UserError: if the folder exists, no file holds a usable loop, there is nothing to resume, or
        the disk is full.
      Interrupted: if the user has interrupted, and what is done has been kept.
      KeyboardInterrupt: if nothing has been kept.
    """
    folder = Path(folder)
    refuse_existing(folder, overwrite=overwrite or resume)  # before the work and not after it
    started = _find_started(folder, grid) if resume else None
    files = find_named_files(paths)
    keep_partial = keep_partial and not (overwrite and folder.exists())
    with (
        name_full_disk(folder),
        new_folder(folder, overwrite=overwrite or resume) as temporary,
    ):
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
      UserError: if the folder exists, or music21, which carries the tunes, is not installed.
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
    """Writes what the files hold into a folder until told to stop, then only what is known."""
    reports: list[FileReport] = []
    with (
        LoopsWriter(folder, grid) as writer,
        open_sources(folder / SOURCES, 'w') as sources_csv,
    ):
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
    """Says which dataset it is that could not be written: the system says so of open files only."""
    try:
        yield
    except OSError as error:
        raise UserError(
            f'{folder} cannot be written: {error.strerror or error}. Free some space, or name '
            f'another output.'
        ) from error


@contextlib.contextmanager
def _stop_on_interrupt(*, wanted: bool) -> Iterator[threading.Event]:
    """An event that the first Ctrl-C sets, if that is wanted; the second interrupts."""
    event = threading.Event()

    def stop(*_: object) -> None:
        if event.is_set():
            raise KeyboardInterrupt
        event.set()

    # Python lets no other thread handle signals.
    if not wanted or threading.current_thread() is not threading.main_thread():
        yield event
        return
    before = signal.signal(signal.SIGINT, stop)
    try:
        yield event
    finally:
        signal.signal(signal.SIGINT, before)


def _find_started(folder: Path, grid: GridConfig) -> Path:
    """The dataset to go on with: `folder`, or the last one that a killed run has left of it.

    Raises:
      UserError: if there is none, or it was prepared otherwise.
    """
    if folder.exists():
        _check_resumable(folder, grid)
        return folder
    for path in reversed(find_leftovers(folder)):
        with contextlib.suppress(UserError):
            _check_resumable(path, grid)
            return path
    raise UserError(f'{folder} does not exist, so there is nothing to resume: leave --resume out.')


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
    """What an earlier dataset holds of files that have not changed; see `workers.Known`."""

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
        """The loops and reports of files that are known."""
        firsts, reports = zip(*(self._of[source[1:]] for source in sources), strict=True)
        counts = np.array([report.kept for report in reports])
        which = [first + np.arange(count) for first, count in zip(firsts, counts, strict=True)]
        loops = dataclasses.replace(
            self._loops.take(np.concatenate(which)),
            file=np.repeat(np.cumsum(counts > 0, dtype=np.int32) - 1, counts),
            files=tuple([report.path for report in reports if report.kept]),
        )
        return Batch(list(reports), loops)
