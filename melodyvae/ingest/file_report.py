"""What became of each file of a library: as records, as a table and as CSV."""

import csv
import statistics
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from melodyvae.midi.note_sequence import DEFAULT_TEMPO
from melodyvae.midi.write import FASTEST, SLOWEST

ROWS_SHOWN = 40  # of the printed report; the CSV file has them all


class FileReport(NamedTuple):
    """What became of one file.

    Attributes:
      path: of the file, below the folder that was given.
      kept: loops that can be trained on.
      too_few_onsets: loops that were dropped since they hold less than the grid asks for.
      reason: why nothing was kept, or what was left out of a tune book; otherwise ''.
      tempo: quarter notes a minute, at first.
    """

    path: str
    kept: int
    too_few_onsets: int = 0
    reason: str = ''
    tempo: float = DEFAULT_TEMPO


def format_reports(reports: Sequence[FileReport]) -> str:
    """The report as text: every file, or, of a long list, those that gave nothing; and totals."""
    shown = list(reports) if len(reports) <= ROWS_SHOWN else [r for r in reports if r.reason]
    table = [('file', 'loops', 'too few onsets', 'left out')]
    table += [(r.path, str(r.kept), str(r.too_few_onsets), r.reason) for r in shown[:ROWS_SHOWN]]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = [
        f'{name:<{widths[0]}}  {kept:>{widths[1]}}  {few:>{widths[2]}}  {reason}'.rstrip()
        for name, kept, few, reason in table
        if shown
    ]
    if len(shown) > ROWS_SHOWN:
        lines.append(f'... and {len(shown) - ROWS_SHOWN} more files with something left out')
    totals = sum_reports(reports)
    lines.append(
        f'{totals["loops"]} loops from {totals["files_used"]} of {totals["files"]} files; '
        f'{totals["too_few_onsets"]} loops dropped with too few onsets.'
    )
    return '\n'.join(lines)


def median_tempo(reports: Iterable[FileReport]) -> float:
    """Of the files with loops; 120 where there is none."""
    tempos = [r.tempo for r in reports if r.kept and SLOWEST <= r.tempo <= FASTEST]
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
    """The report as CSV: file, loops kept, loops with too few onsets, reason."""
    with Path(path).open('w', newline='', encoding='utf-8') as file:
        writer = csv.writer(file)
        writer.writerow(FileReport._fields)
        writer.writerows(reports)
