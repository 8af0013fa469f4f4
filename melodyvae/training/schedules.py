"""Callbacks that schedule beta and the learning rate."""

import math

import keras

from melodyvae.system.errors import UserError
from melodyvae.training.resumable import Resumable

LAST_SHARE = 0.01  # of the learning rate, after a cosine decay
DECAY = 0.95  # what a step or a plateau multiplies the learning rate by
DECAY_EPOCHS = 5  # between two steps, or without a better value before a plateau ends


def anneal_beta(epoch: int, epochs: float, beta: float) -> float:
    """Returns `beta * min(1, epoch / epochs)`, or `beta` if `epochs` is 0; epochs count from 0."""
    return beta * min(1.0, epoch / epochs) if epochs else beta


class BetaAnnealing(keras.callbacks.Callback):
    """Raises `model.beta`, the weight of the KL term, linearly from 0 to its final value.

    S. Bowman et al., "Generating sentences from a continuous space", 2016; so do the devices.

    Args:
      epochs: of annealing; 0 keeps beta constant.
      beta: final value.
      planned: epochs of the training that `epochs` is meant for; if `fit` runs another number,
        annealing is as much longer or shorter.
    """

    def __init__(self, epochs: int, beta: float, planned: int):
        super().__init__()
        self.epochs = epochs
        self.beta = beta
        self.planned = planned

    def on_epoch_begin(self, epoch, logs=None):
        epochs = self.epochs * self.params['epochs'] / self.planned
        self.model.beta.assign(anneal_beta(epoch, epochs, self.beta))


class StepDecay(keras.callbacks.Callback):
    """Multiplies the learning rate by `factor` after every `epochs` epochs.

    Args:
      epochs: between two decays.
      factor: in (0, 1].
      reset_optimizer: reset the optimizer's moments and step count at a decay, as the devices do,
        which make a new optimizer there.
    """

    def __init__(self, epochs: int, factor: float = DECAY, reset_optimizer: bool = False):
        super().__init__()
        self.epochs = epochs
        self.factor = factor
        self.reset_optimizer = reset_optimizer

    def on_train_begin(self, logs=None):
        refuse_schedule(self.model.optimizer)

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 0 or epoch % self.epochs:
            return
        optimizer = self.model.optimizer
        rate = optimizer.learning_rate
        rate.assign(rate * self.factor)
        if self.reset_optimizer:
            for variable in optimizer.variables:
                if variable is not rate:
                    variable.assign(keras.ops.zeros_like(variable))


class CosineDecay(keras.callbacks.Callback):
    """Lowers the learning rate along half a cosine wave, to a hundredth in the last epoch.

    I. Loshchilov and F. Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017,
    without the restarts. Keras's `CosineDecay` is a schedule inside the optimizer, which callbacks
    cannot change. The wave spans the epochs that `fit` runs.

    Args:
      learning_rate: of the first epoch.
    """

    def __init__(self, learning_rate: float):
        super().__init__()
        self.learning_rate = learning_rate

    def on_train_begin(self, logs=None):
        refuse_schedule(self.model.optimizer)

    def on_epoch_begin(self, epoch, logs=None):
        done = min(1.0, epoch / max(1, self.params['epochs'] - 1))
        share = LAST_SHARE + (1 - LAST_SHARE) * (1 + math.cos(math.pi * done)) / 2
        self.model.optimizer.learning_rate.assign(self.learning_rate * share)


class ReduceLROnPlateau(Resumable, keras.callbacks.ReduceLROnPlateau):
    """Keras's, which also remembers its best value and how long it has waited."""

    remembers = ('best', 'wait', 'cooldown_counter')

    def on_train_begin(self, logs=None):
        refuse_schedule(self.model.optimizer)
        super().on_train_begin(logs)


class LogLearningRate(keras.callbacks.Callback):
    """Adds `learning_rate` to the logs of the epoch. Put it before the loggers."""

    def on_epoch_end(self, epoch, logs=None):
        if logs is not None:
            rate = self.model.optimizer.learning_rate
            logs['learning_rate'] = float(keras.ops.convert_to_numpy(rate))


def refuse_schedule(optimizer: keras.optimizers.Optimizer) -> None:
    """Raises a UserError if the optimizer has a schedule, which no callback can set."""
    rate = optimizer.get_config().get('learning_rate')
    if isinstance(rate, dict):  # a schedule, as Keras writes it
        raise UserError(
            'The optimizer has a learning rate schedule, and so has the config: set '
            "config.training.decay = 'none', or compile with a fixed learning rate."
        )
