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
    """Trains a run on the data of its library, and writes its checkpoint, metrics and events.

    Args:
      state: to continue from.
      quiet, losses, live: as of `train`.

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
            saver.write_best()
            for callback in chosen:
                # Restores signals and closes files, which Keras does not do if training fails.
                if isinstance(callback, (StopOnSignal, keras.callbacks.CSVLogger)):
                    callback.on_train_end()
    except (NotANumber, OSError) as error:
        sentence = str(error)
        if isinstance(error, OSError):
            sentence = (
                f'{run.path} cannot be written: {error.strerror or error}. Free some space, then '
                f'continue with melodyvae_train --run_dir={quote(run.path)} --resume.'
            )
        if run.model_path.exists():
            sentence += f' The last good checkpoint is {run.model_path}.'
        raise UserError(sentence) from error
    except Stopped:
        saver.save_kept()
        if not run.model_path.exists():
            model.save(run.model_path)
        raise
