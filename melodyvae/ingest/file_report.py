"""What became of each file of a library: as records, as a table and as CSV."""

import csv
import io
import statistics
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Self

from melodyvae.midi.piece import DEFAULT_TEMPO, MAX_TEMPO, MIN_TEMPO
from melodyvae.system.terminal import print_table

FORMULA = ('=', '+', '-', '@', "'")  # what a spreadsheet does not take for a name
COLUMNS = ('file', 'loops', 'too few onsets', 'left out')
MAX_NAME = 61  # characters of a name in the printed report
ROWS_SHOWN = 40  # of the printed report; the CSV file has them all


class FileReport(NamedTuple):
    """What became of one file.

    Attributes:
      path: of the file, below the folder that was given.
      kept: loops that can be trained on.
      too_few_onsets: loops that were dropped since they hold less than the grid asks for; those
        of silence do not count.
      notes: that count for the grid.
      voices: that they are in; where all goes into one loop, pieces.
      chords: kept loops of which a step has several notes, or had before one of them was taken.
      repeats: kept loops that repeat a shorter clip.
      folded: notes that moved by octaves of their own, which breaks the contour.
      collisions: notes that are lost since others have their cell, or the step of their voice.
      metre: of the loops, such as '4/4, 2/4'.
      looks_like: 'drums', 'melody' or 'song' where the grid is for something else; otherwise ''.
      tempo: quarter notes a minute, at first.
      reason: why nothing was kept, and what was left out; otherwise ''.
    """

    path: str
    kept: int
    too_few_onsets: int = 0
    notes: int = 0
    voices: int = 0
    chords: int = 0
    repeats: int = 0
    folded: int = 0
    collisions: int = 0
    metre: str = ''
    looks_like: str = ''
    tempo: float = DEFAULT_TEMPO
    reason: str = ''

    @classmethod
    def parse(cls, values: Mapping[str, str]) -> Self:
        """The report of a row of CSV; columns that it lacks have their defaults.

        Raises:
          ValueError, TypeError: if it is no such row.
        """
        types = cls.__annotations__
        return cls(**{name: types[name](text) for name, text in values.items() if name in types})


def format_reports(reports: Sequence[FileReport]) -> str:
    """The report as text: every file, or, of a long list, those that gave nothing; and totals."""
    shown = list(reports) if len(reports) <= ROWS_SHOWN else [r for r in reports if r.reason]
    rows = [
        (_shorten(r.path), str(r.kept), str(r.too_few_onsets), r.reason) for r in shown[:ROWS_SHOWN]
    ]
    table = io.StringIO()
    if shown:
        print_table(COLUMNS, rows, texts=('file', 'left out'), file=table)
    lines = table.getvalue().splitlines()
    if len(shown) > ROWS_SHOWN:
        lines.append(f'... and {len(shown) - ROWS_SHOWN} more files with something left out')
    totals = sum_reports(reports)
    lines.append(
        f'{totals["loops"]} loops from {totals["files_used"]} of {totals["files"]} files; '
        f'{totals["too_few_onsets"]} loops dropped with too few onsets.'
    )
    return '\n'.join(lines)


def _shorten(path: str) -> str:
    """Cuts the middle out of a name that would widen the table."""
    if len(path) <= MAX_NAME:
        return path
    half = (MAX_NAME - 3) // 2
    return f'{path[:half]}...{path[-half:]}'


def median_tempo(reports: Iterable[FileReport]) -> float:
    """Of the files with loops; 120 where there is none."""
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
    """The report as CSV, a column for each field of `FileReport`.

    A name that a spreadsheet would take for a formula gets an apostrophe, which it does not show.
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
    """Reads what `write_report` wrote, now or in an earlier version.

    Raises:
      ValueError, TypeError: if the file is no report.
    """
    with path.open(newline='', encoding='utf-8', errors='replace') as file:
        return [FileReport.parse(_undo_quotes(row)) for row in csv.DictReader(file)]


def _undo_quotes(row: Mapping[str, str]) -> dict[str, str]:
    quoted = tuple(f"'{sign}" for sign in FORMULA)
    return {
        name: text[1:] if text is not None and text.startswith(quoted) else text
        for name, text in row.items()
    }
