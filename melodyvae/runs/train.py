"""The training program: a dataset and a config in, a run folder out."""

import contextlib
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

from melodyvae.config import Config, resolve_config
from melodyvae.loops.dataset import save_loops
from melodyvae.loops.loops import Loops
from melodyvae.model.checks import refuse_unregistered, require_float32_tensorflow
from melodyvae.model.vae import MelodyVAE
from melodyvae.pages.play_page import write_run_page
from melodyvae.pages.templates import retitle
from melodyvae.playing.card import About
from melodyvae.runs.card import write_about
from melodyvae.runs.checkpoints import forget_states, load_last_state, write_state
from melodyvae.runs.fit import fit
from melodyvae.runs.folder import RunFolder, find_dataset
from melodyvae.runs.results import (
    finish_run,
    load_trained,
    write_playable,
    write_results,
    write_results_so_far,
)
from melodyvae.runs.signals import Stopped
from melodyvae.system.atomic import find_leftovers, lock, new_folder, remove_leftover_files
from melodyvae.system.errors import UserError
from melodyvae.system.process import set_threads
from melodyvae.system.terminal import print_lines
from melodyvae.training.data import TrainingData, training_data
from melodyvae.training.history import read_history, write_history

FEW_LOOPS = 12  # a library with fewer is told what to expect


def train(
    config: Config | str,
    run_dir: Path | str,
    *,
    loops: Loops | None = None,
    init_from: RunFolder | Path | str | None = None,
    about: About | None = None,
    quiet: bool = False,
    losses: bool = False,
    live: bool = False,
) -> RunFolder:
    """Trains a system and writes a run folder.

    If TensorFlow has not started yet, it gets the number of threads that is best for these models:
    see `process.set_threads`.

    Args:
      config: the system, or the name of its preset; `config.data.path` names its dataset.
      run_dir: a new folder for the run; it may contain the dataset already, as `data`.
      loops: to train on, instead of a dataset on disk; the run keeps them.
      init_from: a finished run, to start from its trained networks (fine-tuning). The config must
        have the same features, grid and layers.
      about: what the card of the model says of its author, license and sources.
      quiet: print no lines.
      losses: print every loss of each epoch.
      live: keep the current model in the folder `live` of the run during training.

    Returns:
      The run: checkpoint, metrics, evaluation, plots, TF.js models and generated MIDI.

    Raises:
      UserError: on a config that cannot work, a dataset that is missing, too small or of another
        grid, a folder that is in use or that another program writes, or a loss that is not finite.
    """
    set_threads()
    require_float32_tensorflow()
    config = resolve_config(config)
    if loops is not None:
        config.data.path = 'data'
    # Validate before creating the run folder.
    training_data(find_dataset(config, Path(run_dir)) if loops is None else loops, config)
    start = _load_networks(init_from, config) if init_from else None
    with _lock_run(run_dir), _remove_failed_start(Path(run_dir)):
        run = RunFolder.create(run_dir, config)
        write_about(run, about or About(), run.path.resolve().name)
        if loops is not None:
            save_loops(loops, run.data)
        if start is not None:
            write_state(run.states, start, epoch=0)
        with _tidy_live(run):
            _train(run, quiet=quiet, losses=losses, live=live)
    return run


def resume(
    run_dir: Path | str, *, quiet: bool = False, losses: bool = False, live: bool = False
) -> RunFolder:
    """Continues a run that was stopped or killed, with the result that it would have had.

    Raises:
      UserError: if there is no such run, it has finished, its dataset has changed, or another
        program trains it.
    """
    set_threads()
    require_float32_tensorflow()
    run = RunFolder(run_dir)
    run.refuse_finished()
    with _lock_run(run_dir), _tidy_live(run):
        _train(run, quiet=quiet, losses=losses, live=live)
    return run


def save_run(model: MelodyVAE, run_dir: Path | str, *, about: About | None = None) -> RunFolder:
    """Finishes a model that was fitted in a notebook, and writes its run folder.

    Finishing balances the pitches, makes the pad and calibrates the threshold: see
    `training.finish`. The model in memory is changed, too.

    Args:
      model: fitted to `training_data` in this process.
      run_dir: a new folder.
      about: what the card of the model says of its author, license and sources.

    Returns:
      The run, with all that `train` writes but TensorBoard's events.

    Raises:
      UserError: if the folder is in use, the model was not fitted to `training_data`, or its class
        is not registered with Keras.
    """
    data = model.learning_from
    if not isinstance(data, TrainingData):
        raise UserError('This model was not fitted to training_data: fit it first.')
    require_float32_tensorflow()
    refuse_unregistered(model)
    if Path(run_dir).exists():
        raise UserError(f'{run_dir} exists already: choose a new folder for the run.')
    model.config.data.path = 'data'
    with new_folder(run_dir) as temporary:
        run = RunFolder.create(temporary, model.config)
        write_about(run, about or About(), Path(run_dir).resolve().name)
        save_loops(data.loops, run.data)
        run.remember_sides(data.loops, data.training, data.held_out)
        write_history({'epoch': model.history.epoch, **model.history.history}, run.metrics)
        finish_run(run, model, data)
        write_results(run, model, data, write_playable(run, model, data))
    run = RunFolder(run_dir)
    write_run_page(run, run.play_page, overwrite=True)  # its title is the name of the folder
    retitle(run.report, temporary.name, run.path.resolve().name)
    return run


