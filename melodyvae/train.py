"""The whole program: a dataset and a config in, a run folder out."""

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np

from melodyvae import callbacks, plots
from melodyvae.batches import (
    batch_size,
    steps_per_epoch,
    training_batches,
    validation_batches,
)
from melodyvae.config import Config
from melodyvae.dataset import Loops
from melodyvae.errors import UserError
from melodyvae.evaluate import evaluate
from melodyvae.export import export_run
from melodyvae.files import new_file
from melodyvae.generate import load_player, write_outputs, z_random
from melodyvae.model import MelodyVAE
from melodyvae.optimizer import PaperAdam
from melodyvae.progress import EpochLines
from melodyvae.run import RunFolder
from melodyvae.split import Examples, split
from melodyvae.threshold import calibrated_threshold, notes_per_loop

GENERATED = 16  # MIDI files that a run ends with
PRIOR_SAMPLES = 512  # patterns that the threshold is calibrated on


def train_and_evaluate(config: Config, workdir: Path | str) -> RunFolder:
    """Trains a system and writes everything that the run leaves.

    Args:
      config: the system; `config.data.path` names its dataset.
      workdir: a new folder for the run; it may hold the dataset already, as `data`.

    Returns:
      The run: checkpoint, metrics, evaluation, plots, TF.js models and generated MIDI.

    Raises:
      UserError: on a config that cannot work, a dataset that is missing, too small or of another
        grid, a folder that is in use, or a loss that turns NaN.
    """
    config.validate()
    run = RunFolder.create(Path(workdir), config)
    loops = run.loops()
    training, validation = split(loops, config)
    model, history = fit(config, loops, training, validation, run)
    run.write_summary(_summary(config, model, history, loops, training, validation))
    _write_results(run, model, loops, training, validation)
    return run


def fit(
    config: Config, loops: Loops, training: Examples, validation: Examples, run: RunFolder
) -> tuple[MelodyVAE, dict[str, list[float]]]:
    """Trains; the run folder gets the checkpoint, the metrics and the events.

    Returns:
      The model with the weights that count (see `TrainingConfig.keep_best`), and the history.
    """
    keras.utils.set_random_seed(config.training.seed)
    model = MelodyVAE(config)
    model.compile(optimizer=build_optimizer(config))
    held_out = validation_batches(loops, validation, config)
    steps = steps_per_epoch(training, validation, config)
    try:
        history = model.fit(
            training_batches(loops, training, validation, config),
            steps_per_epoch=steps,
            epochs=config.training.epochs,
            validation_data=held_out,
            callbacks=build_callbacks(config, held_out, steps, run),
            shuffle=False,  # the batches are
            verbose=0,
        )
    except callbacks.NotANumber as error:
        kept = (
            f' The best checkpoint so far is {run.model_path}.' if run.model_path.exists() else ''
        )
        raise UserError(f'{error}{kept}') from None
    return run.load_model(), history.history


def build_optimizer(config: Config) -> keras.optimizers.Optimizer:
    """Adam at the config's learning rate, with the epsilon of TensorFlow and of the devices."""
    adam = PaperAdam if config.training.paper_adam else keras.optimizers.Adam
    return adam(learning_rate=config.training.learning_rate, epsilon=1e-7)


def build_callbacks(
    config: Config, held_out, steps: int, run: RunFolder
) -> list[keras.callbacks.Callback]:
    """Schedules, monitors and loggers that the config asks for."""
    training = config.training
    chosen: list[keras.callbacks.Callback] = [
        callbacks.StopOnNaN(),
        callbacks.BetaAnnealing(training.kl_annealing_epochs, training.beta),
        callbacks.LogLearningRate(),
    ]
    if training.decay == 'step':
        chosen.append(
            callbacks.StepDecay(
                training.decay_epochs, training.decay_factor, training.decay_resets_optimizer
            )
        )
    elif training.decay == 'plateau':
        chosen.append(
            keras.callbacks.ReduceLROnPlateau(
                monitor=training.monitor,
                factor=training.decay_factor,
                patience=training.decay_epochs,
            )
        )
    if training.early_stopping_patience:
        chosen.append(
            keras.callbacks.EarlyStopping(
                monitor=training.monitor,
                mode='min',
                patience=training.early_stopping_patience,
                restore_best_weights=training.keep_best,
            )
        )
    if 'timeshift' in config.features:
        chosen.append(
            callbacks.TimeshiftCollapseWarning(held_out, after_epoch=training.kl_annealing_epochs)
        )
    return [
        *chosen,
        keras.callbacks.ModelCheckpoint(
            run.model_path, monitor=training.monitor, mode='min', save_best_only=training.keep_best
        ),
        keras.callbacks.CSVLogger(run.metrics),
        keras.callbacks.TensorBoard(run.events, write_graph=False),
        EpochLines(training.epochs, steps, training.monitor),
    ]


def _summary(
    config: Config,
    model: MelodyVAE,
    history: dict[str, list[float]],
    loops: Loops,
    training: Examples,
    validation: Examples,
) -> dict[str, Any]:
    monitored = history[config.training.monitor]
    best = int(np.argmin(monitored)) if config.training.keep_best else len(monitored) - 1
    z = np.random.default_rng(config.training.seed).standard_normal((PRIOR_SAMPLES, 2))
    onset = model.decoder.predict(z.astype(np.float32), verbose=0)[0]
    onset = onset.reshape(-1, config.grid.rows, config.grid.steps)
    return {
        'name': config.name,
        'fidelity': config.fidelity,
        'epochs': len(monitored),
        'best_epoch': best + 1,
        'negative_elbo': history['val_negative_elbo'][best],
        'files': len(loops.files),
        'loops': len(loops),
        'training_loops': len(training),
        'validation_loops': len(validation),
        'batch_size': batch_size(training, config),
        'threshold': calibrated_threshold(
            onset, notes_per_loop(loops.offsets, loops.cells, config), config
        ),
    }


def _write_results(
    run: RunFolder, model: MelodyVAE, loops: Loops, training: Examples, validation: Examples
) -> None:
    """Evaluation, plots, TF.js models and generated MIDI of a trained run."""
    player = load_player(run.path)
    threshold = player.threshold
    held_out = loops.take(validation.loop)
    metrics = evaluate(
        model, held_out, threshold=threshold, training_loops=loops.take(np.unique(training.loop))
    )
    with new_file(run.evaluation, overwrite=True) as temporary:
        temporary.write_text(json.dumps(metrics, indent=2) + '\n')
    z = z_random(GENERATED, seed=run.config.training.seed)
    patterns = write_outputs(player, z, run.midi)
    plots.loss_curves(run.metrics, run.plots / 'loss.png')
    plots.piano_rolls(patterns, run.config, run.plots / 'piano_rolls.png')
    plots.latent_map(model, loops, run.plots / 'latent_map.png')
    export_run(run, run.path)
