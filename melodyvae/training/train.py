"""The whole program: a dataset and a config in, a run folder out."""

import contextlib
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from melodyvae.atomic import find_leftovers, lock, remove_leftover_files
from melodyvae.config import Config, resolve_config
from melodyvae.errors import UserError
from melodyvae.evaluation.evaluate import choose_sides, evaluate
from melodyvae.evaluation.steps_apart import choose_clips, find_origins
from melodyvae.exporting.tfjs import export
from melodyvae.loops.batches import batch_size
from melodyvae.loops.dataset import save_loops
from melodyvae.loops.loops import Loops
from melodyvae.model.vae import MelodyVAE
from melodyvae.playing.latent import z_random
from melodyvae.playing.outputs import write_outputs
from melodyvae.playing.player import Player, play
from melodyvae.report import plots
from melodyvae.report.page import write_report
from melodyvae.run_folder import RunFolder, find_dataset, read_history, write_history
from melodyvae.studio.page import write_run_page
from melodyvae.threads import set_threads
from melodyvae.training.calibration import model_threshold
from melodyvae.training.checkpoints import forget_states, load_last_state
from melodyvae.training.data import TrainingData, training_data
from melodyvae.training.fit import fit
from melodyvae.training.pad import make_pad
from melodyvae.training.signals import Stopped

GENERATED = 16  # MIDI files that a run ends with


def train(
    config: Config | str,
    run_dir: Path | str,
    *,
    loops: Loops | None = None,
    quiet: bool = False,
    losses: bool = False,
    live: bool = False,
) -> RunFolder:
    """Trains a system and writes everything that the run leaves.

    TensorFlow gets the threads that are best for these models, see `threads.set_threads`, if it has
    not begun yet.

    Args:
      config: the system, or the name of its preset; `config.data.path` names its dataset.
      run_dir: a new folder for the run; it may hold the dataset already, as `data`.
      loops: to train on, instead of a dataset on disk; the run keeps them.
      quiet: print no line an epoch.
      losses: print every loss in these lines.
      live: keep the model as it is now in the folder `live` of the run while it learns.

    Returns:
      The run: checkpoint, metrics, evaluation, plots, TF.js models and generated MIDI.

    Raises:
      UserError: on a config that cannot work, a dataset that is missing, too small or of another
        grid, a folder that is in use or that another program writes, or a loss that turns NaN.
    """
    set_threads()
    config = resolve_config(config)
    if loops is not None:
        config.data.path = 'data'
    # What cannot work leaves no folder.
    training_data(find_dataset(config, Path(run_dir)) if loops is None else loops, config)
    with _lock_run(run_dir):
        run = RunFolder.create(run_dir, config)
        if loops is not None:
            save_loops(loops, run.data)
        with _tidy_live(run):  # now that it is known to be a run
            _train(run, quiet=quiet, losses=losses, live=live)
    return run


def save_run(model: MelodyVAE, run_dir: Path | str) -> RunFolder:
    """Writes the run folder of a model that was fitted to `training_data` in a notebook.

    Args:
      model: fitted in this process, with `default_callbacks` or others.
      run_dir: a new folder.

    Returns:
      The run, with all that `train` leaves but TensorBoard's events.

    Raises:
      UserError: if the folder is in use, or the model was not fitted to `training_data`.
    """
    data = model.learning_from
    if not isinstance(data, TrainingData):
        raise UserError('This model has learned from no training_data: fit it to some first.')
    model.config.data.path = 'data'
    run = RunFolder.create(run_dir, model.config)
    save_loops(data.loops, run.data)
    run.remember_sides(data.loops, data.training, data.held_out)
    model.save(run.model_path)
    write_history({'epoch': model.history.epoch, **model.history.history}, run.metrics)
    _write_summary(run, model, data)
    _write_results(run, model, data)
    return run


def resume(
    run_dir: Path | str, *, quiet: bool = False, losses: bool = False, live: bool = False
) -> RunFolder:
    """Continues a run that was stopped or killed, to the same end as if it had not been.

    Raises:
      UserError: if there is no such run, it has finished, its dataset has changed, or another
        program trains it.
    """
    set_threads()
    run = RunFolder(run_dir)
    run.refuse_finished()
    with _lock_run(run_dir), _tidy_live(run):
        _train(run, quiet=quiet, losses=losses, live=live)
    return run


@contextlib.contextmanager
def _lock_run(run_dir: Path | str) -> Iterator[None]:
    """Lets no other program train in the folder, and removes what a killed one has left there."""
    path = Path(run_dir)
    path.parent.mkdir(parents=True, exist_ok=True)
    with lock(path):
        if path.is_dir():
            remove_leftover_files(path)
        yield


@contextlib.contextmanager
def _tidy_live(run: RunFolder) -> Iterator[None]:
    """Leaves no model that was to be played while it learned, nor what a killed run left of one."""
    _remove_live(run)
    try:
        yield
    finally:
        _remove_live(run)


