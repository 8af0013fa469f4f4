"""`model.fit` with everything that a config asks for."""

from collections.abc import Sequence

import keras
import tensorflow as tf

from melodyvae.config.settings import Config
from melodyvae.errors import UserError
from melodyvae.loops.batches import steps_per_epoch, training_batches, validation_batches
from melodyvae.loops.examples import Examples
from melodyvae.loops.loops import Loops
from melodyvae.model.optimizer import FusedAdam, PaperAdam
from melodyvae.model.vae import MelodyVAE
from melodyvae.run_folder import RunFolder, forget_later_epochs
from melodyvae.training.calibration import balance_pitches
from melodyvae.training.checkpoints import BestModel, SaveState, State
from melodyvae.training.monitors import NotANumber, StopOnNaN, TimeshiftCollapseWarning
from melodyvae.training.progress import EpochLines
from melodyvae.training.schedules import BetaAnnealing, CosineDecay, LogLearningRate, StepDecay
from melodyvae.training.signals import StopOnSignal, Stopped
from melodyvae.training.tensorboard import TensorBoardLosses, TensorBoardPictures

STEPS_AT_ONCE = 8  # at most; a signal waits for the end of them
WARM_UP = 10  # epochs in which a model may play on the grid without a warning


def fit(
    run: RunFolder,
    loops: Loops,
    training: Examples,
    validation: Examples,
    *,
    state: State | None = None,
    quiet: bool = False,
) -> None:
    """Trains; the run folder gets the checkpoint, the metrics and the events.

    Args:
      run: gives the config, takes what is written.
      loops: the library.
      training, validation: examples of it.
      state: to continue from.
      quiet: no line an epoch.

    Raises:
      UserError: if the loss turns NaN.
      Stopped: on Ctrl-C or SIGTERM; the run has a checkpoint then.
    """
    config = run.config
    keras.utils.set_random_seed(config.training.seed)
    model = state.model if state else build_model(config)
    first_epoch = state.epoch if state else 0
    forget_later_epochs(run.metrics, first_epoch)
    held_out = validation_batches(loops, validation, config)
    steps = steps_per_epoch(training, validation, config)
    chosen = build_callbacks(run, loops, training, held_out, steps, state=state, quiet=quiet)
    best = next(callback for callback in chosen if isinstance(callback, BestModel))
    try:
        try:
            batches = training_batches(loops, training, validation, config, first_epoch=first_epoch)
            fit_batches(model, batches, steps, held_out, chosen, first_epoch=first_epoch)
        finally:
            best.write()
    except NotANumber as error:
        raise UserError(f'{error}{_kept(run)}') from None
    except OSError as error:
        raise UserError(
            f'{run.path} cannot be written: {error.strerror or error}. Free some space, then '
            f'continue with melodyvae_train --run_dir={run.path} --resume.{_kept(run)}'
        ) from error
    except Stopped:
        if not run.model_path.exists():
            model.save(run.model_path)
        raise


def fit_batches(
    model: MelodyVAE,
    batches: tf.data.Dataset,
    steps: int,
    held_out: tf.data.Dataset,
    chosen: Sequence[keras.callbacks.Callback],
    *,
    first_epoch: int = 0,
) -> keras.callbacks.History:
    """`model.fit` as every training calls it.

    Args:
      model: compiled.
      batches: `batches.training_batches`, from the first epoch on.
      steps: of an epoch.
      held_out: `batches.validation_batches`.
      chosen: the callbacks.
      first_epoch: counted from 0; those before have been trained.
    """
    model.steps_per_execution = steps_at_once(steps)
    return model.fit(
        batches,
        steps_per_epoch=steps,
        initial_epoch=first_epoch,
        epochs=model.config.training.epochs,
        validation_data=held_out,
        callbacks=list(chosen),
        shuffle=False,  # the batches are
        verbose=0,
    )


def steps_at_once(steps: int) -> int:
    """Steps that TensorFlow takes before it comes back to Python, which costs each a few percent.

    They divide the steps of an epoch: Keras would run over its end.
    """
    return max(n for n in range(1, STEPS_AT_ONCE + 1) if steps % n == 0)


def _kept(run: RunFolder) -> str:
    return f' The last good checkpoint is {run.model_path}.' if run.model_path.exists() else ''


def build_model(config: Config) -> MelodyVAE:
    """The model of a config, compiled."""
    model = MelodyVAE(config)
    model.compile(optimizer=build_optimizer(config))
    model.optimizer.build(model.trainable_variables)  # or the first step is traced twice
    return model


def build_optimizer(config: Config) -> keras.optimizers.Optimizer:
    """Adam at the config's learning rate, with the epsilon of TensorFlow and of the devices."""
    adam = PaperAdam if config.training.paper_adam else FusedAdam
    return adam(learning_rate=config.training.learning_rate, epsilon=1e-7)


def build_callbacks(
    run: RunFolder,
    loops: Loops,
    examples: Examples,
    held_out,
    steps: int,
    *,
    state: State | None = None,
    quiet: bool = False,
) -> list[keras.callbacks.Callback]:
    """All that a run needs while it trains: what decides, what watches and what records."""
    config = run.config
    training = config.training
    chosen = [*deciding_callbacks(config), StopOnSignal()]
    if 'timeshift' in config.features:
        chosen.append(
            TimeshiftCollapseWarning(
                held_out, after_epoch=max(WARM_UP, training.kl_annealing_epochs)
            )
        )
    best = BestModel(
        run.model_path,
        training.monitor,
        keep_best=training.keep_best,
        finish=lambda model: balance_pitches(model, loops, examples),
    )
    chosen += [
        best,
        keras.callbacks.CSVLogger(run.metrics, append=state is not None),
        TensorBoardLosses(run.events, write_graph=False),
        TensorBoardPictures(run.events, loops),
    ]
    if not quiet:
        chosen.append(EpochLines(training.epochs, steps, training.monitor))
    return [*chosen, SaveState(run.states, chosen, best, restored=state)]


def deciding_callbacks(config: Config) -> list[keras.callbacks.Callback]:
    """What the config asks for that changes what is learned: schedules and ends."""
    training = config.training
    chosen = [
        StopOnNaN(),
        BetaAnnealing(training.kl_annealing_epochs, training.beta, training.kl_cycle_epochs),
        *_learning_rate_decay(config),
        LogLearningRate(),
    ]
    if training.early_stopping_patience:
        # The weights of the best epoch are in the checkpoint, which outlives a killed run.
        chosen.append(
            keras.callbacks.EarlyStopping(
                training.monitor, mode='min', patience=training.early_stopping_patience
            )
        )
    return chosen


def _learning_rate_decay(config: Config) -> list[keras.callbacks.Callback]:
    training = config.training
    if training.decay == 'step':
        return [
            StepDecay(training.decay_epochs, training.decay_factor, training.decay_resets_optimizer)
        ]
    if training.decay == 'cosine':
        return [CosineDecay(training.learning_rate, training.epochs)]
    if training.decay == 'plateau':
        return [
            keras.callbacks.ReduceLROnPlateau(
                training.monitor,
                mode='min',
                factor=training.decay_factor,
                patience=training.decay_epochs,
            )
        ]
    return []
