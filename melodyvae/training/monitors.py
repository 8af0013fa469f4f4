"""Callbacks that watch a training: collapsed timeshifts, and losses that are not finite."""

import contextlib
import logging
import time
from collections.abc import Iterator

import keras
import numpy as np

from melodyvae.model.notes import lay_out
from melodyvae.system.errors import UserError
from melodyvae.training.data import TrainingData
from melodyvae.training.resumable import Resumable

_logger = logging.getLogger(__name__)
COLLAPSED_SHARE = 0.1  # of the variance in the data
CHECKING_SHARE = 0.005  # of the training time, at most
MIN_VARIANCE = 0.0025  # of timeshifts worth learning: a standard deviation of 0.05 half steps


class TimeShare:
    """Limits an occasional action to a small share of the time.

    Args:
      share: of the time, at most; the first time is always allowed.
    """

    def __init__(self, share: float):
        self.share = share
        self.ended = time.monotonic()
        self.seconds = 0.0

    def allows(self) -> bool:
        """Whether the action is allowed, if it takes as long as the last time."""
        return time.monotonic() - self.ended >= self.seconds / self.share

    @contextlib.contextmanager
    def spent(self) -> Iterator[None]:
        """Measures how long the action in the block takes."""
        began = time.monotonic()
        yield
        self.ended = time.monotonic()
        self.seconds = self.ended - began


class TimeshiftCollapseWarning(Resumable, keras.callbacks.Callback):
    """Warns once if a model no longer distinguishes early notes from late ones.

    The devices warn while the variance of the decoded timeshifts over all cells is below 0.01. That
    holds for most data, since most cells are empty. This callback uses the cells with a note in one
    held-out batch, and warns if their variance is less than a tenth of that of the data. Data on
    the grid gives no warning.

    Args:
      data: its `held_out_batches` are decoded; without any, nothing is checked.
      after_epoch: epochs without a check: the annealing of beta.

    Attributes:
      share: variance of the decoded timeshifts over that of the data at the last check. Checks take
        at most a small share of the training time.
    """

    remembers = ('warned',)

    def __init__(self, data: TrainingData, after_epoch: int):
        super().__init__()
        self.data = data
        self.after_epoch = after_epoch
        self.share = float('nan')
        self.warned = False
        self.time = TimeShare(CHECKING_SHARE)
        self.variance = 0.0  # until there is data

    def on_train_begin(self, logs=None):
        validation = self.data.held_out_batches()
        if validation is None:
            return
        self.batch = lay_out(next(iter(validation)), self.data.config.grid)
        self.sounding = np.asarray(self.batch['onset']) > 0
        self.variance = float(np.var(np.asarray(self.batch['timeshift'])[self.sounding]))

    def on_epoch_end(self, epoch, logs=None):
        on_the_grid = self.variance < MIN_VARIANCE
        if self.warned or on_the_grid or epoch <= self.after_epoch or not self.time.allows():
            return
        with self.time.spent():
            decoded = self.model(self.batch, training=False)['timeshift']
        self.share = float(np.var(np.asarray(decoded)[self.sounding])) / self.variance
        if self.share < COLLAPSED_SHARE:
            self.warned = True
            _logger.warning(
                'Epoch %d: decoded timeshifts vary %.0f%% as much as those of the data: the model '
                'plays everything on the grid.',
                epoch + 1,
                100 * self.share,
            )


class NotANumber(UserError):
    """The loss is NaN or infinite; names the step."""


class StopOnNaN(keras.callbacks.Callback):
    """Ends training when a loss is no longer finite, before the model can be saved.

    Checks `loss` whenever Keras returns from its steps, and all values, including those of the
    validation, after every epoch. Put it before callbacks that save the model.

    Raises:
      NotANumber: names the epoch and the step.
    """

    def __init__(self):
        super().__init__()
        self.epoch = 0

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        logs = logs or {}
        if not np.isfinite(logs.get('loss', 0.0)):
            raise NotANumber(
                f'The loss is not a number any more, by step {batch + 1} of epoch '
                f'{self.epoch + 1}: lower --config.training.learning_rate.'
            )

    def on_epoch_end(self, epoch, logs=None):
        for name, value in (logs or {}).items():
            if not np.isfinite(value):
                raise NotANumber(
                    f'{name} is not a number any more, at the last step of epoch {epoch + 1}: '
                    f'lower --config.training.learning_rate.'
                )
