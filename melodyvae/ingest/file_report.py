"""The report of each file of a library: as records, as a table, and as CSV.

`sources.csv` of a dataset has each file that was read, its size and time then, and its report.
"""

import csv
import io
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self, TextIO, cast

from melodyvae.ingest.find import Source
from melodyvae.midi.piece import DEFAULT_TEMPO, MAX_TEMPO, MIN_TEMPO
from melodyvae.system.checksums import write_checksums
from melodyvae.system.errors import make_printable
from melodyvae.system.terminal import print_table

SOURCES = 'sources.csv'  # name, the other fields of its FileReport, size, modified
REPORT = 'report.csv'
# Names in `sources.csv` are those of the file system, which may be no text.
ENCODING, ERRORS = 'utf-8', 'surrogateescape'
FORMULA = ('=', '+', '-', '@', "'")  # a cell that starts so is a formula in a spreadsheet
MAX_NAME = 61  # characters of a name in the printed report
TEXT_COLUMNS = ('file', 'left out')
ROWS_SHOWN = 10  # of the printed report; the CSV file has all rows


class FileReport(NamedTuple):
    """The report of one file."""

    path: str  # relative to the folder that was given
    kept: int  # loops to train on
    too_few_onsets: int = 0  # loops dropped with some onsets, but fewer than the grid requires
    notes: int = 0  # that count for the grid
    voices: int = 0  # of these notes; pieces, if the grid does not split pieces into voices
    chords: int = 0  # kept loops with several notes on a step, even if only one was kept
    repeats: int = 0  # kept loops that repeat a shorter clip
    folded: int = 0  # notes moved by octaves one by one, which breaks the contour
    collisions: int = 0  # notes replaced by another note of their cell, or of their voice and step
    metre: str = ''  # of the loops, such as '4/4, 2/4'
    looks_like: str = ''  # 'drums', 'melody' or 'song' if the grid is for something else
    tempo: float = DEFAULT_TEMPO  # quarter notes per minute, at the start
    reason: str = ''  # why nothing was kept, and what was left out

    @classmethod
    def parse(cls, values: Mapping[str, str]) -> Self:
        """Parses a CSV row; missing columns have their defaults.

        Raises:
          ValueError, TypeError: if it is not such a row.
        """
        types = cls.__annotations__
        return cls(**{name: types[name](text) for name, text in values.items() if name in types})


def format_reports(reports: Sequence[FileReport], table: str | Path = '') -> str:
    """Sums up the reports in one line, after a table of the files with something left out.

    Args:
      reports: one per file.
      table: the CSV file with all of them, which the line names if the table does not show them.
    """
    faulty = [report for report in reports if report.reason]
    lines = _format_rows(faulty[:ROWS_SHOWN]) if len(faulty) <= ROWS_SHOWN or not table else []
    if lines and len(faulty) > ROWS_SHOWN:
        lines.append(f'... and {len(faulty) - ROWS_SHOWN} more files with something left out')
    totals = sum_reports(reports)
    parts = [
        f'{totals["loops"]:,} {"loop" if totals["loops"] == 1 else "loops"} '
        f'from {totals["files_used"]:,} of {totals["files"]:,} files'
    ]
    if totals['too_few_onsets']:
        parts.append(f'{totals["too_few_onsets"]:,} loops dropped with too few onsets')
    if unused := totals['files'] - totals['files_used']:
        parts.append(f'{unused:,} {"files" if unused > 1 else "file"} gave none')
    end = f': {table}' if faulty and not lines and table else '.'
    return '\n'.join([*lines, '; '.join(parts) + end])


def _format_rows(reports: Sequence[FileReport]) -> list[str]:
    """Formats a table with a column only for what at least one file has."""
    cells = {
        'file': [_shorten(report.path) for report in reports],
        'loops': [str(report.kept or '') for report in reports],
        'too few onsets': [str(report.too_few_onsets or '') for report in reports],
        'left out': [report.reason for report in reports],
    }
    shown = {name: column for name, column in cells.items() if any(column)}
    if not shown:
        return []
    table = io.StringIO()
    print_table([*shown], [*zip(*shown.values(), strict=True)], texts=TEXT_COLUMNS, file=table)
    return table.getvalue().splitlines()


