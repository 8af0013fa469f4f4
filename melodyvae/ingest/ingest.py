"""A library of MIDI, ABC and MusicXML files to loops, and a report of what became of each file."""

import collections
from collections.abc import Sequence
from pathlib import Path

from melodyvae.config import Config, GridConfig, preset
from melodyvae.ingest.batch import join_batches
from melodyvae.ingest.file_report import FileReport, format_reports
from melodyvae.ingest.find import find_named_files, name_some
from melodyvae.ingest.workers import read_all
from melodyvae.loops.loops import Loops
from melodyvae.midi.read import count_reasons
from melodyvae.system.errors import UserError


def read_midi(
    paths: str | Path | Sequence[str | Path], config: Config | str, *, quiet: bool = False
) -> Loops:
    """Reads MIDI, ABC and MusicXML files, and says what became of each.

    Args:
      paths: a file or a folder, or several.
      config: whose grid the loops are cut for; the config itself or the name of its preset.
      quiet: print no report.

    Returns:
      At least one loop.

    Raises:
      UserError: if there is nothing to read, or no loop to keep: says what was found instead.
    """
    several = [paths] if isinstance(paths, (str, Path)) else list(paths)
    config = preset(config) if isinstance(config, str) else config
    loops, reports = ingest([Path(path).expanduser() for path in several], config.grid)
    if not quiet:
        print(format_reports(reports))
    return loops


def ingest(paths: Sequence[str | Path], grid: GridConfig) -> tuple[Loops, list[FileReport]]:
    """The loops of all files, and a report of each.

    Args:
      paths: files and folders.
      grid: the cells.

    Returns:
      Loops, at least one, and one report a file, both in the order of `find.find_files`.

    Raises:
      UserError: if there is nothing to read, or no loop to keep: says what was found instead.
    """
    files = find_named_files(paths)
    batch = join_batches([batch for _, batch in read_all(files, grid)], grid)
    if not len(batch.loops):
        raise explain_no_loops(paths, batch.reports, grid)
    return batch.loops, batch.reports


def explain_no_loops(
    paths: Sequence[str | Path], reports: Sequence[FileReport], grid: GridConfig
) -> UserError:
    """The error for files without a loop to keep: it says what was found instead."""
    kinds = collections.Counter(Path(report.path).suffix.lower() for report in reports)
    found = ', '.join(f'{count} {kind or "without suffix"}' for kind, count in kinds.most_common())
    return UserError(
        f'No loop of at least {grid.minimum_onsets} onsets in {name_some(paths)} ({found}): '
        f'{count_reasons([report.reason for report in reports])}.'
    )
