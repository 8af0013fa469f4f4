"""Shows the progress of a training: a bar within an epoch, and one line per epoch."""

import math
import sys
import time

import keras
from tqdm import tqdm

from melodyvae.training.resumable import Resumable

ORDER = ('loss', 'onset_loss', 'velocity_loss', 'duration_loss', 'timeshift_loss', 'kl')


def _digits(value: float) -> str:
    """Formats with two decimals, or two digits below 0.1, such as the timeshift loss."""
    return f'{value:.2f}' if abs(value) >= 0.1 else f'{value:.2g}'


class EpochLines(Resumable, keras.callbacks.Callback):
    """Prints one line per epoch to standard error, and a bar within it if that is a terminal.

    Args:
      monitor: name of the value to show, with its best.
      losses: show all values.
      file: to print to; standard error by default.
    """

    remembers = ('best',)

    def __init__(self, monitor: str, *, losses: bool = False, file=None):
        super().__init__()
        self.monitor = monitor
        self.losses = losses
        self.best = float('inf')
        self.file = file or sys.stderr
        self.started = 0.0
        self.first = 0
        self.bar = tqdm(disable=True)

    def on_train_begin(self, logs=None):
        self.started = time.monotonic()
        self.first = -1

    def on_epoch_begin(self, epoch, logs=None):
        if self.first < 0:
            self.first = epoch
        self.bar = tqdm(
            total=self.params['steps'],
            desc=f'epoch {epoch + 1}/{self.params["epochs"]}',
            unit='step',
            leave=False,
            disable=not self.file.isatty(),
            file=self.file,
        )

    def on_train_batch_end(self, batch, logs=None):
        self.bar.update(batch + 1 - self.bar.n)
        self.bar.set_postfix(loss=f'{(logs or {}).get("loss", 0):.2f}', refresh=False)

    def on_epoch_end(self, epoch, logs=None):
        logs = logs or {}
        self.bar.close()
        self.best = min(self.best, logs.get(self.monitor, float('inf')))
        print(self.line(epoch, logs), file=self.file, flush=True)
        if epoch + 1 == self.params['epochs'] or (self.model and self.model.stop_training):
            print('Training is done; finishing the model ...', file=self.file, flush=True)

    def line(self, epoch: int, logs: dict) -> str:
        """Returns the line of an epoch; with `losses`, all values as training/validation."""
        parts = [f'epoch {epoch + 1}/{self.params["epochs"]}']
        if self.losses:
            parts += _describe_losses(logs)
        if self.monitor in logs:
            held_out = 'held-out ' if self.monitor.startswith('val_') else ''
            parts.append(f'{held_out}loss {logs[self.monitor]:.2f}')
            parts.append(f'best {self.best:.2f}')
        elif not self.losses:
            parts.append(f'loss {logs.get("loss", math.nan):.2f}')
        done = epoch + 1 - self.first
        left = round((time.monotonic() - self.started) / done * (self.params['epochs'] - epoch - 1))
        parts.append(f'{left // 60}:{left % 60:02} left')
        return '  '.join(parts)


def _describe_losses(logs: dict) -> list[str]:
    parts = []
    for name in sorted(logs, key=lambda name: (*ORDER, name).index(name)):
        if name.startswith('val_') or name in ('beta', 'learning_rate'):
            continue
        value = logs[name]
        values = (value, logs[f'val_{name}']) if f'val_{name}' in logs else (value,)
        parts.append(f'{name.removesuffix("_loss")} {"/".join(map(_digits, values))}')
    if 'beta' in logs:
        parts.append(f'beta {logs["beta"]:.2f}')
    if 'learning_rate' in logs:
        parts.append(f'lr {logs["learning_rate"]:.2g}')
    return parts
