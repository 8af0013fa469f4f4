"""Measures what a run does besides training: time of its callbacks, and peak memory."""

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import keras

from benchmarks.figures import Figure
from benchmarks.libraries import made_loops
from benchmarks.machine import in_own_process
from melodyvae.config.presets import preset
from melodyvae.config.settings import Config
from melodyvae.model.vae import MelodyVAE
from melodyvae.runs.fit import fit, run_callbacks
from melodyvae.runs.folder import RunFolder
from melodyvae.training.data import training_data

LOOPS, EPOCHS = 3072, 40  # 40 steps per epoch
MEMORY_LOOPS, MEMORY_EPOCHS = 256, (1, 10, 50)


def figures() -> Iterator[Figure]:
    config = preset('melodyvae_improved')
    config.training.epochs = EPOCHS
    config.data.transpositions = ()
    yield from callback_figures(config, LOOPS)


def memory_figures() -> Iterator[Figure]:
    """Measures the peak memory after 1, 10 and 50 epochs: it should not grow."""
    for epochs in MEMORY_EPOCHS:
        config = preset('melodyvae_improved')
        config.training.epochs = epochs
        yield measure_memory(config)


def callback_figures(config: Config, count: int) -> Iterator[Figure]:
    """Trains once, and measures the time in callbacks and in each epoch."""
    config.training.early_stopping_patience = 0
    data = training_data(made_loops(config.grid, count), config)
    with tempfile.TemporaryDirectory() as temporary:
        chosen = run_callbacks(RunFolder.create(Path(temporary, 'run'), config), data, quiet=True)
        clock = Clock(chosen)
        MelodyVAE(config).fit(data, callbacks=[clock, *chosen])
    title, epochs = f'callbacks of {config.name}', config.training.epochs
    yield Figure(f'{title}, {epochs} epochs', 's', (clock.watched,))
    # Without the first epoch, which traces, and the last, which ends the run.
    began, watched = clock.epochs[1], clock.epochs[-1]
    share = watched[1] - began[1]
    rest = watched[0] - began[0] - share
    yield Figure(f'{title} over training and validation', 'times', (share / rest,))
    lengths = [b[0] - a[0] for a, b in zip(clock.epochs[1:], clock.epochs[2:], strict=False)]
    half = len(lengths) // 2
    later = sum(lengths[-half:]) / sum(lengths[:half])
    name = f'{title}: epochs of the second half over those of the first'
    yield Figure(name, 'times', (later,))


class Clock(keras.callbacks.Callback):
    """Measures the time of other callbacks.

    Attributes:
      watched: seconds in the methods of the others so far.
      epochs: time and `watched` at the beginning of each epoch, and at the end.
    """

    def __init__(self, others: list[keras.callbacks.Callback]):
        super().__init__()
        self.watched = 0.0
        self.epochs: list[tuple[float, float]] = []
        for callback in others:
            for name in vars(keras.callbacks.Callback):
                if name.startswith('on_'):
                    setattr(callback, name, self._time(getattr(callback, name)))

    def on_epoch_begin(self, epoch, logs=None):
        self.epochs.append((time.perf_counter(), self.watched))

    def _time(self, method: Callable) -> Callable:
        def timed(*args, **kwargs):
            began = time.perf_counter()
            try:
                return method(*args, **kwargs)
            finally:
                self.watched += time.perf_counter() - began

        return timed


def measure_memory(config: Config) -> Figure:
    """Measures the peak memory of a training with all callbacks, in its own process."""
    with tempfile.TemporaryDirectory() as temporary:
        _, peak = in_own_process(train, config.to_dict(), Path(temporary, 'run'))
    name = f'peak memory of {config.training.epochs} epochs, {config.name}'
    return Figure(name, 'MiB', (peak,))


def train(settings: dict, folder: Path) -> None:
    """Trains on a made library, into a run folder."""
    config = Config.from_dict(settings)
    config.training.early_stopping_patience = 0
    data = training_data(made_loops(config.grid, MEMORY_LOOPS), config)
    fit(RunFolder.create(folder, config), data, quiet=True)
