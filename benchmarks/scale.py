"""Measures training on a large library, copies of the folk tunes: from disk, beside memory."""

import dataclasses
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.figures import Figure, in_own_process, seconds
from melodyvae.config.presets import preset
from melodyvae.config.settings import Config
from melodyvae.ingest.folk import read_folk_loops
from melodyvae.loops.dataset import load_loops
from melodyvae.loops.loops import Loops
from melodyvae.loops.writer import LoopsWriter

LOOPS = 10_000_000


def scale_figures() -> Iterator[Figure]:
    config = preset('melodyvae_improved')
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary, 'loops')
        in_own_process(write_library, read_folk_loops(config.grid)[0], LOOPS, folder)
        yield from library_figures(folder, config, rounds=3, steps=64)


def library_figures(folder: Path, config: Config, rounds: int, steps: int) -> Iterator[Figure]:
    """Measures a dataset; every measurement starts without its pages in memory."""
    count = len(load_loops(folder))
    on_disk = sum(path.stat().st_size for path in folder.iterdir())
    yield Figure(f'{count:,} loops: dataset on disk', 'bytes per loop', [on_disk / count])
    opening: list[float] = []
    disk: list[tuple[float, float]] = []
    memory: list[tuple[float, float]] = []
    for _ in range(rounds):
        forget_pages(folder)
        opening.append(seconds(lambda: load_loops(folder)))
        for in_memory, measured in ((False, disk), (True, memory)):
            forget_pages(folder)
            found = in_own_process(step_of, folder, in_memory, config.to_dict(), steps)
            measured.append((1000 * found[0], found[1]))
    yield Figure(f'{count:,} loops: opening', 's', opening)
    for index, (name, unit) in enumerate((('step', 'ms'), ('peak memory', 'MiB'))):
        values, beside = ([found[index] for found in side] for side in (disk, memory))
        title = f'{count:,} loops: {name} of training from disk'
        yield Figure(title, unit, values, 'from memory', beside)


def write_library(source: Loops, count: int, folder: Path) -> None:
    """Writes a dataset of at least `count` loops: copies of `source`."""
    folder.mkdir()
    with LoopsWriter(folder, source.grid) as writer:
        for copy in range(-(-count // len(source))):
            files = tuple(f'copy {copy:04d}/{name}' for name in source.files)
            writer.append(dataclasses.replace(source, files=files))


def forget_pages(folder: Path) -> None:
    """Drops the files of a folder from the page cache."""
    for path in folder.iterdir():
        with path.open('rb') as file:
            os.fsync(file.fileno())  # unwritten pages cannot be dropped
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def step_of(folder: Path, in_memory: bool, settings: dict, steps: int) -> float:
    """Measures the seconds of a training step on a dataset on disk or in memory."""
    # Deferred: the process that writes the library needs no TensorFlow.
    from benchmarks.training import step_seconds
    from melodyvae.training.data import training_data

    config = Config.from_dict(settings)
    loops = load_loops(folder)
    if in_memory:
        loops = dataclasses.replace(loops, cells=np.array(loops.cells))
    return step_seconds(config, training_data(loops, config).training_batches(), steps)()
