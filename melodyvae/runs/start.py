"""How a training starts: from nothing, or from the trained networks of a finished run."""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from melodyvae.config import Config
from melodyvae.model.vae import MelodyVAE
from melodyvae.runs.folder import RunFolder
from melodyvae.runs.results import load_trained
from melodyvae.system.errors import UserError
from melodyvae.training.history import read_history


def load_networks(source: RunFolder | str | Path, config: Config) -> MelodyVAE:
    """Returns a new model with the trained networks of a finished run, for fine-tuning.

    Args:
      source: a run folder, or its path.
      config: of the new model; features, grid and layers must be those of the run.

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
def remove_failed_start(path: Path) -> Iterator[None]:
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
