"""Measures the way from a folder of MIDI to a model for Max, and from that model to new MIDI."""

import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks import programs
from benchmarks.figures import Figure, in_turns, seconds
from benchmarks.libraries import write_tunes
from melodyvae.playing.exported import load_exported
from melodyvae.playing.latent import z_random
from melodyvae.playing.player import play
from melodyvae.runs.export import export
from melodyvae.runs.folder import RunFolder

TUNES, EPOCHS, TRAININGS = 100, 10, 3
REPEATS = 7
AT_ONCE = 20  # single points per measurement
AUDIBLE = ('--z=0,0', '--threshold_min=0')  # plays notes, whatever the model has learned


def figures() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write_tunes(folder / 'midi', TUNES)
        runs = [folder / f'run {number}' for number in range(TRAININGS)]
        settings = f'--config.training.epochs={EPOCHS}'
        took = tuple(
            programs.run_seconds('train', folder / 'midi', f'--run_dir={run}', settings)
            for run in runs
        )
        name = f'melodyvae_train: {TUNES} tunes, {EPOCHS} epochs, to the exported model'
        yield Figure(name, 's', took)
        yield from model_figures(RunFolder(runs[0]), folder / 'exported', REPEATS)


def model_figures(run: RunFolder, folder: Path, repeats: int) -> Iterator[Figure]:
    """Measures export, import and playing of a trained run.

    Args:
      run: trained.
      folder: for exports and MIDI.
      repeats: of each measurement.
    """
    exported = folder / f'{run.config.name}.model'
    outputs = itertools.count()
    export(run, folder)
    player = load_exported(exported)
    many = z_random(1000, latent=player.config.model.latent)

    def play_all(z: np.ndarray) -> None:
        list(play(player, z))

    play_all(many)  # warm
    found = in_turns(
        {
            'export of decoder and encoder, from the run': lambda: seconds(
                lambda: export(run, folder, overwrite=True)
            ),
            'import of decoder and encoder': lambda: seconds(lambda: load_exported(exported)),
            'generate 1,000 z': lambda: seconds(lambda: play_all(many)),
            'melodyvae_generate, 1 z, from the exported model': lambda: programs.run_seconds(
                'generate', exported, f'--output={folder / str(next(outputs))}', *AUDIBLE
            ),
            'generate 1 z': lambda: seconds(
                lambda: [list(play(player, point[None])) for point in many[:AT_ONCE]]
            ),
        },
        repeats,
    )
    single = Figure('generate 1 z', 's', found.pop('generate 1 z'))
    for title, values in found.items():
        yield Figure(title, 's', values)
    yield single.over('generate 1 z', 'ms', AT_ONCE / 1000)
