"""Stops a training on Ctrl-C, SIGTERM and SIGHUP."""

import signal
import threading
from pathlib import Path

import keras

from melodyvae.system.errors import UserError
from melodyvae.system.terminal import quote

# A terminal that is closed sends SIGHUP, where there are terminals.
STOPPING = tuple(
    getattr(signal, name) for name in ('SIGINT', 'SIGTERM', 'SIGHUP') if hasattr(signal, name)
)


class Stopped(UserError):
    """A signal has ended the training."""

    def __init__(self, number: int, when: str):
        super().__init__(f'Stopped {when}.')
        self.exit_status = 128 + number

    def with_advice(self, path: Path, rest: str) -> 'Stopped':
        """Adds how to continue the run at `path`, which does the `rest`; returns this error."""
        self.args = (
            f'{self} {path} can be exported and played as it is; continue with '
            f'melodyvae_train --run_dir={quote(path)} --resume, which {rest}.',
        )
        return self


class StopOnSignal(keras.callbacks.Callback):
    """Stops training after the current steps on a signal; a second one ends the program at once.

    Raises:
      Stopped: from within `fit`.
    """

    def __init__(self):
        super().__init__()
        self.received = 0
        self.epoch = 0
        self.previous = {}

    def on_train_begin(self, logs=None):
        if threading.current_thread() is not threading.main_thread():
            return  # only the main thread can handle signals
        for number in STOPPING:
            self.previous[number] = signal.signal(number, self.receive)

    def receive(self, number, frame):
        self.received = number
        self.restore()

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if self.received:
            raise Stopped(self.received, f'in epoch {self.epoch + 1}')

    def on_test_batch_end(self, batch, logs=None):
        self.on_train_batch_end(batch)

    def on_train_end(self, logs=None):
        self.restore()

    def restore(self):
        """Restores the previous signal handlers."""
        while self.previous:
            signal.signal(*self.previous.popitem())
