"""States of training on disk, from which `--resume` goes on."""

import logging
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras

from melodyvae.model.saved import read_model
from melodyvae.system.atomic import new_folder
from melodyvae.system.checked_json import read_checked, write_checked
from melodyvae.system.errors import UserError
from melodyvae.training.best_model import BestModel
from melodyvae.training.monitors import TimeShare
from melodyvae.training.resumable import Resumable
from melodyvae.training.snapshot import Snapshot

SAVING_SHARE = 0.01  # of the training time, at most
STATES_KEPT = 2  # the last one, and the one before in case that is damaged
_warn = logging.getLogger(__name__).warning


class SaveState(keras.callbacks.Callback):
    """Keeps the whole state of training on disk, from which it continues bit for bit.

    Each state is a folder of its own that appears in one move, so a killed run always has a whole
    one; the one before the last is kept too. Saves after an epoch, the best model included, if that
    takes no more than a small share of the time since the last save, and otherwise keeps the state
    in memory, for `save_kept`; a run that resumes from an earlier epoch repeats the later ones
    exactly.

    Args:
      folder: where the states go.
      callbacks: among them those whose state counts; this one must come after them.
      restored: a state to continue from.

    Attributes:
      saved_epoch: epochs after which the state on disk was taken; 0 if there is none.
    """

    def __init__(
        self,
        folder: Path,
        callbacks: Sequence[keras.callbacks.Callback],
        restored: 'State | None' = None,
    ):
        super().__init__()
        self.folder = folder
        self.callbacks = {type(x).__name__: x for x in callbacks if isinstance(x, Resumable)}
        # A callback that is missing this time, as with --quiet, keeps what was known of it.
        self.known: dict[str, dict] = restored.callbacks if restored else {}
        self.time = TimeShare(SAVING_SHARE)
        self.kept: Snapshot | None = None
        self.kept_epoch = 0
        self.saved_epoch = restored.epoch if restored else 0

    def on_train_begin(self, logs=None):
        for name, callback in self.callbacks.items():
            callback.set_state(self.known.get(name, {}))

    def on_epoch_end(self, epoch, logs=None):
        last = self.model.stop_training or epoch + 1 == self.params['epochs']
        if last or self.time.allows():
            with self.time.spent():
                self._write_best()
                self._remember_callbacks()
                self.save(epoch + 1)
        else:
            self._keep(epoch + 1)

    def save_kept(self) -> None:
        """Writes the state after the last whole epoch, if only memory has it.

        The model goes back to that state.
        """
        if self.kept and self.kept_epoch > self.saved_epoch:
            self.kept.put_back()
            self.save(self.kept_epoch)

    def _keep(self, epoch: int) -> None:
        if self.kept is None:
            self.kept = Snapshot(self.model)
        else:
            self.kept.take()
        self.kept_epoch = epoch
        self._remember_callbacks()

    def _remember_callbacks(self) -> None:
        self.known |= {name: callback.get_state() for name, callback in self.callbacks.items()}

    def _write_best(self) -> None:
        """Before a state is saved: a run that resumes there may find nothing better."""
        for callback in self.callbacks.values():
            if isinstance(callback, BestModel):
                callback.write()

    def save(self, epoch: int) -> None:
        """Writes the state after `epoch` epochs, then deletes all but that and the one before."""
        with new_folder(self.folder / f'epoch-{epoch:06}', overwrite=True) as folder:
            self.model.save(folder / 'model.keras')
            values: dict[str, Any] = {
                'epoch': epoch,
                'finished': bool(self.model.stop_training),
                'callbacks': self.known,
            }
            write_checked(values, folder / 'state.json')
        for older in _find_states(self.folder)[:-STATES_KEPT]:
            shutil.rmtree(older)
        self.saved_epoch = epoch


class State:
    """A saved state of training.

    Attributes:
      epoch: epochs that are done.
      finished: early stopping has ended the training.
      callbacks: what each callback remembers, by its name; see `resumable.Resumable`.
      model: the Keras model with its optimiser.
    """

    def __init__(self, folder: Path):
        values = read_checked(folder / 'state.json')
        self.epoch: int = values['epoch']
        self.finished: bool = values['finished']
        self.callbacks: dict[str, dict] = values['callbacks']
        self.model = read_model(folder / 'model.keras')


def load_last_state(folder: Path) -> State | None:
    """The latest whole state in a folder, if there is any; says so if a later one is damaged.

    Raises:
      UserError: if there are states, and all are damaged.
    """
    damage = ''
    for path in reversed(_find_states(folder)):
        try:
            state = State(path)
        except (OSError, ValueError, KeyError, UserError) as error:
            damage = damage or f'{path} cannot be read: {str(error).rstrip(".")}.'
            continue
        if damage:
            _warn('%s Training goes on from the one before, after epoch %d.', damage, state.epoch)
        return state
    if damage:
        raise UserError(f'{damage} Delete {folder} to train from the start with --resume.')
    return None


def _find_states(folder: Path) -> list[Path]:
    """The states in a folder, the latest last."""
    return sorted(folder.glob('epoch-*'))


def forget_states(folder: Path) -> None:
    """Deletes all states, in one move first: half a state would look like a damaged one."""
    if folder.exists():
        doomed = folder.with_name(f'.{folder.name}.old')
        shutil.rmtree(doomed, ignore_errors=True)
        folder.rename(doomed)
        shutil.rmtree(doomed)
