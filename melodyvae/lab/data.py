"""The loops that all configs of a comparison share, and how they are split."""

import copy
import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from melodyvae.config.settings import Config, GridConfig
from melodyvae.ingest.folk import read_folk_loops
from melodyvae.ingest.ingest import ingest
from melodyvae.lab.performer import perform
from melodyvae.loops.dataset import load_loops, save_loops
from melodyvae.loops.loops import Loops
from melodyvae.system.atomic import new_file
from melodyvae.system.errors import UserError
from melodyvae.training.examples import Examples
from melodyvae.training.split import split

SEED = 0  # of the split, of the choice of files and of the performance, whatever a run's own


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """What a comparison is made on.

    Attributes:
      midi: files and folders; the embedded folk tunes if empty.
      loops: at most so many, of whole files that are drawn at random; 0 for all.
      performed: played by `performer.PerformanceModel`.
    """

    midi: tuple[str, ...] = ()
    loops: int = 0
    performed: bool = False

    def read(self, grid: GridConfig) -> Loops:
        """The loops on a grid, as written: see `perform_if` for the performance.

        Raises:
          UserError: if there are none, or they cannot be played on this grid.
        """
        loops = ingest([Path(path) for path in self.midi], grid)[0] if self.midi else None
        loops = _draw_files(loops or read_folk_loops(grid)[0], self.loops)
        perform_if(self.performed, loops)
        return loops


def perform_if(performed: bool, loops: Loops) -> Loops:
    """Gives what is trained on and held out: the loops themselves, or their performance."""
    return perform(loops, SEED) if performed else loops


def split_alike(loops: Loops, config: Config) -> tuple[Examples, Examples, Examples]:
    """Holds out the same files for every config and seed.

    Returns:
      Training examples with the config's transpositions; the same loops without any, which are
      the same for all configs; held-out examples.
    """
    config = copy.deepcopy(config)
    config.data.split, config.training.seed = 'file', SEED
    training, held_out = split(loops, config)
    config.data.transpositions = ()
    return training, split(loops, config)[0], held_out


@dataclasses.dataclass(frozen=True, slots=True)
class Job:
    """A run to be made.

    Attributes:
      name: of the contender.
      config: with the run's seed.
      data: dataset folder.
      performed: whether its loops are played by the performance model first.
      folder: for `config.json` and `result.json`; it appears when the run has ended.
      rungs: epochs after which it says how far from the goal it is, and may be broken off.
      first_stage: what has been trained before the second stage, for runs that differ in nothing
        else: the folder is made by the first of them; None to keep nothing.
    """

    name: str
    config: Config
    data: Path
    performed: bool
    folder: Path
    rungs: tuple[int, ...] = ()
    first_stage: Path | None = None


class ComparisonFolder:
    """A comparison or search on disk: `library.json`, a dataset for each grid in `data`, and what
    has been trained in `runs` and `trials`."""

    def __init__(self, path: Path):
        self.path = path
        self.runs = path / 'runs'
        self.trials = path / 'trials'
        self.first_stage = path / 'first_stage'
        self.log = path / 'log.txt'
        self.described = path / 'library.json'

    def refuse_others(self, library: Library) -> None:
        """Raises a UserError if the folder holds no comparison, or one on another library."""
        if self.path.is_file():
            raise UserError(f'{self.path} is a file: name a folder with --out.')
        if not self.described.exists():
            if self.path.is_dir() and any(self.path.iterdir()):
                raise UserError(f'{self.path} is not empty: name a new folder with --out.')
            return
        try:
            theirs = json.loads(self.described.read_text())
        except ValueError as error:
            raise UserError(f'{self.described} cannot be read: {error}.') from error
        if theirs != json.loads(json.dumps(dataclasses.asdict(library))):
            raise UserError(
                f'{self.path} compares on another library ({_describe(theirs)}): give the same '
                f'--midi, --loops and --performed to go on, or name a new folder with --out.'
            )

    def dataset(self, config: Config, library: Library) -> Path:
        """The dataset of a config's grid; made if there is none.

        Configs that cut the same cells share it. The settings that only let files in or keep them
        out are those of the first that asks: two fidelities are compared on the same loops.

        Raises:
          UserError: if there is no library, or too small a one. Nothing is written then.
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
            with new_file(self.described) as temporary:
                temporary.write_text(json.dumps(dataclasses.asdict(library), indent=2) + '\n')
        save_loops(loops, folder)
        return folder


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class DataSummary:
    """How much of what a comparison's dataset has.

    Attributes:
      dataset: name of its folder.
      grid: in words.
      files, loops: of all.
      training_loops: without transposed copies.
      held_out_loops, held_out_files: that no config trains on.
    """

    dataset: str
    grid: str
    files: int
    loops: int
    training_loops: int
    held_out_loops: int
    held_out_files: int


def summarise_data(folder: Path, config: Config) -> DataSummary:
    """Counts what a dataset has, and what of it is held out."""
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


def _draw_files(loops: Loops, most: int) -> Loops:
    """Files drawn at random, as long as their loops are no more than `most` together."""
    if not most or len(loops) <= most:
        return loops
    sizes = np.bincount(loops.file)
    chosen: list[int] = []
    for file in np.random.default_rng(SEED).permutation(np.flatnonzero(sizes)):
        if sizes[file] <= most - sizes[chosen].sum():
            chosen.append(int(file))
    if not chosen:
        smallest = sizes[sizes > 0].min()
        raise UserError(f'--loops={most}: the smallest file alone has {smallest} loops.')
    return loops.take(np.flatnonzero(np.isin(loops.file, chosen)))


def _describe(library: dict[str, Any]) -> str:
    words: Sequence[str] = [
        f'{name}={value}' for name, value in library.items() if value not in ([], 0, False)
    ]
    return ', '.join(words) or 'the folk tunes'
