"""Fits the model of a run, and writes its checkpoint, metrics and events."""

import keras

from melodyvae.model.vae import MelodyVAE
from melodyvae.runs.checkpoints import SaveState, State
from melodyvae.runs.folder import RunFolder
from melodyvae.runs.live import LiveModel
from melodyvae.runs.signals import StopOnSignal, Stopped
from melodyvae.runs.tensorboard import TensorBoardLosses, TensorBoardPictures
from melodyvae.system.errors import UserError
from melodyvae.system.terminal import quote
from melodyvae.training.best_model import BestModel
from melodyvae.training.callbacks import default_callbacks
from melodyvae.training.data import TrainingData
from melodyvae.training.history import forget_later_epochs
from melodyvae.training.monitors import NotANumber


def fit(
    run: RunFolder,
    data: TrainingData,
    *,
    state: State | None = None,
    quiet: bool = False,
    losses: bool = False,
    live: bool = False,
) -> None:
    """Trains, and writes the checkpoint, the metrics and the events.

    Args:
      run: its config is used, and its folder is written.
      data: of the run's library.
      state: to continue from.
      quiet: print no lines.
      losses: print every loss.
      live: keep the current model in the folder `live` of the run.

    Raises:
      UserError: if the loss is not finite, or the disk is full.
      Stopped: on Ctrl-C, SIGTERM or SIGHUP. The run then has a checkpoint and the state after the
        last whole epoch, if there is one.
    """
    model = state.model if state else MelodyVAE(run.config)
    first_epoch = state.epoch if state else 0
    forget_later_epochs(run.metrics, first_epoch)
    chosen = [
        *default_callbacks(data, checkpoint=run.model_path, quiet=quiet, losses=losses),
        StopOnSignal(),
        keras.callbacks.CSVLogger(run.metrics, append=state is not None),
        TensorBoardLosses(run.events, write_graph=False),
        TensorBoardPictures(run.events, data.loops),
        *([LiveModel(run.live, data.loops)] if live else []),
    ]
    saver = SaveState(run.states, chosen, restored=state)
    try:
        try:
            model.fit(data, initial_epoch=first_epoch, callbacks=[*chosen, saver])
        finally:
            _write_best(chosen)
            _release(chosen)
    except NotANumber as error:
        raise UserError(f'{error}{_name_checkpoint(run)}') from None
    except OSError as error:
        raise UserError(
            f'{run.path} cannot be written: {error.strerror or error}. Free some space, then '
            f'continue with melodyvae_train --run_dir={quote(run.path)} --resume.'
            f'{_name_checkpoint(run)}'
        ) from error
    except Stopped:
        saver.save_kept()
        if not run.model_path.exists():
            model.save(run.model_path)
        raise


def _write_best(chosen: list[keras.callbacks.Callback]) -> None:
    for callback in chosen:
        if isinstance(callback, BestModel):
            callback.write()


def _release(chosen: list[keras.callbacks.Callback]) -> None:
    """Restores signals and closes files, which Keras does not do if training fails."""
    for callback in chosen:
        if isinstance(callback, (StopOnSignal, keras.callbacks.CSVLogger)):
            callback.on_train_end()


def _name_checkpoint(run: RunFolder) -> str:
    return f' The last good checkpoint is {run.model_path}.' if run.model_path.exists() else ''
