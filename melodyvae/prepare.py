"""Files, or the embedded folk tunes, to a dataset folder with its report."""

from collections.abc import Sequence
from pathlib import Path

from melodyvae.config import GridConfig
from melodyvae.dataset import Loops, write_loops
from melodyvae.files import new_folder, refuse_existing
from melodyvae.folk import folk_loops
from melodyvae.ingest import FileReport, ingest, write_report


def prepare_midi(
    paths: Sequence[Path], grid: GridConfig, folder: Path, *, overwrite: bool = False
) -> list[FileReport]:
    """Writes the loops of MIDI, ABC and MusicXML files as a dataset.

    Args:
      paths: files and folders.
      grid: the cells.
      folder: the dataset to write; `report.csv` in it says what became of each file.
      overwrite: replace an existing folder.

    Returns:
      The report.

    Raises:
      UserError: if the folder exists, or no file holds a usable loop.
    """
    refuse_existing(folder, overwrite=overwrite)  # before the work and not after it
    return _write(ingest(paths, grid), folder, overwrite)


def prepare_folk_tunes(grid: GridConfig, folder: Path) -> list[FileReport]:
    """Writes the loops of the embedded folk tunes as a dataset; see `prepare_midi`.

    Raises:
      UserError: if the folder exists, or music21, which carries the tunes, is not installed.
    """
    refuse_existing(folder, overwrite=False)
    return _write(folk_loops(grid), folder, False)


def _write(
    result: tuple[Loops, list[FileReport]], folder: Path, overwrite: bool
) -> list[FileReport]:
    loops, reports = result
    with new_folder(folder, overwrite=overwrite) as temporary:
        write_loops(loops, temporary)
        write_report(reports, temporary / 'report.csv')
    return reports