def _shorten(path: str) -> str:
    """Cuts the middle out of a name that would widen the table."""
    if len(path) <= MAX_NAME:
        return path
    half = (MAX_NAME - 3) // 2
    return f'{path[:half]}...{path[-half:]}'


def describe_files(reports: Iterable[FileReport]) -> dict[str, Any]:
    """Returns `files`, `tempos` and `metres` of `Loops` for the files that were kept."""
    kept = [report for report in reports if report.kept]
    return {
        'files': tuple([report.path for report in kept]),
        'tempos': tuple([min(max(each.tempo, MIN_TEMPO), MAX_TEMPO) for each in kept]),
        'metres': tuple([report.metre.split(',')[0] or '4/4' for report in kept]),
    }


def median_tempo(reports: Iterable[FileReport]) -> float:
    """Returns the median tempo of the files with loops; 120 if there are none."""
    tempos = [r.tempo for r in reports if r.kept and MIN_TEMPO <= r.tempo <= MAX_TEMPO]
    return statistics.median(tempos) if tempos else DEFAULT_TEMPO


def sum_reports(reports: Sequence[FileReport]) -> dict[str, int]:
    """Sums over all files."""
    return {
        'files': len(reports),
        'files_used': sum(report.kept > 0 for report in reports),
        'loops': sum(report.kept for report in reports),
        'too_few_onsets': sum(report.too_few_onsets for report in reports),
    }


def write_report(reports: Iterable[FileReport], path: str | Path) -> None:
    """Writes the report as CSV, one column per field of `FileReport`.

    A text that a spreadsheet would read as a formula gets an apostrophe, which it does not show.
    """
    with Path(path).open('w', newline='', encoding='utf-8') as file:
        writer = csv.writer(file)
        writer.writerow(FileReport._fields)
        writer.writerows(
            [
                f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
                for value in report
            ]
            for report in reports
        )


def read_report(path: Path) -> list[FileReport]:
    """Reads what this or an earlier version of `write_report` wrote.

    Raises:
      ValueError, TypeError: if the file is not a report.
    """
    with path.open(newline='', encoding='utf-8', errors='replace') as file:
        return [FileReport.parse(_undo_quotes(row)) for row in csv.DictReader(file)]


def _undo_quotes(row: Mapping[str, str]) -> dict[str, str]:
    quoted = tuple(f"'{sign}" for sign in FORMULA)
    return {
        name: text[1:] if text is not None and text.startswith(quoted) else text
        for name, text in row.items()
    }


def open_sources(path: Path, mode: str) -> TextIO:
    """Opens `sources.csv` at `path` to read or to write."""
    return cast(TextIO, path.open(mode, newline='', encoding=ENCODING, errors=ERRORS))


def write_sources(file: TextIO, sources: Sequence[Source], reports: Sequence[FileReport]) -> None:
    """Writes one line per file."""
    csv.writer(file).writerows(
        (source.name, *report[1:], source.size, source.modified)
        for source, report in zip(sources, reports, strict=True)
    )


def write_report_csv(reports: Sequence[FileReport], folder: Path) -> None:
    """Writes `report.csv` of a complete dataset, and the checksums of it and `sources.csv`."""
    write_report(reports, folder / REPORT)
    write_checksums(folder, (SOURCES, REPORT))


def read_sources(lines: Iterable[str]) -> Iterator[tuple[tuple[str, int, int], FileReport]]:
    """Reads the name, size and time of each file, and its report.

    Raises:
      ValueError, csv.Error: at a line in another format.
    """
    for name, *fields, size, modified in csv.reader(lines):
        values = zip(FileReport._fields, map(make_printable, [name, *fields]), strict=True)
        yield (name, int(size), int(modified)), FileReport.parse(dict(values))
