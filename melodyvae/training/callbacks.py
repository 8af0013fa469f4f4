"""The callbacks that a config asks for."""

from pathlib import Path

import keras

from melodyvae.config import Config
from melodyvae.system.errors import UserError
from melodyvae.training.best_model import BestModel
from melodyvae.training.data import TrainingData
from melodyvae.training.monitors import StopOnNaN, TimeshiftCollapseWarning
from melodyvae.training.progress import EpochLines
from melodyvae.training.resumable import EarlyStopping
from melodyvae.training.schedules import (
    DECAY,
    DECAY_EPOCHS,
    BetaAnnealing,
    CosineDecay,
    LogLearningRate,
    ReduceLROnPlateau,
    StepDecay,
)

WARM_UP = 10  # epochs without a warning if a model plays on the grid


def default_callbacks(
    data: TrainingData,
    *,
    checkpoint: Path | None = None,
    quiet: bool = False,
    losses: bool = False,
) -> list[keras.callbacks.Callback]:
    """Returns the callbacks that the config of `training_data` asks for.

    They schedule beta and the learning rate, stop early, stop at a loss that is not finite, warn if
    timeshifts collapse, restore the weights of the best epoch, and print one line per epoch. With a
    cosine decay, the learning rate starts from `config.training.learning_rate`, whatever the
    compiled optimizer has.

    Args:
      data: what `MelodyVAE.fit` is given as well; made by `training_data`.
      checkpoint: file for the model of the best epoch; None writes none.
      quiet: print no lines.
      losses: print every loss.

    Raises:
      UserError: if `data` is not made by `training_data`.
    """
    if not isinstance(data, TrainingData):
        raise UserError('default_callbacks takes what training_data(loops, config) returns.')
    config = data.config
    training = config.training
    annealing = training.kl_annealing_epochs
    chosen = [
        StopOnNaN(),
        BetaAnnealing(annealing, training.beta, training.epochs),
        *_decay_learning_rate(config),
        LogLearningRate(),
    ]
    if training.early_stopping_patience:
        # `BestModel` restores the weights of the best epoch, also in a run that was killed.
        chosen.append(
            EarlyStopping(training.monitor, mode='min', patience=training.early_stopping_patience)
        )
    if 'timeshift' in config.features:
        chosen.append(TimeshiftCollapseWarning(data, after_epoch=max(WARM_UP, annealing)))
    chosen.append(BestModel(training, checkpoint))
    if not quiet:
        chosen.append(EpochLines(training.monitor, losses=losses))
    return chosen


def _decay_learning_rate(config: Config) -> list[keras.callbacks.Callback]:
    training = config.training
    if training.decay == 'step':
        return [StepDecay(DECAY_EPOCHS, reset_optimizer=training.device_adam)]
    if training.decay == 'cosine':
        return [CosineDecay(training.learning_rate)]
    if training.decay == 'plateau':
        monitor = training.monitor
        return [ReduceLROnPlateau(monitor, mode='min', factor=DECAY, patience=DECAY_EPOCHS)]
    return []
