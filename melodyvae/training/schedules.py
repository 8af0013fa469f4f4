"""Schedules for `model.fit`: of beta and of the learning rate."""

import math

import keras

LAST_SHARE = 0.01  # of the learning rate


def anneal_beta(epoch: int, epochs: int, beta: float = 1.0, cycle: int = 0) -> float:
    """`beta * min(1, epoch / epochs)`, with epochs counted from 0; `beta` where `epochs` is 0.

    With a `cycle`, the count starts again at 0 after every `cycle` epochs.
    """
    epoch = epoch % cycle if cycle else epoch
    return beta * min(1.0, epoch / epochs) if epochs else beta


class BetaAnnealing(keras.callbacks.Callback):
    """Raises `model.beta`, the weight of the KL term, from 0 to its end value.

    Linear warm-up as in Bowman et al. (2016) and in the devices, once or, as in Fu et al. (2019),
    "Cyclical annealing schedule", again and again: see `anneal_beta`.

    Args:
      epochs: length of the warm-up; 0 keeps beta constant.
      beta: end value.
      cycle: epochs from one warm-up to the next; 0 for a single one.
    """

    def __init__(self, epochs: int, beta: float = 1.0, cycle: int = 0):
        super().__init__()
        self.epochs = epochs
        self.beta = beta
        self.cycle = cycle

    def on_epoch_begin(self, epoch, logs=None):
        self.model.beta.assign(anneal_beta(epoch, self.epochs, self.beta, self.cycle))


class StepDecay(keras.callbacks.Callback):
    """Multiplies the learning rate by `factor` after every `epochs` epochs.

    Args:
      epochs: between two decays.
      factor: in (0, 1].
      reset_optimizer: forget the optimiser's moments and step count at a decay. The devices make
        a new optimiser there, and so forget them.
    """

    def __init__(self, epochs: int, factor: float, reset_optimizer: bool = False):
        super().__init__()
        self.epochs = epochs
        self.factor = factor
        self.reset_optimizer = reset_optimizer

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
    """Lets the learning rate fall along half a cosine wave, to a hundredth in the last epoch.

    I. Loshchilov and F. Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017,
    without the restarts. Keras's `CosineDecay` counts steps inside the optimiser, where no callback
    can see or change the rate.

    Args:
      learning_rate: of the first epoch.
      epochs: planned; those beyond them keep the last rate.
    """

    def __init__(self, learning_rate: float, epochs: int):
        super().__init__()
        self.learning_rate = learning_rate
        self.epochs = epochs

    def on_epoch_begin(self, epoch, logs=None):
        done = min(1.0, epoch / max(1, self.epochs - 1))
        share = LAST_SHARE + (1 - LAST_SHARE) * (1 + math.cos(math.pi * done)) / 2
        self.model.optimizer.learning_rate.assign(self.learning_rate * share)


class LogLearningRate(keras.callbacks.Callback):
    """Adds `learning_rate` to the epoch's logs; put it before the loggers."""

    def on_epoch_end(self, epoch, logs=None):
        if logs is not None:
            logs['learning_rate'] = float(
                keras.ops.convert_to_numpy(self.model.optimizer.learning_rate)
            )