def _remove_live(run: RunFolder) -> None:
    for folder in (run.live, *find_leftovers(run.live)):
        shutil.rmtree(folder, ignore_errors=True)


def _train(run: RunFolder, *, quiet: bool, losses: bool, live: bool) -> None:
    loops = run.loops()
    data = TrainingData(loops, *run.split(loops), run.config)
    if not run.trained_on.exists():
        run.remember_sides(data.loops, data.training, data.held_out)
    state = load_last_state(run.states)
    held_out = f'{len(data.held_out)} held out' if len(data.held_out) else 'none held out'
    _say(
        f'Training on {len(data.training)} loops, {held_out}; Ctrl-C ends it early and well ...',
        quiet,
    )
    try:
        if not (state and state.finished):
            fit(run, data, state=state, quiet=quiet, losses=losses, live=live)
    except Stopped as stopped:
        with contextlib.suppress(KeyboardInterrupt):  # of somebody in a hurry
            _write_results_so_far(run, data, quiet=quiet)
        next_epoch = 1 + len(read_history(run.metrics).get('epoch', []))
        raise stopped.with_advice(run.path, f'begins epoch {next_epoch}') from None
    try:
        model = run.load_model()
        _finish_pad(run, model, data, quiet=quiet)
        _say('Writing the model for Max, MIDI, plots and the report ...', quiet)
        _write_summary(run, model, data)
        _write_results(run, model, data)
    except KeyboardInterrupt:
        interrupted = Stopped(signal.SIGINT, 'while the results were written')
        raise interrupted.with_advice(run.path, 'writes them') from None
    forget_states(run.states)


def _finish_pad(run: RunFolder, model: MelodyVAE, data: TrainingData, *, quiet: bool) -> None:
    """Makes the checkpoint's pad, unless a run that was killed later has done so."""
    if run.config.model.anchors and not model.anchors:
        _say('Making the pad ...', quiet)
        make_pad(model, data)
        model.save(run.model_path)


def _write_results_so_far(run: RunFolder, data: TrainingData, *, quiet: bool) -> None:
    """What a stopped run leaves: its report and, after a whole epoch, its model for Max."""
    _say('Stopping; writing the model and the report of what is trained ...', quiet)
    _write_summary(run, run.load_model(), data)
    if run.states.exists():  # otherwise the model for Max would say that the run has finished
        export(run, run.path, overwrite=True)
        write_run_page(run, run.play_page, overwrite=True)
    write_report(run)


def _say(what: str, quiet: bool) -> None:
    if not quiet:
        with contextlib.suppress(OSError):  # of a terminal that was closed, which stops a run too
            print(what, file=sys.stderr, flush=True)


def _write_summary(run: RunFolder, model: MelodyVAE, data: TrainingData) -> None:
    """What the exported model's metadata and the closing words are made of."""
    config = run.config
    history = read_history(run.metrics)
    summary: dict[str, Any] = {
        'name': config.name,
        'fidelity': config.fidelity,
        'epochs': len(history.get('epoch', [])),
        'files': len(data.loops.files),
        'loops': len(data.loops),
        'tempo': data.loops.tempo,
        'training_loops': len(data.training),
        'validation_loops': len(data.held_out),
        'batch_size': batch_size(data.training, config),
        'threshold': model_threshold(model, data.loops),
    }
    if history:
        monitored = history.get(config.training.monitor)
        best = len(history['epoch']) - 1
        if monitored and config.training.keep_best:
            best = int(np.argmin(monitored))
        summary['shipped_epoch'] = best + 1
        summary['objective'] = history['val_objective' if monitored else 'objective'][best]
    run.write_summary(summary)


def _write_results(run: RunFolder, model: MelodyVAE, data: TrainingData) -> None:
    """Evaluation, plots, TF.js models, generated MIDI and pages of a trained run."""
    config = run.config
    player = Player.of(model, run.summary['threshold'], data.loops.tempo)
    export(run, run.path, overwrite=True)  # a killed run may have written some of it
    trained, held_out = choose_sides(data.loops, data.training, data.held_out)
    if len(held_out):
        evaluation = evaluate(model, held_out, threshold=player.threshold, training_loops=trained)
        evaluation.write(run.evaluation)
    z = z_random(GENERATED * 8, latent=config.model.latent, seed=config.training.seed)
    played = list(play(player, z))
    origins = find_origins(played, data.loops, config)
    chosen = choose_clips(played, origins, GENERATED)
    if chosen:
        patterns = write_outputs(player, z[chosen], run.midi)
        titles = [str(origins[index]) for index in chosen]
        plots.write_piano_rolls(patterns, config, run.plots / 'piano_rolls.png', titles=titles)
    else:
        print('Warning: every pattern of this model is silent.', file=sys.stderr)
    plots.write_loss_curves(run.metrics, run.plots / 'loss.png')
    plots.write_latent_map(player, data.loops, run.plots / 'latent_map.png')
    write_run_page(run, run.play_page, overwrite=True)
    write_report(run)
