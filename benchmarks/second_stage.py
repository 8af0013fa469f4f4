"""What a pad plays, for any library: `python -m benchmarks.second_stage LIBRARY ...`.

A library is a folder of MIDI, `folk` for the embedded folk tunes, or `folk:40` for 40 of them. The
first stage is trained once per library and kept in --state; only the second stage is made anew, so
that a change of it is measured in seconds.
"""

import argparse
import re
import time
from pathlib import Path

import numpy as np

from melodyvae.config.presets import preset
from melodyvae.config.settings import Config
from melodyvae.evaluation.evaluate import choose_sides, measure_played_naturalness
from melodyvae.evaluation.goal import GOAL
from melodyvae.evaluation.metrics import REAL
from melodyvae.evaluation.pad_figures import measure_pad
from melodyvae.evaluation.reconstruction import measure
from melodyvae.ingest.folk import read_folk_loops
from melodyvae.ingest.ingest import ingest
from melodyvae.loops.dataset import load_loops, save_loops
from melodyvae.loops.loops import Loops, choose_evenly
from melodyvae.loops.pattern import QUARTERS_PER_HALF_NOTE
from melodyvae.model.vae import MelodyVAE
from melodyvae.playing.latent import z_random
from melodyvae.playing.locate import find_heard
from melodyvae.playing.player import Player, encode, play
from melodyvae.training.callbacks import default_callbacks
from melodyvae.training.data import TrainingData, training_data
from melodyvae.training.finish import finish

MAX_OWN = 300
POINTS = 500
TOLERANCE = 0.02  # steps
EPOCHS = 30  # folk tunes gain nothing from more
FOLK = 'folk'


def read_library(name: str, config: Config) -> Loops:
    """Reads a folder, or takes tunes evenly from the embedded collection."""
    if name.partition(':')[0] != FOLK:
        return ingest([Path(name)], config.grid)[0]
    loops, _ = read_folk_loops(config.grid)
    _, _, count = name.partition(':')
    files = choose_evenly(len(loops.files), int(count or len(loops.files)))
    return loops.take(np.flatnonzero(np.isin(loops.file, files)))


def train_once(name: str, config: Config, state: Path) -> tuple[MelodyVAE, TrainingData]:
    """Returns the model of a finished first stage, and what it was trained on."""
    key = f'{name} {config.name} {config.training.epochs} epochs'
    folder = state / re.sub(r'\W+', '_', key)
    weights = folder / 'first.weights.h5'
    if not weights.exists():
        folder.mkdir(parents=True, exist_ok=True)
        save_loops(read_library(name, config), folder / 'data')
        data = training_data(load_loops(folder / 'data'), config)
        model = MelodyVAE(config)
        model.fit(data, callbacks=default_callbacks(data, quiet=True))
        model.save_weights(weights)
    model = MelodyVAE(config)
    model.load_weights(weights)
    return model, training_data(load_loops(folder / 'data'), config)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('libraries', nargs='+')
    parser.add_argument('--state', type=Path, required=True, help='folder for trained models')
    parser.add_argument('--preset', default='melodyvae')
    parser.add_argument('--epochs', type=int, default=EPOCHS)
    parser.add_argument('--pictures', type=Path, help='folder for 16 piano rolls per library')
    arguments = parser.parse_args()
    for name in arguments.libraries:
        config = preset(arguments.preset)
        config.training.epochs = arguments.epochs
        model, data = train_once(name, config, arguments.state)
        began = time.process_time()
        threshold = finish(model, data)
        seconds = time.process_time() - began
        player = Player.of(model, threshold)
        print(f'\n{name}: {len(data.loops)} loops, {model.anchors} anchors, {seconds:.1f} CPU s')
        own = data.loops.take(np.unique(data.training.loop))
        z = encode(player, own)[0]
        measured = measure(player, own.take_at_most(MAX_OWN), seed=0)
        found = {
            'F1 of own loops': measured.figures['device_onset_f1'],
            'heard at their place': find_heard(player, own, z).mean(),
            'heard at dials of 0.01': find_heard(player, own, z.round(2)).mean(),
            'overlapping notes': share_overlapping(player),
        }
        figures, beside = measure_pad(player, own)
        print_beside(found | figures, beside)
        print_goal(player, data)
        if arguments.pictures:
            write_pictures(player, arguments.pictures / f'{Path(name).name}.png')


def share_overlapping(player: Player) -> float:
    """Returns the share of notes, at random points, that last over the next onset."""
    grid, overlapping, notes = player.config.grid, 0, 0
    if 'duration' not in player.config.features or not player.config.device.is_monophonic:
        return 0.0
    for pattern in play(player, z_random(POINTS, latent=2, seed=2)):
        step = np.sort(pattern['step'])
        end = (
            pattern['step'] + pattern['duration'] * QUARTERS_PER_HALF_NOTE * grid.steps_per_quarter
        )
        following = np.append(step, grid.steps)[np.searchsorted(step, pattern['step'], 'right')]
        overlapping += int(np.count_nonzero(end > following + TOLERANCE))
        notes += len(pattern)
    return overlapping / max(1, notes)


def print_goal(player: Player, data: TrainingData) -> None:
    """Prints the figures of the melody goal, if loops are held out."""
    if len(data.held_out):
        training, held_out = choose_sides(data.loops, data.training, data.held_out)
        figures = measure_played_naturalness(player, training, held_out, seed=0)
        ours = {line.key: figures[line.key] for line in GOAL if line.key in figures}
        print_beside(ours, {key: figures[REAL + key] for key in ours if REAL + key in figures})


def print_beside(figures: dict[str, float], beside: dict[str, float]) -> None:
    """Prints one line per figure, with that of the library or of real loops in brackets."""
    for name, value in figures.items():
        print(f'  {name:24} {value:8.4f}', f'[{beside[name]:.3f}]' if name in beside else '')


def write_pictures(player: Player, path: Path) -> None:
    """Draws the loops of 16 random points."""
    from melodyvae.pages.plots import write_figure
    from melodyvae.pages.rolls import draw_piano_rolls

    path.parent.mkdir(parents=True, exist_ok=True)
    patterns = list(play(player, z_random(16, latent=2, seed=1)))
    write_figure(draw_piano_rolls(patterns, player.config.grid), path)


if __name__ == '__main__':
    main()
