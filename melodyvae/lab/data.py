"""The folder of a comparison or search, and the loops that all of its configs share."""

import copy
import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np

from melodyvae.config.settings import Config, GridConfig
from melodyvae.ingest.folk import read_folk_loops
from melodyvae.ingest.ingest import ingest
from melodyvae.loops.dataset import load_loops, save_loops
from melodyvae.loops.loops import Loops
from melodyvae.system.atomic import write_json
from melodyvae.system.errors import UserError
from melodyvae.training.examples import Examples
from melodyvae.training.split import split

SEED = 0  # of the split and of the choice of files, for all runs


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """The loops of a comparison.

    Attributes:
      midi: files and folders; the embedded folk tunes if empty.
      loops: maximum number, of whole files drawn at random; 0 for all.
    """

    midi: tuple[str, ...] = ()
    loops: int = 0

    def read(self, grid: GridConfig) -> Loops:
        """Reads the loops on a grid.

        Raises:
          UserError: if there are none.
        """
        loops = ingest([Path(path) for path in self.midi], grid)[0] if self.midi else None
        return _draw_files(loops or read_folk_loops(grid)[0], self.loops)


def split_alike(loops: Loops, config: Config) -> tuple[Examples, Examples, Examples]:
    """Holds out the same files for every config and seed.

    Returns:
      Training examples with the config's transpositions; the same loops without transpositions,
      equal for all configs; held-out examples.
    """
    config = copy.deepcopy(config)
    config.data.split, config.training.seed = 'file', SEED
    training, held_out = split(loops, config)
    config.data.transpositions = ()
    return training, split(loops, config)[0], held_out


@dataclasses.dataclass(frozen=True, slots=True)
class Job:
    """A run to train.

    Attributes:
      name: of the candidate.
      config: with the seed of the run.
      data: dataset folder.
      folder: for `config.json` and `result.json`; it appears when the run has ended.
      rungs: epochs after which the run reports its shortfall, and may be stopped.
      first_stage: folder with the weights before the second stage, shared by runs that differ in
        nothing else. The first of them writes it. None to train anyway.
    """

    name: str
    config: Config
    data: Path
    folder: Path
    rungs: tuple[int, ...] = ()
    first_stage: Path | None = None


class ComparisonFolder:
    """A comparison or search on disk: `library.json`, one dataset per grid in `data`, and trained
    runs in `runs` and `trials`."""

    def __init__(self, path: Path):
        self.path = path
        self.runs = path / 'runs'
        self.trials = path / 'trials'
        self.first_stage = path / 'first_stage'
        self.log = path / 'log.txt'
        self.described = path / 'library.json'

    def refuse_others(self, library: Library) -> None:
        """Raises a UserError if the folder is in use, or has a comparison on another library."""
        if self.path.is_file():
            raise UserError(f'{self.path} is a file: name a folder with --out.')
        if not self.described.exists():
            if self.path.is_dir() and any(self.path.iterdir()):
                raise UserError(f'{self.path} is not empty: name a new folder with --out.')
            return
        theirs = _read_library(self.described)
        if theirs != library:
            raise UserError(
                f'{self.path} is a comparison on another library ({_describe(theirs)}). Use the '
                f'same --midi and --loops to continue, or name a new folder with --out.'
            )

    def remove_leftovers(self) -> None:
        """Removes what killed runs have left."""
        for leftover in (*self.runs.glob('.*'), *self.trials.glob('.*')):
            if leftover.is_dir():
                shutil.rmtree(leftover)
            else:  # a lock
                leftover.unlink()

    def dataset(self, config: Config, library: Library) -> Path:
        """Returns the dataset of a config's grid, and writes it first if it is missing.

        Configs with the same cells share it. The first config decides on the settings that filter
        files, so that two fidelities are compared on the same loops.

        Raises:
          UserError: if the library is missing or too small. Nothing is written then.
        """
        grid = config.grid
        cells = f'{grid.rows}x{grid.steps}-{grid.steps_per_quarter}-{grid.lowest_pitch}'
        cells += '-from-0' * grid.rows_from_pitch_0
        folder = self.path / 'data' / f'{cells}{"-" * bool(grid.drum_map)}{grid.drum_map}'
        if folder.exists():
            return folder
        loops = library.read(grid)
        split_alike(loops, config)
        if not self.described.exists():
            write_json(dataclasses.asdict(library), self.described)
        save_loops(loops, folder)
        return folder


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class DataSummary:
    """The size of the dataset in the folder `dataset`.

    `training_loops` has no transposed copies. What is held out is the same for all configs.
    """

    dataset: str
    grid: str
    files: int
    loops: int
    training_loops: int
    held_out_loops: int
    held_out_files: int


def summarize_data(folder: Path, config: Config) -> DataSummary:
    """Counts the loops and files of a dataset, and those that are held out."""
    loops = load_loops(folder)
    _, training, held_out = split_alike(loops, config)
    return DataSummary(
        dataset=folder.name,
        grid=f'{loops.grid.rows} rows x {loops.grid.steps} steps',
        files=len(np.unique(loops.file)),
        loops=len(loops),
        training_loops=len(training),
        held_out_loops=len(held_out),
        held_out_files=len(np.unique(loops.file[held_out.loop])),
    )


def _draw_files(loops: Loops, maximum: int) -> Loops:
    """Draws files at random, with at most `maximum` loops in total."""
    if not maximum or len(loops) <= maximum:
        return loops
    sizes = np.bincount(loops.file)
    chosen: list[int] = []
    for file in np.random.default_rng(SEED).permutation(np.flatnonzero(sizes)):
        if sizes[file] <= maximum - sizes[chosen].sum():
            chosen.append(int(file))
    if not chosen:
        smallest = sizes[sizes > 0].min()
        raise UserError(f'--loops={maximum} is too small: the smallest file has {smallest} loops.')
    return loops.take(np.flatnonzero(np.isin(loops.file, chosen)))


def _read_library(path: Path) -> Library:
    try:
        values = json.loads(path.read_bytes())
        return Library(midi=tuple(values['midi']), loops=values['loops'])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UserError(f'{path} cannot be read: {error}. Name a new folder with --out.') from error


def _describe(library: Library) -> str:
    words = (f'{name}={value}' for name, value in dataclasses.asdict(library).items() if value)
    return ', '.join(words) or 'the folk tunes'
