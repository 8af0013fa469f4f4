"""Measures how long the default trains until its pad plays few enough bits per note."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np

from benchmarks.figures import Figure
from melodyvae.config.presets import preset
from melodyvae.config.settings import Config
from melodyvae.evaluation.evaluate import MAX_GENERATED, choose_sides, generate_loops
from melodyvae.evaluation.markov import measure_bits
from melodyvae.evaluation.melodies import take_melodies
from melodyvae.ingest.folk import read_folk_loops
from melodyvae.loops.loops import Loops
from melodyvae.model.vae import MelodyVAE
from melodyvae.playing.player import Player
from melodyvae.training.callbacks import default_callbacks
from melodyvae.training.data import TrainingData, training_data
from melodyvae.training.finish import finish

GOAL = 4.5  # bits per note, see docs/results.md
SEEDS = 3


def figures() -> Iterator[Figure]:
    config = preset('melodyvae')
    yield from goal_figures(config, read_folk_loops(config.grid)[0], GOAL, SEEDS)


def goal_figures(config: Config, loops: Loops, goal: float, seeds: int) -> Iterator[Figure]:
    """Trains once per seed, until the pad would play at most `goal` bits per note.

    The clock starts with the first step. The bits of the first pad are beside those of a pad from
    an untrained model: what training adds.

    Raises:
      RuntimeError: if a training ends before it reaches the goal.
    """
    found = []
    for seed in range(seeds):
        config.training.seed = seed
        watch = Goal(training_data(loops, config), goal)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, 'model.keras')
            chosen = default_callbacks(watch.data, checkpoint=path, quiet=True)
            MelodyVAE(config).fit(watch.data, callbacks=[*chosen, watch])
        if watch.bits > goal:
            raise RuntimeError(f'{config.name} has ended at {watch.bits:.2f} bits per note.')
        found.append(watch)
    title = f'{config.name}, {len(loops):,} loops, to {goal} bits per note'
    yield Figure(title, 's', tuple(watch.seconds[0] for watch in found))
    yield Figure(f'{title}: CPU time', 's', tuple(watch.seconds[1] for watch in found))
    yield Figure(f'{title}: epochs', 'epochs', tuple(float(watch.epoch) for watch in found))
    yield Figure(f'{title}: reached', 'bits per note', tuple(watch.bits for watch in found))
    untrained = tuple(watch.untrained for watch in found)
    yield Figure(f'{title}: without training', 'bits per note', untrained)


class Goal(keras.callbacks.Callback):
    """Stops a training once a pad made of a copy of the model plays few enough bits per note.

    Attributes:
      seconds: `[2]` float64, wall-clock and CPU seconds of the epochs so far and of the last pad,
        without earlier pads and without measuring.
      epoch: the last one, from 1.
      bits: per note of the last pad.
      untrained: bits per note of a pad of the model before the first step.
    """

    def __init__(self, data: TrainingData, goal: float):
        super().__init__()
        self.data, self.goal = data, goal
        self.reference = take_melodies(choose_sides(data.loops, data.training, data.held_out)[0])
        self.trained = self.seconds = np.zeros(2)
        self.epoch = 0

    def on_train_begin(self, logs=None):
        model = self.model.copy()
        self.untrained = self._measure_bits(Player.of(model, finish(model, self.data)))
        self.began = _read_clocks()

    def on_epoch_end(self, epoch, logs=None):
        ended = _read_clocks()
        self.trained = self.trained + ended - self.began
        model = self.model.copy()
        threshold = finish(model, self.data)
        self.seconds = self.trained + _read_clocks() - ended
        self.epoch, self.bits = epoch + 1, self._measure_bits(Player.of(model, threshold))
        self.model.stop_training = self.bits <= self.goal
        self.began = _read_clocks()

    def _measure_bits(self, player: Player) -> float:
        played = generate_loops(player, MAX_GENERATED, seed=0)
        heard = take_melodies(played.take(np.flatnonzero(np.diff(played.offsets))))
        return float(measure_bits(heard, self.reference).mean())


def _read_clocks() -> np.ndarray:
    return np.array([time.perf_counter(), time.process_time()])
