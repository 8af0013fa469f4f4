"""How fast this machine trains and reads MIDI: `make bench`.

Machines are noisy: each figure is measured several times, and its median and range are printed.
"""

import os
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '2')

import keras
import numpy as np

from melodyvae.batches import training_batches
from melodyvae.config import Config, preset
from melodyvae.dataset import Loops
from melodyvae.fit import build_optimizer
from melodyvae.ingest import find_files, ingest
from melodyvae.model import MelodyVAE
from melodyvae.split import split

MIDI = Path(__file__).parents[1] / 'tests' / 'golden' / 'midi'
REPEATS = 5
STEPS = 40  # a repeat


def made_loops(config: Config, count: int = 2000, notes: int = 14) -> Loops:
    """Random loops: training time does not depend on what the notes are."""
    random = np.random.default_rng(0)
    rows, steps = config.grid.rows, config.grid.steps
    patterns = []
    for _ in range(count):
        cells = np.sort(random.choice(rows * steps, notes, replace=False))
        pattern = np.zeros(notes, Loops.from_files([], config.grid).cells.dtype)
        pattern['row'], pattern['step'] = cells // steps, cells % steps
        pattern['velocity'] = random.uniform(0.3, 1, notes)
        pattern['duration'] = random.uniform(0.1, 2, notes)
        pattern['timeshift'] = random.uniform(-1, 1, notes)
        patterns.append(pattern)
    files = [(f'made {i}', [(0, pattern)]) for i, pattern in enumerate(patterns)]
    return Loops.from_files(files, config.grid)


def training_rate(name: str) -> Callable[[], float]:
    """Steps a second of `fit`, batches and metrics included, once it is warm."""
    config = preset(name)
    loops = made_loops(config)
    training, validation = split(loops, config)
    keras.utils.set_random_seed(0)
    model = MelodyVAE(config)
    model.compile(optimizer=build_optimizer(config))
    batches = training_batches(loops, training, validation, config)
    model.fit(batches, steps_per_epoch=5, verbose=0, shuffle=False)

    def measure() -> float:
        start = time.perf_counter()
        model.fit(batches, steps_per_epoch=STEPS, verbose=0, shuffle=False)
        return STEPS / (time.perf_counter() - start)

    return measure


def ingest_rate() -> Callable[[], float]:
    """Files a second from MIDI to loops, over the made and folk files of the tests."""
    files = find_files([MIDI])
    grid = preset('melodyvae_improved').grid

    def measure() -> float:
        start = time.perf_counter()
        ingest(files, grid)
        return len(files) / (time.perf_counter() - start)

    measure()
    return measure


def main() -> None:
    print(f'{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}')
    print(f'{"figure":52} {"median":>9} {"least":>9} {"most":>9}')
    batch = preset('melodyvae_improved').training.batch_size
    for figure, measure in (
        (
            f'training melodyvae_improved, batch {batch}, steps/s',
            training_rate('melodyvae_improved'),
        ),
        ('ingest of 28 one-voice MIDI files, files/s', ingest_rate()),
    ):
        values = [measure() for _ in range(REPEATS)]
        print(f'{figure:52} {statistics.median(values):9.1f} {min(values):9.1f} {max(values):9.1f}')


if __name__ == '__main__':
    main()
