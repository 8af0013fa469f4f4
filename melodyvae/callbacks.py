"""Schedules and monitors for `model.fit`, of any model that has what each one names."""

import logging

import keras
import numpy as np

from melodyvae.errors import UserError

_warn = logging.getLogger(__name__).warning

COLLAPSED_VARIANCE = 0.01  # the devices' own limit for the decoded timeshifts


def annealed_beta(epoch: int, epochs: int, beta: float = 1.0) -> float:
    """`beta * min(1, epoch / epochs)`, with epochs counted from 0; `beta` where `epochs` is 0."""
    return beta * min(1.0, epoch / epochs) if epochs else beta


class BetaAnnealing(keras.callbacks.Callback):
    """Raises `model.beta`, the weight of the KL term, from 0 to its end value.

    Linear warm-up as in Bowman et al. (2016) and in the devices: see `annealed_beta`.

    Args:
      epochs: length of the warm-up; 0 keeps beta constant.
      beta: end value.
    """

    def __init__(self, epochs: int, beta: float = 1.0):
        super().__init__()
        self.epochs = epochs
        self.beta = beta

    def on_epoch_begin(self, epoch, logs=None):
        self.model.beta.assign(annealed_beta(epoch, self.epochs, self.beta))


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


class LogLearningRate(keras.callbacks.Callback):
    """Adds `learning_rate` to the epoch's logs; put it before the loggers."""

    def on_epoch_end(self, epoch, logs=None):
        if logs is not None:
            logs['learning_rate'] = float(self.model.optimizer.learning_rate)


class TimeshiftCollapseWarning(keras.callbacks.Callback):
    """Warns when decoded timeshifts hardly vary any more, once the warm-up of beta is over.

    The variance over all cells of the validation patterns' reconstructions, as in the devices.
    Keeps the last value as `variance`.

    Args:
      validation: dataset of dicts with a `timeshift`, `[batch, rows, steps]` float32; one batch
        of it is looked at.
      after_epoch: epochs that may pass before the first warning.
      log: called with the warning.
    """

    def __init__(self, validation, after_epoch: int = 10, log=_warn):
        super().__init__()
        self.batch = next(iter(validation))
        self.after_epoch = after_epoch
        self.log = log
        self.variance = float('nan')

    def on_epoch_end(self, epoch, logs=None):
        self.variance = float(np.var(self.model(self.batch, training=False)['timeshift']))
        if epoch > self.after_epoch and self.variance < COLLAPSED_VARIANCE:
            self.log(
                'Epoch %d: the variance of the decoded timeshifts is %.6f, under %g: the model '
                'plays everything on the grid.',
                epoch + 1,
                self.variance,
                COLLAPSED_VARIANCE,
            )


class NotANumber(UserError):
    """The loss has turned NaN or infinite: names the step."""


class StopOnNaN(keras.callbacks.Callback):
    """Ends training when the loss is not a finite number any more.

    Raises:
      NotANumber: names the epoch and the step.
    """

    def __init__(self):
        super().__init__()
        self.epoch = 0

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if not np.isfinite((logs or {}).get('total_loss', 0.0)):
            raise NotANumber(
                f'The loss is not a number any more, at step {batch + 1} of epoch '
                f'{self.epoch + 1}: lower --config.training.learning_rate.'
            )
