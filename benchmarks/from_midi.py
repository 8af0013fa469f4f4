"""The whole way: a folder of MIDI to a model for Max, and that model to new MIDI."""

import itertools
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks import programs
from benchmarks.figures import Figure, in_turns, seconds
from benchmarks.libraries import write_tunes
from melodyvae.playing.latent import z_random
from melodyvae.playing.player import Player, play
from melodyvae.runs.export import export
from melodyvae.runs.folder import RunFolder
from melodyvae.runs.load import load_player

TUNES, EPOCHS = 100, 10
TRAINED = 3  # times
REPEATS = 7
AT_ONCE = 20  # single points a measurement
ONE_THAT_SOUNDS = ('--z=0,0', '--threshold_min=0')  # whatever the model has learned


def figures() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write_tunes(folder / 'midi', TUNES)
        runs = [folder / f'run {number}' for number in range(TRAINED)]
        settings = f'--config.training.epochs={EPOCHS}'
        yield Figure(
            f'melodyvae_train: {TUNES} tunes, {EPOCHS} epochs, to the exported model',
            's',
            tuple(
                programs.run_seconds('train', folder / 'midi', f'--run_dir={run}', settings)
                for run in runs
            ),
        )
        yield from model_figures(RunFolder(runs[0]), folder / 'exported', REPEATS)


def model_figures(run: RunFolder, folder: Path, repeats: int) -> Iterator[Figure]:
    """Export and import of a trained run, and how soon it plays.

    Args:
      run: trained.
      folder: for exports and MIDI.
      repeats: of each measurement.
    """
    exported = folder / f'{run.config.name}.model'
    outputs = itertools.count()
    export(run, folder)
    player = load_player(exported)
    many = z_random(1000, latent=player.config.model.latent)
    _play(player, many)  # warm
    found = in_turns(
        {
            'export of decoder and encoder, from the run': lambda: seconds(
                lambda: export(run, folder, overwrite=True)
            ),
            'import of decoder and encoder': lambda: seconds(lambda: load_player(exported)),
            'generate 1,000 z': lambda: seconds(lambda: _play(player, many)),
            'melodyvae_generate, 1 z, from the exported model': lambda: programs.run_seconds(
                'generate', exported, f'--output={folder / str(next(outputs))}', *ONE_THAT_SOUNDS
            ),
        },
        repeats,
    )
    for title, values in found.items():
        yield Figure(title, 's', values)
    yield Figure('generate 1 z', 'ms', tuple(_one_by_one(player, many, repeats)))


def _play(player: Player, z: np.ndarray) -> None:
    for _ in play(player, z):
        pass


def _one_by_one(player: Player, z: np.ndarray, repeats: int) -> Iterator[float]:
    """Milliseconds that a point takes if it comes alone, each a mean of some."""

    def play_alone(points: np.ndarray) -> None:
        for point in points:
            _play(player, point[None])

    for start in range(0, repeats * AT_ONCE, AT_ONCE):
        some = z[start : start + AT_ONCE]
        yield 1000 * seconds(partial(play_alone, some)) / len(some)
