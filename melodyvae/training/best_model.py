"""Keeps the model of the best epoch, in memory and on disk."""

from pathlib import Path

import keras

from melodyvae.config.settings import TrainingConfig
from melodyvae.training.resumable import Resumable
from melodyvae.training.snapshot import Snapshot


class BestModel(Resumable, keras.callbacks.Callback):
    """Keeps the model of the best epoch, with its optimizer, and ends the training with it.

    The model is kept in memory, and `write` puts it on disk: a copy takes a tenth of the time that
    a file takes, and each of the first epochs is usually the best so far.

    Args:
      config: with `keep_best`, the best epoch is the one with the lowest `monitor`. Without it, or
        if nothing is held out, it is the last one.
      path: of the checkpoint; None writes none.

    Attributes:
      best: the best value so far.
      epoch: the best epoch so far, counted from 1; 0 before the first.
    """

    remembers = ('best',)

    def __init__(self, config: TrainingConfig, path: Path | None = None):
        super().__init__()
        self.config = config
        self.path = path
        self.best = float('inf')
        self.epoch = 0
        self.kept: Snapshot | None = None
        self.written = False

    def on_epoch_end(self, epoch, logs=None):
        value = (logs or {}).get(self.config.monitor)
        if value is None or not self.config.keep_best or value < self.best:
            self.best = self.best if value is None else value
            self.epoch = epoch + 1
            self.written = False
            if self.kept is None:
                self.kept = Snapshot(self.model)
            else:
                self.kept.take()

    def on_train_end(self, logs=None):
        if self.kept:
            self.kept.put_back()
            self._save()

    def write(self) -> None:
        """Writes the checkpoint if it is not on disk yet; the training model stays as it is."""
        if self.path is None or self.written or not self.kept:
            return
        now = Snapshot(self.model)
        try:
            self.kept.put_back()
            self._save()
        finally:
            now.put_back()

    def _save(self) -> None:
        if self.path is not None and not self.written:
            self.model.save(self.path)
            self.written = True
