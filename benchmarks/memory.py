"""How much memory training takes at most, after 1, 10 and 50 epochs: the same."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.libraries import made_loops
from benchmarks.machine import in_own_process
from melodyvae.config.presets import preset
from melodyvae.config.settings import Config
from melodyvae.loops.dataset import save_loops

EPOCHS = (1, 10, 50)
LOOPS = 256  # an epoch's memory does not depend on how many there are


def figures() -> Iterator[Figure]:
    yield from memory_figures(preset('melodyvae_improved'), EPOCHS)


def memory_figures(config: Config, all_epochs: tuple[int, ...]) -> Iterator[Figure]:
    """A process each, all of whose callbacks act: checkpoints, logs and pictures."""
    for epochs in all_epochs:
        with tempfile.TemporaryDirectory() as temporary:
            _, peak = in_own_process(train, config.to_dict(), epochs, Path(temporary, 'run'))
        yield Figure(f'peak memory of {epochs} epochs, {config.name}', 'MiB', (peak,))


def train(settings: dict, epochs: int, folder: Path) -> None:
    """Trains a made library for some epochs, into a run folder."""
    from melodyvae.runs.fit import fit
    from melodyvae.runs.folder import RunFolder
    from melodyvae.training.data import training_data

    config = Config.from_dict(settings)
    config.training.epochs = epochs
    config.training.early_stopping_patience = 0
    config.data.path = 'data'
    save_loops(made_loops(config.grid, LOOPS), folder / 'data')
    run = RunFolder.create(folder, config)
    fit(run, training_data(run.loops(), config), quiet=True)
