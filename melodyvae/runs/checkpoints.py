"""States of training on disk, from which `--resume` continues."""

import logging
import shutil
from collections.abc import Sequence
from pathlib import Path

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
STATES_KEPT = 2  # the last one, and the one before in case the last is damaged
_warn = logging.getLogger(__name__).warning


class SaveState(keras.callbacks.Callback):
    """Saves the whole state of training, from which it continues bit for bit.

    Each state is a folder that appears in one move, so a killed run always has a complete one. The
    state and the best model are saved after an epoch if that takes only a small share of the time
    since the last save. Otherwise the state is kept in memory, for `save_kept`. A run that resumes
    from an earlier epoch repeats the later ones exactly.

    Args:
      folder: of the states.
      callbacks: of the training; the state of those that are `Resumable` is saved. This callback
        must come after them.
      restored: a state to continue from.

    Attributes:
      saved_epoch: the number of epochs before the state on disk; 0 if there is none.
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
        # The state of a callback that is missing this time, as with --quiet, is kept.
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
                self.write_best()
                self._remember_callbacks()
                self.save(epoch + 1)
        else:
            self._keep(epoch + 1)

    def save_kept(self) -> None:
        """Writes the state after the last whole epoch, if it is only in memory.

        The model returns to that state.
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

    def write_best(self) -> None:
        """Writes the best model so far, since later epochs may not be better."""
        for callback in self.callbacks.values():
            if isinstance(callback, BestModel):
                callback.write()

    def save(self, epoch: int) -> None:
        """Writes the state after `epoch` epochs."""
        finished = bool(self.model.stop_training)
        write_state(self.folder, self.model, epoch, finished=finished, callbacks=self.known)
        self.saved_epoch = epoch


def write_state(
    folder: Path,
    model: keras.Model,
    epoch: int,
    *,
    finished: bool = False,
    callbacks: dict[str, dict] | None = None,
) -> None:
    """Writes a state of training (see `State`), then deletes all but that and the one before."""
    with new_folder(folder / f'epoch-{epoch:06}', overwrite=True) as temporary:
        model.save(temporary / 'model.keras')
        values = {'epoch': epoch, 'finished': finished, 'callbacks': callbacks or {}}
        write_checked(values, temporary / 'state.json')
    for older in sorted(folder.glob('epoch-*'))[:-STATES_KEPT]:
        shutil.rmtree(older)


class State:
    """A saved state of training.

    Attributes:
      epoch: the number of epochs that are done.
      finished: whether early stopping has ended the training.
      callbacks: the state of each callback by name; see `resumable.Resumable`.
      model: the Keras model with its optimizer.
    """

    def __init__(self, folder: Path):
        values = read_checked(folder / 'state.json')
        self.epoch: int = values['epoch']
        self.finished: bool = values['finished']
        self.callbacks: dict[str, dict] = values['callbacks']
        self.model = read_model(folder / 'model.keras')


def load_last_state(folder: Path) -> State | None:
    """Loads the latest complete state in a folder, and warns if a later one is damaged.

    Raises:
      UserError: if there are states, and all are damaged.
    """
    damage = ''
    for path in sorted(folder.glob('epoch-*'), reverse=True):
        try:
            state = State(path)
        except (OSError, ValueError, KeyError, UserError) as error:
            damage = damage or f'{path} cannot be read: {str(error).rstrip(".")}.'
            continue
        if damage:
            _warn('%s Training continues from the one before, after epoch %d.', damage, state.epoch)
        return state
    if damage:
        raise UserError(f'{damage} Delete {folder} to train from the start with --resume.')
    return None


def forget_states(folder: Path) -> None:
    """Deletes all states; they are moved first, so that no half-deleted state looks damaged."""
    if folder.exists():
        doomed = folder.with_name(f'.{folder.name}.old')
        shutil.rmtree(doomed, ignore_errors=True)
        folder.rename(doomed)
        shutil.rmtree(doomed)
