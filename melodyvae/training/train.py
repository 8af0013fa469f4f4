"""The whole program: a dataset and a config in, a run folder out."""

import json
import signal
import sys
from pathlib import Path
from typing import Any

import numpy as np

from melodyvae.atomic import new_file
from melodyvae.config.settings import Config
from melodyvae.errors import UserError
from melodyvae.evaluation.evaluate import evaluate, measured_sides
from melodyvae.export.tfjs import export_run
from melodyvae.loops.batches import batch_size
from melodyvae.playing.latent import z_random
from melodyvae.playing.player import load_player, play, write_outputs
from melodyvae.report import plots
from melodyvae.report.page import write_report
from melodyvae.run_folder import RunFolder, dataset_of, read_history
from melodyvae.threads import set_threads
from melodyvae.training.calibration import model_threshold
from melodyvae.training.checkpoints import forget_states, last_state
from melodyvae.training.data import TrainingData, training_data
from melodyvae.training.fit import fit
from melodyvae.training.signals import Stopped

GENERATED = 16  # MIDI files that a run ends with


def train(config: Config, workdir: Path | str, *, quiet: bool = False) -> RunFolder:
    """Trains a system and writes everything that the run leaves.

    TensorFlow gets the threads that are best for these models, see `threads.set_threads`, if it has
    not begun yet.

    Args:
      config: the system; `config.data.path` names its dataset.
      workdir: a new folder for the run; it may hold the dataset already, as `data`.
      quiet: print no line an epoch.

    Returns:
      The run: checkpoint, metrics, evaluation, plots, TF.js models and generated MIDI.

    Raises:
      UserError: on a config that cannot work, a dataset that is missing, too small or of another
        grid, a folder that is in use, or a loss that turns NaN.
    """
    set_threads()
    config.validate()
    training_data(dataset_of(config, Path(workdir)), config)  # what cannot work leaves no folder
    run = RunFolder.create(Path(workdir), config)
    _train(run, quiet=quiet)
    return run


def resume(workdir: Path | str, *, quiet: bool = False) -> RunFolder:
    """Continues a run that was stopped or killed, to the same end as if it had not been.

    Raises:
      UserError: if there is no such run, or it has finished.
    """
    set_threads()
    run = RunFolder(Path(workdir))
    if run.finished:
        raise UserError(f'{run.path} has finished: there is nothing to resume.')
    _train(run, quiet=quiet)
    return run


def _train(run: RunFolder, *, quiet: bool) -> None:
    data = training_data(run.loops(), run.config)
    state = last_state(run.states)
    try:
        if not (state and state.finished):
            fit(run, data, state=state, quiet=quiet)
    except Stopped as stopped:
        _write_summary(run, data)
        write_report(run)
        raise stopped.with_advice(run.path) from None
    try:
        _write_summary(run, data)
        _write_results(run, data)
    except KeyboardInterrupt:
        interrupted = Stopped(signal.SIGINT, 'while the results were written')
        raise interrupted.with_advice(run.path) from None
    forget_states(run.states)


def _write_summary(run: RunFolder, data: TrainingData) -> None:
    """What the exported model's metadata and the closing words are made of."""
    config = run.config
    history = read_history(run.metrics)
    summary: dict[str, Any] = {
        'name': config.name,
        'fidelity': config.fidelity,
        'epochs': len(history.get('epoch', [])),
        'files': len(data.loops.files),
        'loops': len(data.loops),
        'training_loops': len(data.training),
        'validation_loops': len(data.held_out),
        'batch_size': batch_size(data.training, config),
        'threshold': model_threshold(run.load_model(), data.loops),
    }
    if history:
        monitored = history[config.training.monitor]
        best = int(np.argmin(monitored)) if config.training.keep_best else len(monitored) - 1
        summary['best_epoch'] = best + 1
        summary['objective'] = history['val_objective'][best]
    run.write_summary(summary)


def _write_results(run: RunFolder, data: TrainingData) -> None:
    """Evaluation, plots, TF.js models and generated MIDI of a trained run."""
    config = run.config
    model, player = run.load_model(), load_player(run.path)
    export_run(run, run.path, overwrite=True)  # a killed run may have written some of it
    trained, held_out = measured_sides(data.loops, data.training, data.held_out)
    metrics = evaluate(model, held_out, threshold=player.threshold, training_loops=trained)
    with new_file(run.evaluation, overwrite=True) as temporary:
        temporary.write_text(json.dumps(metrics, indent=2) + '\n')
    z = z_random(GENERATED * 8, latent=config.model.latent, seed=config.training.seed)
    heard = [index for index, pattern in enumerate(play(player, z)) if len(pattern)]
    if heard:
        patterns = write_outputs(player, z[heard[:GENERATED]], run.midi)
        plots.piano_rolls(patterns, config, run.plots / 'piano_rolls.png')
    else:
        print('Warning: every pattern of this model is silent.', file=sys.stderr)
    plots.loss_curves(run.metrics, run.plots / 'loss.png')
    plots.latent_map(model, data.loops, run.plots / 'latent_map.png')
    write_report(run)
