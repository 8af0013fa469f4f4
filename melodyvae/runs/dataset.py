"""The dataset that a new run is trained on."""

import sys
from pathlib import Path

from melodyvae.config.settings import Config, GridConfig
from melodyvae.ingest import READER
from melodyvae.system.desktop import is_left_by_desktop
from melodyvae.system.errors import UserError
from melodyvae.system.terminal import print_lines, quote
from melodyvae.system.workers import start_early


def find_or_prepare(
    config: Config,
    run_dir: Path,
    midi: list[Path],
    dataset: str | None = None,
    *,
    quiet: bool = False,
) -> str:
    """Checks the dataset to train on, or reads one from music files into the run folder.

    Args:
      config: of the run; it takes the drum map and the meter that a dataset was read with.
      run_dir: the new run folder.
      midi: files and folders to read; with neither these nor a dataset, folk tunes are read.
      dataset: folder or URL of a dataset.
      quiet: print no progress and no report to standard error.

    Returns:
      The value for `config.data.path`.

    Raises:
      UserError: if both music and a dataset are given, `run_dir` is in use, the dataset does not
        fit the config, or the music has no usable loop.
    """
    refuse_run(run_dir)
    if midi and dataset:
        raise UserError('Give --midi or --dataset, not both.')
    if dataset:
        # Imported here, because the reader process can start before NumPy is imported.
        from melodyvae.loops.dataset import check_grid, load_loops
        from melodyvae.loops.remote import is_url

        folder = dataset if is_url(dataset) else str(Path(dataset).expanduser().resolve())
        loops = load_loops(folder)
        check_grid(loops, config.grid, folder)
        _take_reading(loops.grid, config.grid, folder)
        return folder
    data = run_dir / 'data'
    if data.exists():
        raise UserError(
            f'{data} exists already: add --dataset={quote(data)}, or name a new --run_dir.'
        )
    if midi:
        start_early(READER)
    if not quiet:
        print(f'Reading {"your music" if midi else "folk tunes"} ...', file=sys.stderr, flush=True)
    # Imported here, so that the line above appears before NumPy is imported.
    from melodyvae.ingest.check_up import check_library
    from melodyvae.ingest.file_report import format_reports
    from melodyvae.ingest.find import count_others
    from melodyvae.ingest.prepare import prepare_folk_tunes, prepare_midi

    reports = (
        prepare_midi(midi, config.grid, data) if midi else prepare_folk_tunes(config.grid, data)
    )
    if not quiet:
        hints = check_library(reports, config.grid, count_others(midi))
        lines = format_reports(reports, data / 'report.csv').split('\n')
        print_lines(*lines, *hints, file=sys.stderr)
    return 'data'


def _take_reading(theirs: GridConfig, ours: GridConfig, folder: str) -> None:
    """Takes the drum map and the meter of a dataset, so that clips are encoded as it was read."""
    if ours.drum_classes not in ((), theirs.drum_classes):
        raise UserError(
            f'{folder} was prepared with another drum map: leave --drum_map out, or prepare it '
            f'again.'
        )
    ours.drum_classes = theirs.drum_classes
    ours.metre = ours.metre or theirs.metre


def refuse_run(path: Path) -> None:
    """Raises a UserError if `path` contains anything but a dataset."""
    if path.is_file():
        raise UserError(f'{path} is a file: name a folder for the run.')
    if path.is_dir() and any(not _is_data(entry.name) for entry in path.iterdir()):
        raise UserError(f'{path} is not empty: name a new folder for the run with --run_dir.')


def _is_data(name: str) -> bool:
    """Whether it is the run's dataset, a leftover of a killed program, or a desktop's file."""
    return name == 'data' or name.startswith(('.data.', '.config.')) or is_left_by_desktop(name)
