"""A library of MIDI, ABC and MusicXML files to loops, and a report of what became of each file."""

import csv
import dataclasses
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from melodyvae.config import GridConfig
from melodyvae.dataset import Loops
from melodyvae.errors import UserError
from melodyvae.midi import (
    ABC_SUFFIXES,
    MIDI_SUFFIXES,
    XML_SUFFIXES,
    Unusable,
    counted,
    read_notes_and_rejected,
)
from melodyvae.pattern import Notes, cut_loops

SUFFIXES = (*MIDI_SUFFIXES, *ABC_SUFFIXES, *XML_SUFFIXES)
ROWS_SHOWN = 40  # of the printed report; the CSV file has them all


@dataclasses.dataclass(frozen=True, slots=True)
class FileReport:
    """What became of one file.

    Attributes:
      path: of the file, below the folder that was given.
      kept: loops that can be trained on.
      too_few_onsets: loops that were dropped since they hold less than the grid asks for.
      reason: why nothing was kept, or what was left out of a tune book; otherwise ''.
    """

    path: str
    kept: int
    too_few_onsets: int = 0
    reason: str = ''


def find_files(paths: Sequence[Path]) -> list[Path]:
    """Files that are named, and those of a known kind in folders that are named, at any depth.

    Returns:
      Each file once, however many names or links lead to it; folder by folder, sorted.

    Raises:
      UserError: if a path does not exist, or nothing is found.
    """
    if not paths:
        raise UserError('Name files or folders of MIDI, ABC or MusicXML.')
    found: dict[Path, Path] = {}
    others = 0
    for path in paths:
        if not path.exists():
            raise UserError(f'{path} does not exist: name a file or a folder of MIDI.')
        for file in _walk(path) if path.is_dir() else [path]:
            if file == path or file.suffix.lower() in SUFFIXES:
                found.setdefault(file.resolve(), file)
            else:
                others += 1
    if not found:
        raise UserError(
            f'{_names(paths)} holds no file whose name ends in {", ".join(SUFFIXES)}, '
            f'and {others} others.'
        )
    return list(found.values())


def _walk(folder: Path) -> Iterator[Path]:
    """Files below a folder, through links too, each folder once."""
    visited = set()
    for where, folders, files in os.walk(folder, followlinks=True):
        here = Path(where).resolve()
        if here in visited:
            folders.clear()
            continue
        visited.add(here)
        folders.sort()
        for name in sorted(files):
            # '._NAME' is what macOS keeps beside NAME on other systems' disks.
            if not name.startswith('._') and Path(where, name).is_file():
                yield Path(where, name)


def ingest(paths: Sequence[Path], grid: GridConfig) -> tuple[Loops, list[FileReport]]:
    """The loops of all files, and a report of each.

    Args:
      paths: files and folders.
      grid: the cells.

    Returns:
      Loops, at least one, and one report a file, both in the order of `find_files`.

    Raises:
      UserError: if there is nothing to read, or no loop to keep: says what was found instead.
    """
    files = find_files(paths)
    roots = [path.absolute() if path.is_dir() else path.absolute().parent for path in paths]
    base = os.path.commonpath(roots)
    entries: list[tuple[str, list[tuple[int, np.ndarray]]]] = []
    reports: list[FileReport] = []
    kept = 0
    progress = tqdm(files, desc='reading', unit='file', disable=not sys.stderr.isatty())
    for file in progress:
        name = _printable(file.absolute().relative_to(base).as_posix())
        loops, report = read_file(file, name, grid)
        if loops:
            entries.append((name, loops))
        reports.append(report)
        kept += len(loops)
        progress.set_postfix(loops=kept, refresh=False)
    if not entries:
        raise UserError(_nothing_kept(paths, files, reports, grid))
    return Loops.from_files(entries, grid), reports


def read_file(
    file: Path, name: str, grid: GridConfig
) -> tuple[list[tuple[int, np.ndarray]], FileReport]:
    """The loops of one file that are kept, each with its number within the file; and its report."""
    try:
        notes, rejected = read_notes_and_rejected(file, grid)
    except Unusable as error:
        return [], FileReport(name, 0, reason=error.reason)
    kept, dropped = loops_of(notes, grid)
    reasons = [f'{len(rejected)} tunes left out ({counted(rejected)})'] if rejected else []
    if not kept:
        reasons.insert(0, f'fewer than {grid.minimum_onsets} onsets in every loop')
    return kept, FileReport(name, len(kept), dropped, '; '.join(reasons))


def loops_of(notes: Notes, grid: GridConfig) -> tuple[list[tuple[int, np.ndarray]], int]:
    """Loops with enough onsets, each with its number; and how many have too few."""
    loops = list(enumerate(cut_loops(notes, grid)))
    kept = [(number, loop) for number, loop in loops if len(loop) >= grid.minimum_onsets]
    return kept, len(loops) - len(kept)


def report_table(reports: Sequence[FileReport], *, rows: int = ROWS_SHOWN) -> str:
    """The report as text: every file, or, of a long list, those that gave nothing; and totals."""
    shown = list(reports) if len(reports) <= rows else [r for r in reports if r.reason]
    table = [('file', 'loops', 'too few onsets', 'left out')]
    table += [(r.path, str(r.kept), str(r.too_few_onsets), r.reason) for r in shown[:rows]]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = [
        f'{name:<{widths[0]}}  {kept:>{widths[1]}}  {few:>{widths[2]}}  {reason}'.rstrip()
        for name, kept, few, reason in table
        if shown
    ]
    if len(shown) > rows:
        lines.append(f'... and {len(shown) - rows} more files with something left out')
    totals = report_totals(reports)
    lines.append(
        f'{totals["loops"]} loops from {totals["files_used"]} of {totals["files"]} files; '
        f'{totals["too_few_onsets"]} loops dropped with too few onsets.'
    )
    return '\n'.join(lines)


def report_totals(reports: Sequence[FileReport]) -> dict[str, int]:
    """Sums over all files."""
    return {
        'files': len(reports),
        'files_used': sum(report.kept > 0 for report in reports),
        'loops': sum(report.kept for report in reports),
        'too_few_onsets': sum(report.too_few_onsets for report in reports),
    }


def write_report(reports: Iterable[FileReport], path: Path) -> None:
    """The report as CSV: file, loops kept, loops with too few onsets, reason."""
    with path.open('w', newline='', encoding='utf-8') as file:
        writer = csv.writer(file)
        writer.writerow([field.name for field in dataclasses.fields(FileReport)])
        writer.writerows(dataclasses.astuple(report) for report in reports)


def _nothing_kept(
    paths: Sequence[Path], files: Sequence[Path], reports: Sequence[FileReport], grid: GridConfig
) -> str:
    kinds = Counter(file.suffix.lower() for file in files).most_common()
    found = ', '.join(f'{count} {kind or "without suffix"}' for kind, count in kinds)
    return (
        f'No loop of at least {grid.minimum_onsets} onsets in {_names(paths)} ({found}): '
        f'{counted([report.reason for report in reports])}.'
    )


def _names(paths: Sequence[Path]) -> str:
    more = f' and {len(paths) - 3} more' if len(paths) > 3 else ''
    return _printable(', '.join(map(str, paths[:3]))) + more


def _printable(name: str) -> str:
    """A file's name without the bytes in it that are no text."""
    return name.encode('utf-8', 'surrogateescape').decode('utf-8', 'replace')
