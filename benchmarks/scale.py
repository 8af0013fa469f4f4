"""Measures training on a large library: from disk and from memory.

The loops are transposed and perturbed folk tunes: other velocities and timeshifts, and some notes
on other steps. Each copy of a tune is a file, as in a library of that size.
"""

import dataclasses
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.figures import Figure, in_own_process, ratio, seconds
from melodyvae.config.presets import preset
from melodyvae.config.settings import Config
from melodyvae.ingest.folk import read_folk_loops
from melodyvae.loops.dataset import load_loops
from melodyvae.loops.loops import Loops
from melodyvae.loops.writer import LoopsWriter

LOOPS = 10_000_000
MOVED = 0.1  # share of notes that move to another step
PLACES = ('disk', 'memory')


def scale_figures() -> Iterator[Figure]:
    config = preset('melodyvae_improved')
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary, 'loops')
        in_own_process(write_library, read_folk_loops(config.grid)[0], LOOPS, folder)
        # 64 steps are timed, after as many to warm up.
        yield from library_figures(folder, config, rounds=3, steps=64)


def library_figures(folder: Path, config: Config, rounds: int, steps: int) -> Iterator[Figure]:
    """Measures a dataset; every measurement starts without its pages in memory."""
    count = len(load_loops(folder))
    title = f'{count:,} loops'
    on_disk = sum(path.stat().st_size for path in folder.iterdir())
    yield Figure(f'{title}: dataset on disk', 'bytes per loop', (on_disk / count,))
    yield Figure(f'{title}: opening', 's', tuple(opening(folder) for _ in range(rounds)))
    found: dict[str, list[tuple[float, float]]] = {place: [] for place in PLACES}
    for _ in range(rounds):
        for place, measured in found.items():
            forget_pages(folder)
            measured.append(in_own_process(step_of, folder, place, config.to_dict(), steps))
    for place, measured in found.items():
        took, peaks = zip(*measured, strict=True)
        yield Figure(f'{title}: training from {place}', 'steps/s', tuple(1 / s for s in took))
        yield Figure(f'{title}: peak memory of training from {place}', 'MiB', peaks)
        if place != 'memory':
            name = f'{title}: step from {place} / step from memory'
            yield ratio(name, took, [step for step, _ in found['memory']])


def opening(folder: Path) -> float:
    """Measures the seconds to open a dataset."""
    forget_pages(folder)
    return seconds(lambda: load_loops(folder))


def write_library(source: Loops, count: int, folder: Path, seed: int = 0) -> None:
    """Writes a dataset of at least `count` loops: perturbed copies of `source`."""
    random = np.random.default_rng(seed)
    folder.mkdir()
    with LoopsWriter(folder, source.grid) as writer:
        for copy in range(-(-count // len(source))):
            files = tuple(f'made {copy:04d}/{name}' for name in source.files)
            cells = perturbed_cells(source, random)
            writer.append(dataclasses.replace(source, files=files, cells=cells))


def perturbed_cells(source: Loops, random: np.random.Generator) -> np.ndarray:
    """Perturbs cells: `[cells]` of `pattern.NOTE`, in order, with velocities in 127ths."""
    cells = np.array(source.cells)
    loop = np.repeat(np.arange(len(source)), np.diff(source.offsets))
    lowest, highest = source.row_range()
    shift = random.integers(-lowest, source.grid.rows - highest)
    cells['row'] = cells['row'] + shift[loop]
    louder = random.integers(-10, 11, len(cells))
    cells['velocity'] = np.clip(np.rint(127 * cells['velocity']) + louder, 1, 127) / 127
    cells['timeshift'] = np.clip(random.normal(0, 0.2, len(cells)), -1, 0.999)
    # Some notes move a step later, if the next cell of the row is free.
    steps = source.grid.steps
    address = (loop * source.grid.rows + cells['row']) * steps + cells['step']
    room = (np.diff(address, append=-1) != 1) & (cells['step'] < steps - 1)
    cells['step'] += room & (random.random(len(cells)) < MOVED)
    return cells


def forget_pages(folder: Path) -> None:
    """Drops the files of a folder from the page cache, if the system can."""
    for path in folder.iterdir() if hasattr(os, 'posix_fadvise') else ():
        with path.open('rb') as file:
            os.fsync(file.fileno())  # unwritten pages cannot be dropped
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def step_of(folder: Path, place: str, settings: dict, steps: int) -> float:
    """Measures the seconds of a training step on a dataset in one of `PLACES`."""
    # Deferred: the process that writes the library needs no TensorFlow.
    from benchmarks.training import step_seconds
    from melodyvae.training.batches import training_batches
    from melodyvae.training.split import split

    config = Config.from_dict(settings)
    loops = load_loops(folder)
    if place == 'memory':
        loops = dataclasses.replace(loops, cells=np.array(loops.cells))
    batches = training_batches(loops, *split(loops, config), config)
    return step_seconds(config, batches, steps)()
