"""Training data: the loops of a library, split and batched as a config says."""

import dataclasses
import functools
from typing import Any

import numpy as np
import tensorflow as tf

from melodyvae.config import Config, resolve_config
from melodyvae.loops.dataset import check_grid
from melodyvae.loops.loops import Loops
from melodyvae.training.augment import Recombination
from melodyvae.training.batches import find_width, make_dataset, shuffle_passes
from melodyvae.training.examples import Examples
from melodyvae.training.split import split

MAX_STEPS_AT_ONCE = 8  # a signal waits until they are done
SHORT = 1000  # steps of a training, for which tracing a loop takes longer than it saves


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class TrainingData:
    """Both sides of a split, and their batches for `MelodyVAE.fit`.

    Attributes:
      loops: the library.
      training: the examples to train on, with transposed copies.
      held_out: the examples to validate on.
      config: determines batches, recombination, minimum steps, epochs and seed.
    """

    loops: Loops
    training: Examples
    held_out: Examples
    config: Config

    @property
    def batch_size(self) -> int:
        """Loops per training batch: as configured, but at most the number of examples."""
        return min(self.config.training.batch_size, len(self.training))

    @property
    def steps(self) -> int:
        """Steps per epoch.

        An epoch has every training example once, with a smaller last batch; or, as in the devices,
        `floor(all loops / batch)` full batches that wrap around, at least one. If `least_steps` is
        more, it has so many full batches.
        """
        if self.config.training.steps_from_all_loops:
            steps = max(1, (len(self.training) + len(self.held_out)) // self.batch_size)
        else:
            steps = -(-len(self.training) // self.batch_size)
        return max(steps, self.config.training.least_steps)

    def training_batches(self, first_epoch: int = 0, steps: int = 0) -> tf.data.Dataset:
        """Returns endless batches, in an order that depends only on the seed and the epoch.

        Args:
          first_epoch: to start from, counted from 0.
          steps: per epoch; 0 for those of the config. If they are exactly one pass over the
            examples, the last batch of an epoch is what is left. Otherwise all batches are full,
            and the next epoch continues the pass.

        Returns:
          Dataset of notes, as `model.notes.lay_out` takes them.
        """
        loops, config, size = self.loops, self.config, self.batch_size
        steps = steps or self.steps
        one_pass = steps == -(-len(self.training) // size)
        one_pass &= not config.training.steps_from_all_loops
        count = len(self.training) if one_pass else steps * size
        seed = config.training.seed
        width = find_width(loops)
        recombination = None
        if share := config.data.recombination:
            recombination = Recombination(loops, self.training, share)
            width = min(2 * width, loops.grid.rows * loops.grid.steps)  # both halves may be as full

        @functools.lru_cache(maxsize=2)  # near the end of an epoch, batches of two are made
        def order(epoch: int) -> np.ndarray:
            return shuffle_passes(len(self.training), epoch * count, count, seed)

        def gather(step: int) -> tuple[np.ndarray, np.ndarray, int]:
            epoch, place = divmod(step, steps)
            examples = self.training.take(order(epoch)[place * size : (place + 1) * size])
            if recombination is None:
                return *loops.gather_cells(examples.loop, examples.shift), len(examples)
            random = np.random.default_rng([seed, 1, step])
            return *recombination.recombine(examples, random), len(examples)

        return make_dataset(tf.data.Dataset.counter(first_epoch * steps), gather, width, config)

    def held_out_batches(self) -> tf.data.Dataset | None:
        """Returns the held-out loops once, in order, as notes; None without any.

        If `training.validation_batches` says so, these are the first ones only, as in the devices.
        """
        held_out, size = self.held_out, self.config.training.validation_batch_size
        count = len(held_out)
        if not count:
            return None
        if self.config.training.validation_batches:
            count = min(count, self.config.training.validation_batches * size)

        def gather(step: int) -> tuple[np.ndarray, np.ndarray, int]:
            some = slice(step * size, min((step + 1) * size, count))
            loops = held_out.loop[some]
            return *self.loops.gather_cells(loops, held_out.shift[some]), len(loops)

        numbers = tf.data.Dataset.range(-(-count // size))
        return make_dataset(numbers, gather, find_width(self.loops), self.config)

    def fit_options(
        self, first_epoch: int, epochs: int | None = None, steps: int | None = None
    ) -> dict[str, Any]:
        """Returns the arguments of `keras.Model.fit`.

        Args:
          first_epoch: counted from 0.
          epochs: instead of those of the config.
          steps: per epoch, instead of those of the config.
        """
        epochs, steps = epochs or self.config.training.epochs, steps or self.steps
        return {
            'x': self.training_batches(first_epoch, steps),
            'steps_per_epoch': steps,
            'steps_per_execution': count_steps_at_once(steps, epochs),
            'epochs': epochs,
            'validation_data': self.held_out_batches(),
            'shuffle': False,  # the batches are shuffled already
            'verbose': 0,  # `progress.EpochLines` says more
        }


def training_data(loops: Loops, config: Config | str) -> TrainingData:
    """Splits a library and returns the data for `MelodyVAE.fit`.

    With `default_callbacks`, it applies all settings of the config: split, transpositions,
    recombination, batches, minimum steps, epochs and seed.

    Args:
      loops: cut for the config's grid.
      config: of the model, or the name of its preset.

    Raises:
      UserError: on a config that cannot work, loops of another grid, or fewer than two loops.
    """
    config = resolve_config(config)
    check_grid(loops, config.grid, 'What is given')
    return TrainingData(loops, *split(loops, config), config)


def count_steps_at_once(steps: int, epochs: int) -> int:
    """Returns the steps that TensorFlow takes before it returns to Python, which costs time.

    The number divides the steps per epoch, since Keras would exceed them otherwise.
    """
    if steps * epochs < SHORT:
        return 1
    return max(n for n in range(1, MAX_STEPS_AT_ONCE + 1) if steps % n == 0)
