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
from melodyvae.evaluation.reconstruction import measure_reconstruction
from melodyvae.ingest.folk import read_folk_loops
from melodyvae.ingest.ingest import ingest
from melodyvae.loops.dataset import load_loops, save_loops
from melodyvae.loops.loops import Loops, choose_evenly
from melodyvae.model.vae import MelodyVAE
from melodyvae.playing.locate import find_heard
from melodyvae.playing.player import Player, encode
from melodyvae.training.callbacks import default_callbacks
from melodyvae.training.data import TrainingData, training_data
from melodyvae.training.finish import finish

MAX_OWN = 300
FOLK = 'folk'


def read_library(name: str, config: Config) -> Loops:
    """Reads a folder, or takes tunes evenly from the embedded collection."""
    kind, _, count = name.partition(':')
    if kind != FOLK:
        return ingest([Path(name)], config.grid)[0]
    loops, _ = read_folk_loops(config.grid)
    files = choose_evenly(len(loops.files), int(count or len(loops.files)))
    return loops.take(np.flatnonzero(np.isin(loops.file, files)))


def train_once(name: str, config: Config, state: Path) -> tuple[MelodyVAE, TrainingData]:
    """Returns the model of a finished first stage, and what it was trained on."""
    folder = state / re.sub(r'\W+', '_', f'{name} {config.name} {config.training.epochs} epochs')
    weights = folder / 'first.weights.h5'
    model = MelodyVAE(config)
    if weights.exists():
        model.load_weights(weights)
        return model, training_data(load_loops(folder / 'data'), config)
    folder.mkdir(parents=True, exist_ok=True)
    save_loops(read_library(name, config), folder / 'data')
    data = training_data(load_loops(folder / 'data'), config)
    model.fit(data, callbacks=default_callbacks(data, quiet=True))
    model.save_weights(weights)
    return model, data


def measure_library(name: str, config: Config, state: Path) -> None:
    """Makes the second stage of a library, and prints its figures."""
    model, data = train_once(name, config, state)
    began = time.process_time()
    player = Player.of(model, finish(model, data))
    seconds = time.process_time() - began
    print(f'\n{name}: {len(data.loops)} loops, {model.anchors} anchors, {seconds:.1f} CPU s')
    own = data.loops.take(np.unique(data.training.loop))
    z = encode(player, own)[0]
    measured = measure_reconstruction(player, own.take_at_most(MAX_OWN), seed=0)
    found = {
        'F1 of own loops': measured['device_onset_f1'],
        'heard at their place': find_heard(player, own, z).mean(),
        'heard at dials of 0.01': find_heard(player, own, z.round(2)).mean(),
    }
    figures, beside = measure_pad(player, own)
    print_beside(found | figures, beside)
    if len(data.held_out):
        sides = choose_sides(data.loops, data.training, data.held_out)
        goal = measure_played_naturalness(player, *sides, seed=0)
        ours = {line.key: goal[line.key] for line in GOAL if line.key in goal}
        print_beside(ours, {key: goal[REAL + key] for key in ours if REAL + key in goal})


def print_beside(figures: dict[str, float], beside: dict[str, float]) -> None:
    """Prints one line per figure, with that of the library or of real loops in brackets."""
    for name, value in figures.items():
        print(f'  {name:24} {value:8.4f}', f'[{beside[name]:.3f}]' if name in beside else '')


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('libraries', nargs='+')
    parser.add_argument('--state', type=Path, required=True, help='folder for trained models')
    parser.add_argument('--preset', default='melodyvae')
    arguments = parser.parse_args()
    for name in arguments.libraries:
        measure_library(name, preset(arguments.preset), arguments.state)
