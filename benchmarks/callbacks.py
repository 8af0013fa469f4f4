"""What a run does besides training, as a share of it: schedules, checkpoints, logs and pictures."""

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import keras

from benchmarks.figures import Figure
from benchmarks.libraries import made_loops
from melodyvae.config.presets import preset
from melodyvae.config.settings import Config
from melodyvae.model.vae import MelodyVAE
from melodyvae.runs.fit import run_callbacks
from melodyvae.runs.folder import RunFolder
from melodyvae.training.data import training_data

LOOPS = 3072  # 40 steps an epoch
EPOCHS = 40


def figures() -> Iterator[Figure]:
    config = preset('melodyvae_improved')
    config.training.epochs = EPOCHS
    config.data.transpositions = ()
    yield from callback_figures(config, LOOPS)


def callback_figures(config: Config, count: int) -> Iterator[Figure]:
    """Trains once, with a clock around everything that a callback does."""
    config.training.early_stopping_patience = 0
    data = training_data(made_loops(config.grid, count), config)
    model = MelodyVAE(config)
    with tempfile.TemporaryDirectory() as temporary:
        run = RunFolder.create(Path(temporary, 'run'), config)
        clock = Clock()
        chosen = run_callbacks(run, data, quiet=True)
        for callback in chosen:
            clock.watch(callback)
        model.fit(data, callbacks=[clock, *chosen])
    title = f'callbacks of {config.name}'
    epochs = config.training.epochs
    yield Figure(f'{title}, {epochs} epochs', 's', (clock.watched,))
    # The first epoch waits for tracing, and what is done once, in it and at the end, would be less
    # of a longer run.
    yield Figure(f'{title} over training and validation', 'times', (clock.share(),))
    half = len(clock.epochs) // 2
    yield Figure(
        f'{title}: epochs of the second half over those of the first',
        'times',
        (sum(clock.epochs[-half:]) / sum(clock.epochs[1 : half + 1]),),
    )


class Clock(keras.callbacks.Callback):
    """Seconds an epoch, and those that other callbacks took in all."""

    def __init__(self) -> None:
        super().__init__()
        self.watched = 0.0
        self.before = 0.0  # of it, up to the end of the first epoch
        self.after = 0.0  # of it, up to the end of the last epoch
        self.epochs: list[float] = []
        self.began = 0.0

    def on_epoch_begin(self, epoch, logs=None):
        now = time.perf_counter()
        if epoch:
            self.epochs.append(now - self.began)
        if epoch == 1:
            self.before = self.watched
        self.after = self.watched
        self.began = now

    def on_train_end(self, logs=None):
        self.epochs.append(time.perf_counter() - self.began)

    def share(self) -> float:
        """Of all epochs but the first and the last."""
        watched = self.after - self.before
        return watched / (sum(self.epochs[1:-1]) - watched)

    def watch(self, callback: keras.callbacks.Callback) -> None:
        """Counts what the callback's own methods take from now on."""
        for name in dir(keras.callbacks.Callback):
            if name.startswith('on_') and getattr(type(callback), name) is not getattr(
                keras.callbacks.Callback, name
            ):
                setattr(callback, name, self._timed(getattr(callback, name)))

    def _timed(self, method: Callable) -> Callable:
        def timed(*args, **kwargs):
            began = time.perf_counter()
            try:
                return method(*args, **kwargs)
            finally:
                self.watched += time.perf_counter() - began

        return timed
