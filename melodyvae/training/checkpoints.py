"""Stopping and going on: what `--resume` needs, and what Ctrl-C does."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np

from melodyvae.atomic import new_folder
from melodyvae.errors import UserError
from melodyvae.training.monitors import TimeShare

# What each callback knows besides its settings. Anything else is in the model: weights, moments,
# learning rate, beta and the seeds of sampling and dropout.
CALLBACK_STATE = {
    'EarlyStopping': ('best', 'wait'),
    'ReduceLROnPlateau': ('best', 'wait', 'cooldown_counter'),
    'BestModel': ('best',),
    'EpochLines': ('best',),
    'TimeshiftCollapseWarning': ('warned',),
}


SAVING_SHARE = 0.01  # of the training time, at most


class BestModel(keras.callbacks.Callback):
    """Keeps the model of the best epoch, with its optimiser: in memory, and on disk by `write`.

    A copy takes a tenth of the time that a file takes, and early epochs are all the best so far.

    Args:
      path: the checkpoint.
      monitor: the value that is to be small.
      keep_best: False for the model of the last epoch.
      finish: called with the model that is about to be written, and may change its weights; what
        training goes on with is left alone.
    """

    def __init__(
        self,
        path: Path,
        monitor: str,
        *,
        keep_best: bool,
        finish: Callable[[keras.Model], None] = lambda model: None,
    ):
        super().__init__()
        self.path = path
        self.monitor = monitor
        self.keep_best = keep_best
        self.finish = finish
        self.best = float('inf')
        self.values: list[np.ndarray] = []

    def on_epoch_end(self, epoch, logs=None):
        value = (logs or {})[self.monitor]
        if value < self.best or not self.keep_best:
            self.best = value
            self._keep()

    def write(self) -> None:
        """Puts the checkpoint on disk, unless it is there."""
        if not self.values:
            return
        now = self._copy()
        self._assign(self.values)
        try:
            self.finish(self.model)
            self.model.save(self.path)
        finally:
            self._assign(now)
        self.values = []

    def _variables(self) -> list:
        return [*self.model.variables, *self.model.optimizer.variables]

    def _keep(self) -> None:
        if not self.values:
            self.values = self._copy()
            return
        for kept, variable in zip(self.values, self._variables(), strict=True):
            np.copyto(kept, variable)  # fresh memory would cost more than the copying

    def _copy(self) -> list[np.ndarray]:
        return [np.array(variable) for variable in self._variables()]

    def _assign(self, values: list[np.ndarray]) -> None:
        for variable, value in zip(self._variables(), values, strict=True):
            variable.assign(value)


class SaveState(keras.callbacks.Callback):
    """Keeps the whole state of training on disk, from which it continues bit for bit.

    Each state is a folder of its own that appears in one move; the one before is deleted only
    then, so a killed run always has a whole one. Saves after an epoch, the best model included,
    if that takes no more than a small share of the time since the last save; a run that resumes
    from an earlier epoch repeats the later ones exactly.

    Args:
      folder: where the states go.
      callbacks: those whose state counts; this one must come after them.
      best: one of them.
      restored: a state to continue from.
    """

    def __init__(
        self, folder: Path, callbacks: list, best: BestModel, restored: 'State | None' = None
    ):
        super().__init__()
        self.folder = folder
        self.best = best
        self.callbacks = {type(callback).__name__: callback for callback in callbacks}
        # A callback that is missing this time, as with --quiet, keeps what was known of it.
        self.known: dict[str, dict] = restored.callbacks if restored else {}
        self.time = TimeShare(SAVING_SHARE)

    def on_train_begin(self, logs=None):
        for name, values in self.known.items():
            for attribute, value in values.items():
                if name in self.callbacks:
                    setattr(self.callbacks[name], attribute, value)

    def on_epoch_end(self, epoch, logs=None):
        last = self.model.stop_training or epoch + 1 == self.params['epochs']
        if last or self.time.allows():
            with self.time.spent():
                self.best.write()  # first: a run that resumes here may find nothing better
                self.save(epoch + 1)

    def save(self, epoch: int) -> None:
        """Writes the state after `epoch` epochs, then deletes the ones before."""
        for name, attributes in CALLBACK_STATE.items():
            if name in self.callbacks:
                self.known[name] = {a: getattr(self.callbacks[name], a) for a in attributes}
        with new_folder(self.folder / f'epoch-{epoch:06}', overwrite=True) as folder:
            self.model.save(folder / 'model.keras')
            (folder / 'state.json').write_text(
                json.dumps(
                    {
                        'epoch': epoch,
                        'finished': bool(self.model.stop_training),
                        'callbacks': self.known,
                    }
                )
            )
        for older in sorted(self.folder.glob('epoch-*'))[:-1]:
            shutil.rmtree(older)


class State:
    """A saved state of training.

    Attributes:
      epoch: epochs that are done.
      finished: early stopping has ended the training.
      callbacks: attributes by callback, see `CALLBACK_STATE`.
      model: the Keras model with its optimiser.
    """

    def __init__(self, folder: Path):
        values = json.loads((folder / 'state.json').read_text())
        self.epoch: int = values['epoch']
        self.finished: bool = values['finished']
        self.callbacks: dict[str, dict] = values['callbacks']
        self.model = keras.models.load_model(folder / 'model.keras')


def last_state(folder: Path) -> State | None:
    """The latest whole state in a folder, if there is any.

    Raises:
      UserError: if it cannot be read.
    """
    states = sorted(folder.glob('epoch-*'))
    if not states:
        return None
    try:
        return State(states[-1])
    except (OSError, ValueError, KeyError) as error:
        raise UserError(f'{states[-1]} cannot be read: {error}. Delete it to resume.') from error


def forget_states(folder: Path) -> None:
    """Deletes all states, in one move first: half a state would look like a damaged one."""
    if folder.exists():
        doomed = folder.with_name(f'.{folder.name}.old')
        shutil.rmtree(doomed, ignore_errors=True)
        folder.rename(doomed)
        shutil.rmtree(doomed)
