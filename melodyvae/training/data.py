"""Training data: the loops of a library, split and batched as a config says."""

import dataclasses
from typing import Any

import tensorflow as tf

from melodyvae.config import Config, resolve_config
from melodyvae.loops.dataset import check_grid
from melodyvae.loops.loops import Loops
from melodyvae.training.batches import (
    batch_size,
    steps_per_epoch,
    training_batches,
    validation_batches,
)
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
    def steps(self) -> int:
        """Steps per epoch."""
        return steps_per_epoch(self.training, self.held_out, self.config)

    @property
    def batch_size(self) -> int:
        """Loops per training batch."""
        return batch_size(self.training, self.config)

    def held_out_batches(self) -> tf.data.Dataset | None:
        """Returns the held-out loops once, as notes for `model.notes.lay_out`; None without any."""
        if not len(self.held_out):
            return None
        return validation_batches(self.loops, self.held_out, self.config)

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
        sides = (self.loops, self.training, self.held_out, self.config)
        return {
            'x': training_batches(*sides, steps=steps, first_epoch=first_epoch),
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
