"""The callbacks that a config asks for."""

from pathlib import Path

import keras

from melodyvae.config import Config, resolve_config
from melodyvae.training.best_model import BestModel
from melodyvae.training.monitors import StopOnNaN, TimeshiftCollapseWarning
from melodyvae.training.pad import MakePad
from melodyvae.training.progress import EpochLines
from melodyvae.training.resumable import EarlyStopping
from melodyvae.training.schedules import (
    DECAY,
    BetaAnnealing,
    CosineDecay,
    LogLearningRate,
    ReduceLROnPlateau,
    StepDecay,
)

WARM_UP = 10  # epochs in which a model may play on the grid without a warning


def default_callbacks(
    config: Config | str,
    *,
    checkpoint: Path | None = None,
    quiet: bool = False,
    losses: bool = False,
) -> list[keras.callbacks.Callback]:
    """All that a config asks for while `MelodyVAE.fit` trains on `training_data`.

    Schedules of beta and the learning rate, early stopping, an end where the loss is no number, a
    warning where the timeshifts collapse, the weights of the best epoch with their pitches
    balanced, the pad that they are turned into, and a line an epoch.

    Args:
      config: of the model, or the name of its preset.
      checkpoint: where the best model is also written; nowhere if not given. A run, which has one,
        makes its pad of it at the very end (`training.train`), so that it can be stopped before.
      quiet: no line an epoch.
      losses: every loss in these lines.
    """
    config = resolve_config(config)
    training = config.training
    chosen = [
        StopOnNaN(),
        BetaAnnealing(training.kl_annealing_epochs, training.beta, planned=training.epochs),
        *_decay_learning_rate(config),
        LogLearningRate(),
    ]
    if training.early_stopping_patience:
        # The weights of the best epoch are `BestModel`'s, which outlive a killed run.
        chosen.append(
            EarlyStopping(training.monitor, mode='min', patience=training.early_stopping_patience)
        )
    if 'timeshift' in config.features:
        warm_up = max(WARM_UP, training.kl_annealing_epochs)
        chosen.append(TimeshiftCollapseWarning(after_epoch=warm_up))
    chosen.append(BestModel(config, checkpoint))
    if checkpoint is None:
        chosen.append(MakePad())
    if not quiet:
        chosen.append(EpochLines(training.monitor, losses=losses))
    return chosen


def _decay_learning_rate(config: Config) -> list[keras.callbacks.Callback]:
    training = config.training
    if training.decay == 'step':
        return [StepDecay(training.decay_epochs, reset_optimizer=training.device_adam)]
    if training.decay == 'cosine':
        return [CosineDecay(training.learning_rate)]
    if training.decay == 'plateau':
        return [
            ReduceLROnPlateau(
                training.monitor,
                mode='min',
                factor=DECAY,
                patience=training.decay_epochs,
            )
        ]
    return []
