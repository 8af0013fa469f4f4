"""What a model is fitted to: the loops of a library, split and in batches, as a config says."""

import dataclasses
from typing import Any

import tensorflow as tf

from melodyvae.config import Config, resolve_config
from melodyvae.loops.dataset import check_grid
from melodyvae.loops.loops import Loops
from melodyvae.training.batches import steps_per_epoch, training_batches, validation_batches
from melodyvae.training.examples import Examples
from melodyvae.training.split import split

STEPS_AT_ONCE = 8  # at most; a signal waits for the end of them
SHORT = 1000  # steps of a training, for which tracing a loop takes longer than it saves


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class TrainingData:
    """Both sides of a split, and the batches that `MelodyVAE.fit` takes of them.

    Attributes:
      loops: the library.
      training: its examples to train on, transposed copies included.
      held_out: its examples to validate on.
      config: decides on batches, recombination, least steps, epochs and seed.
    """

    loops: Loops
    training: Examples
    held_out: Examples
    config: Config

    @property
    def steps(self) -> int:
        """Steps of an epoch."""
        return steps_per_epoch(self.training, self.held_out, self.config)

    def batches(self, first_epoch: int = 0) -> tf.data.Dataset:
        """Endless training batches from the start of an epoch on, counted from 0.

        Returns:
          Dataset of dicts: feature name to `[batch, rows, steps]` float32.
        """
        return training_batches(
            self.loops, self.training, self.held_out, self.config, first_epoch=first_epoch
        )

    def held_out_batches(self) -> tf.data.Dataset | None:
        """The held-out loops once, as dicts like those of `batches`; None if there are none."""
        if not len(self.held_out):
            return None
        return validation_batches(self.loops, self.held_out, self.config)

    def fit_options(self, first_epoch: int) -> dict[str, Any]:
        """What `MelodyVAE.fit` hands to Keras."""
        steps = self.steps
        return {
            'x': self.batches(first_epoch),
            'steps_per_epoch': steps,
            'steps_per_execution': count_steps_at_once(steps, self.config.training.epochs),
            'epochs': self.config.training.epochs,
            'validation_data': self.held_out_batches(),
            'shuffle': False,  # the batches are
            'verbose': 0,  # `progress.EpochLines` says more
        }


def training_data(loops: Loops, config: Config | str) -> TrainingData:
    """Splits a library and makes the data of `MelodyVAE.fit`.

    With it, and with `default_callbacks`, every setting of the config acts: its split and
    transpositions, recombination, batches, least steps, epochs and seed.

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
    """Steps that TensorFlow takes before it comes back to Python, which costs each a few percent.

    They divide the steps of an epoch: Keras would run over its end.
    """
    if steps * epochs < SHORT:
        return 1
    return max(n for n in range(1, STEPS_AT_ONCE + 1) if steps % n == 0)
