"""A large library: what its dataset weighs, how soon it opens, and what training from it costs.

From disk, through fsspec as from object storage, and from memory.

The loops are those of the folk tunes, transposed and perturbed: other velocities and timeshifts,
and some notes on other steps. A made tune is a file, so that there are as many files as a library
of that size has.
"""

import dataclasses
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.figures import Figure, ratio, seconds
from benchmarks.machine import in_own_process
from melodyvae.config.presets import preset
from melodyvae.config.settings import Config
from melodyvae.loops.dataset import LoopsWriter, load_loops
from melodyvae.loops.loops import Loops

LOOPS = 10_000_000
ROUNDS = 3  # of each kind of training, in turns
STEPS = 64  # that are timed, after as many to warm up
MOVED = 0.1  # share of notes that begin on another step


def figures() -> Iterator[Figure]:
    from melodyvae.ingest.folk import read_folk_loops

    config = preset('melodyvae_improved')
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary, 'loops')
        source = read_folk_loops(config.grid)[0]
        in_own_process(write_library, source, LOOPS, folder)
        yield from library_figures(folder, config, ROUNDS, STEPS)


def library_figures(folder: Path, config: Config, rounds: int, steps: int) -> Iterator[Figure]:
    """Figures of a dataset; every measurement from disk begins with no page of it in memory."""
    count = len(load_loops(folder))
    title = f'{count:,} loops'
    on_disk = sum(path.stat().st_size for path in folder.iterdir())
    yield Figure(f'{title}: dataset on disk', 'bytes a loop', (on_disk / count,))
    yield Figure(f'{title}: opening', 's', tuple(opening(folder) for _ in range(rounds)))
    found: dict[str, list[tuple[float, float]]] = {'disk': [], 'fsspec': [], 'memory': []}
    for _ in range(rounds):
        for place, measured in found.items():
            forget_pages(folder)
            name = f'file://{folder}' if place == 'fsspec' else str(folder)
            measured.append(
                in_own_process(step_of, name, config.to_dict(), steps, place == 'memory')
            )
    took = {place: [step for step, _ in measured] for place, measured in found.items()}
    for place, measured in found.items():
        rates = tuple(1 / step for step in took[place])
        yield Figure(f'{title}: training from {place}', 'steps/s', rates)
        peaks = tuple(peak for _, peak in measured)
        yield Figure(f'{title}: peak memory of training from {place}', 'MiB', peaks)
    for place in ('disk', 'fsspec'):
        name = f'{title}: step from {place} over step from memory'
        yield ratio(name, took[place], took['memory'])
    passes = tuple(reading(folder) for _ in range(rounds))
    yield Figure(f'{title}: reading all cells once through fsspec', 's', passes)


def opening(folder: Path) -> float:
    """Seconds that a dataset takes to open."""
    forget_pages(folder)
    return seconds(lambda: load_loops(folder))


def reading(folder: Path) -> float:
    """Seconds that an epoch's worth of blocks takes, without training."""
    loops = load_loops(f'file://{folder}')
    forget_pages(folder)
    return seconds(loops.row_range)


def write_library(source: Loops, count: int, folder: Path, seed: int = 0) -> None:
    """Writes a dataset of at least `count` loops like those of `source`, copy by copy.

    Each copy has all files, each of whose loops is transposed and perturbed in its own way.
    """
    random = np.random.default_rng(seed)
    folder.mkdir()
    with LoopsWriter(folder, source.grid) as writer:
        for copy in range(-(-count // len(source))):
            files = tuple(f'made {copy:04d}/{name}' for name in source.files)
            cells = perturbed_cells(source, random)
            writer.append(dataclasses.replace(source, files=files, cells=cells))


def perturbed_cells(source: Loops, random: np.random.Generator) -> np.ndarray:
    """`[cells]` of `pattern.NOTE`, in order; velocities are those of MIDI, over 127."""
    cells = np.array(source.cells)
    loop = np.repeat(np.arange(len(source)), np.diff(source.offsets))
    lowest, highest = source.row_range()
    shift = random.integers(-lowest, source.grid.rows - highest)
    cells['row'] = cells['row'] + shift[loop]
    louder = random.integers(-10, 11, len(cells))
    cells['velocity'] = np.clip(np.rint(127 * cells['velocity']) + louder, 1, 127) / 127
    cells['timeshift'] = np.clip(random.normal(0, 0.2, len(cells)), -1, 0.999)
    # Some notes begin a step later, where the row has room: what could be there is the next cell.
    steps = source.grid.steps
    address = (loop * source.grid.rows + cells['row']) * steps + cells['step']
    room = (np.diff(address, append=-1) != 1) & (cells['step'] < steps - 1)
    cells['step'] += room & (random.random(len(cells)) < MOVED)
    return cells


def forget_pages(folder: Path) -> None:
    """Makes the next reader of a folder's files read them from disk, where the system can."""
    if not hasattr(os, 'posix_fadvise'):
        return
    for path in folder.iterdir():
        with path.open('rb') as file:
            os.fsync(file.fileno())  # pages that are not yet written cannot be dropped
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def step_of(folder: str, settings: dict, steps: int, in_memory: bool) -> float:
    """Seconds a step of training on a dataset, from where it is or copied into memory first."""
    from benchmarks.training import step_seconds
    from melodyvae.training.batches import training_batches
    from melodyvae.training.split import split

    config = Config.from_dict(settings)
    loops = load_loops(folder)
    if in_memory:
        loops = dataclasses.replace(loops, cells=np.array(loops.cells))
    batches = training_batches(loops, *split(loops, config), config)
    return step_seconds(config, batches, steps)()
