"""How long the default trains until its pad would play as music does: few enough bits a note."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np

from benchmarks.figures import Figure
from melodyvae.config.presets import preset
from melodyvae.config.settings import Config
from melodyvae.evaluation.evaluate import MOST_GENERATED, choose_sides, generate_loops
from melodyvae.evaluation.markov import measure_bits
from melodyvae.evaluation.melodies import take_melodies
from melodyvae.loops.loops import Loops
from melodyvae.model.vae import MelodyVAE
from melodyvae.playing.player import Player
from melodyvae.training.callbacks import default_callbacks
from melodyvae.training.data import TrainingData, training_data
from melodyvae.training.finish import finish

GOAL = 4.5  # bits a note, see docs/results.md
SEEDS = 3


def figures() -> Iterator[Figure]:
    from melodyvae.ingest.folk import read_folk_loops

    config = preset('melodyvae')
    yield from goal_figures(config, read_folk_loops(config.grid)[0], GOAL, SEEDS)


def goal_figures(config: Config, loops: Loops, goal: float, seeds: int) -> Iterator[Figure]:
    """Trains once a seed, until the pad that it would end with plays at most `goal` bits a note.

    The clock of a `Goal` runs from the first step; what was read and imported is there then.

    Raises:
      RuntimeError: if a training ends before.
    """
    found = []
    for seed in range(seeds):
        config.training.seed = seed
        data = training_data(loops, config)
        watch = Goal(data, goal)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, 'model.keras')
            chosen = default_callbacks(data, checkpoint=path, quiet=True)
            MelodyVAE(config).fit(data, callbacks=[*chosen, watch])
        if watch.bits > goal:
            raise RuntimeError(f'{config.name} has ended at {watch.bits:.2f} bits a note.')
        found.append(watch)
    title = f'{config.name}, {len(loops):,} loops, to {goal} bits a note'
    yield Figure(title, 's', tuple(watch.seconds[0] for watch in found))
    yield Figure(f'{title}: CPU time', 's', tuple(watch.seconds[1] for watch in found))
    yield Figure(f'{title}: epochs', 'epochs', tuple(float(watch.epoch) for watch in found))
    yield Figure(f'{title}: reached', 'bits a note', tuple(watch.bits for watch in found))


class Goal(keras.callbacks.Callback):
    """Ends a training once the pad that is made after an epoch plays few enough bits a note.

    The pad is that of a copy: the training goes on undisturbed.

    Attributes:
      seconds: `[2]` float64, wall-clock and CPU seconds of the epochs so far, and of the last pad;
        neither earlier pads nor what is measured of them.
      epoch: the last one, counted from 1.
      bits: a note of the last pad.
    """

    def __init__(self, data: TrainingData, goal: float):
        super().__init__()
        self.data = data
        self.goal = goal
        training, _ = choose_sides(data.loops, data.training, data.held_out)
        self.reference = take_melodies(training)
        self.trained = np.zeros(2)
        self.seconds = np.zeros(2)
        self.epoch = 0
        self.bits = float('inf')

    def on_train_begin(self, logs=None):
        self.began = _read_clocks()

    def on_epoch_end(self, epoch, logs=None):
        ended = _read_clocks()
        self.trained += ended - self.began
        model = self.model.copy()
        threshold = finish(model, self.data)
        self.seconds = self.trained + _read_clocks() - ended
        self.epoch = epoch + 1
        player = Player.of(model, threshold)
        played = generate_loops(player, MOST_GENERATED, seed=0)
        heard = take_melodies(played.take(np.flatnonzero(np.diff(played.offsets))))
        self.bits = float(measure_bits(heard, self.reference).mean())
        self.model.stop_training = self.bits <= self.goal
        self.began = _read_clocks()


def _read_clocks() -> np.ndarray:
    return np.array([time.perf_counter(), time.process_time()])
