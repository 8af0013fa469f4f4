"""The model that a training ends with: that of the best epoch, its pitches balanced."""

import logging
from pathlib import Path

import keras

from melodyvae.config.settings import Config
from melodyvae.training.calibration import balance_pitches
from melodyvae.training.data import TrainingData
from melodyvae.training.resumable import Resumable
from melodyvae.training.snapshot import Snapshot

_warn = logging.getLogger(__name__).warning


class BestModel(Resumable, keras.callbacks.Callback):
    """Keeps the model of the best epoch, with its optimiser, and ends the training with it.

    It is kept in memory, and put on disk by `write`: a copy takes a tenth of the time that a file
    takes, and early epochs are all the best so far.

    Args:
      config: `training.monitor` is the value that is to be small, if `training.keep_best` is on;
        otherwise, or where nothing is held out, the last epoch counts as the best. With
        `training.pitch_balance` the onset biases are moved at the end, see `balance_pitches`.
      path: the checkpoint, if there is to be one.

    Attributes:
      best: the best value so far.
      epoch: the best epoch so far, counted from 1; 0 before the first.
    """

    remembers = ('best',)

    def __init__(self, config: Config, path: Path | None = None):
        super().__init__()
        self.config = config
        self.path = path
        self.best = float('inf')
        self.epoch = 0
        self.kept: Snapshot | None = None
        self.written = False

    def on_train_begin(self, logs=None):
        if self.config.training.pitch_balance and self._data() is None:
            _warn('training.pitch_balance does nothing: fit the model to training_data(...).')

    def on_epoch_end(self, epoch, logs=None):
        value = (logs or {}).get(self.config.training.monitor)
        if value is None or not self.config.training.keep_best or value < self.best:
            self.best = self.best if value is None else value
            self.epoch = epoch + 1
            self.written = False
            if self.kept is None:
                self.kept = Snapshot(self.model)
            else:
                self.kept.take()

    def on_train_end(self, logs=None):
        if self.kept:
            self._finish(self.kept)
            self._save()

    def write(self) -> None:
        """Puts the checkpoint on disk, unless it is there; what trains goes on as it is."""
        if self.path is None or self.written or not self.kept:
            return
        now = Snapshot(self.model)
        try:
            self._finish(self.kept)
            self._save()
        finally:
            now.put_back()

    def _finish(self, kept: Snapshot) -> None:
        """Makes the model what the training ends with."""
        kept.put_back()
        data = self._data()
        if data is not None:
            balance_pitches(self.model, data.loops, data.training)

    def _save(self) -> None:
        if self.path is not None and not self.written:
            self.model.save(self.path)
            self.written = True

    def _data(self) -> TrainingData | None:
        data = getattr(self.model, 'learning_from', None)
        return data if isinstance(data, TrainingData) else None