def _train(run: RunFolder, *, quiet: bool, losses: bool, live: bool) -> None:
    """Trains, or continues to train, the model of a run, and writes the results."""
    loops = run.loops()
    data = TrainingData(loops, *run.split(loops), run.config)
    if not run.trained_on.exists():
        run.remember_sides(data.loops, data.training, data.held_out)
    state = load_last_state(run.states)
    count = len(data.training)
    held_out = f'{len(data.held_out)} held out' if len(data.held_out) else 'none held out'
    _say(
        f'Training on {count} {"loop" if count == 1 else "loops"}, {held_out}. Ctrl-C stops early '
        f'and keeps a usable model ...',
        quiet,
    )
    if run.config.model.anchors and len(loops) < FEW_LOOPS:
        _say(
            f'So few loops give little variety: the pad plays each at its place, and exchanges '
            f'their beats between the places. {FEW_LOOPS} loops or more give more.',
            quiet,
        )
    try:
        if not (state and state.finished):
            fit(run, data, state=state, quiet=quiet, losses=losses, live=live)
    except Stopped as stopped:
        _say('Stopping; writing the model and the report of what is trained ...', quiet)
        with contextlib.suppress(KeyboardInterrupt):  # of somebody in a hurry
            write_results_so_far(run, data)
        next_epoch = 1 + len(read_history(run.metrics).get('epoch', []))
        raise stopped.with_advice(run.path, f'begins epoch {next_epoch}') from None
    try:
        _say('Making the pad ...' if run.config.model.anchors else 'Calibrating ...', quiet)
        model = load_trained(run)
        finish_run(run, model, data)
        clips = write_playable(run, model, data)
        _say(f'{run.play_page} plays. Writing plots and the report ...', quiet)
        write_results(run, model, data, clips)
    except KeyboardInterrupt:
        interrupted = Stopped(signal.SIGINT, 'while the results were written')
        raise interrupted.with_advice(run.path, 'writes them') from None
    forget_states(run.states)


def _load_networks(source: RunFolder | str | Path, config: Config) -> MelodyVAE:
    """Returns a new model with the trained networks of a finished run, for fine-tuning.

    Raises:
      UserError: if the run has no trained networks, or they do not fit the config.
    """
    run = source if isinstance(source, RunFolder) else RunFolder(source)
    run.refuse_untrained()
    trained = load_trained(run)
    if trained.anchors:
        raise UserError(
            f'{run.path} keeps its pad only, and no trained networks: train it again to start '
            f'others from it.'
        )
    model = MelodyVAE(config)
    model.compile()
    grids = [(c.features, c.grid.rows, c.grid.steps) for c in (trained.config, config)]
    shapes = [[weight.shape for weight in one.get_weights()] for one in (trained, model)]
    if grids[0] != grids[1] or shapes[0] != shapes[1]:
        raise UserError(
            f'{run.path} has other features, another grid or other layers than this config: start '
            f'from a run of the same preset.'
        )
    model.encoder.set_weights(trained.encoder.get_weights())
    model.decoder.set_weights(trained.decoder.get_weights())
    return model


@contextlib.contextmanager
def _remove_failed_start(path: Path) -> Iterator[None]:
    """Removes a run folder if training fails before its first epoch, so that it blocks no retry.

    What was in the folder before, such as its dataset, stays.
    """
    before = {entry.name for entry in path.iterdir()} if path.is_dir() else set()
    try:
        yield
    except BaseException:
        run = RunFolder(path)
        if path.is_dir() and not run.model_path.exists() and not read_history(run.metrics):
            for entry in path.iterdir():
                if entry.name not in before:
                    shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
            if not before:
                path.rmdir()
        raise


@contextlib.contextmanager
def _lock_run(run_dir: Path | str) -> Iterator[None]:
    """Keeps other programs from training in the folder; removes leftovers of a killed one."""
    path = Path(run_dir)
    path.parent.mkdir(parents=True, exist_ok=True)
    with lock(path):
        if path.is_dir():
            remove_leftover_files(path)
        yield


@contextlib.contextmanager
def _tidy_live(run: RunFolder) -> Iterator[None]:
    """Removes the live model before and after training."""
    _remove_live(run)
    try:
        yield
    finally:
        _remove_live(run)


def _remove_live(run: RunFolder) -> None:
    for folder in (run.live, *find_leftovers(run.live)):
        shutil.rmtree(folder, ignore_errors=True)


def _say(what: str, quiet: bool) -> None:
    if not quiet:
        with contextlib.suppress(OSError):  # of a closed terminal, which stops a run as well
            print_lines(what, file=sys.stderr)
