"""`sources.csv` of a dataset: each file that was read, its size and time then, and its report."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TextIO, cast

from melodyvae.ingest.file_report import FileReport, write_report
from melodyvae.ingest.find import Source
from melodyvae.system.checksums import write_checksums
from melodyvae.system.errors import make_printable

SOURCES = 'sources.csv'  # name, the other fields of its FileReport, size, modified
REPORT = 'report.csv'
# Its names are those of the file system, which may be no text.
ENCODING, ERRORS = 'utf-8', 'surrogateescape'


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
