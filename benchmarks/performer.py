"""Measures whether a model learns a synthetic performance with known parameters.

Eighths swing, backbeats are late, accents follow the meter, and notes are held for a share of their
written length. All notes stay on their steps of a sixteenth grid.
"""

import dataclasses
from collections.abc import Iterator

import numpy as np

from benchmarks.figures import Figure
from melodyvae.config.presets import preset
from melodyvae.config.settings import Config, GridConfig
from melodyvae.evaluation.evaluate import MAX_GENERATED, generate_loops
from melodyvae.ingest.folk import read_folk_loops
from melodyvae.loops.loops import Loops
from melodyvae.loops.pattern import MAX_DURATION, MIN_DURATION
from melodyvae.model.vae import MelodyVAE
from melodyvae.playing.player import Player, decode, encode
from melodyvae.training.callbacks import default_callbacks
from melodyvae.training.data import training_data
from melodyvae.training.examples import take_examples
from melodyvae.training.finish import finish

SWING_RATIO = 1.5  # of a beat's first eighth to its second
LAID_BACK = 0.2  # how late the second and fourth beats are, in half steps
ACCENTS = ('downbeat', 'beat', 'off_beat', 'weak')  # where in a bar of 4/4 a note starts
VELOCITY = (0.85, 0.72, 0.62, 0.52)  # per accent
ARTICULATION = (0.95, 0.85, 0.6, 1.0)  # played length / written length, per accent
MIN_ARTICULATED = 0.225  # half notes: shorter notes keep their length; a file may lack some ticks
TIMESHIFT_JITTER, VELOCITY_JITTER, ARTICULATION_JITTER = 0.05, 0.03, 0.03  # standard deviations


def performed_figures() -> Iterator[Figure]:
    config = preset('melodyvae_improved')
    config.training.epochs = 30
    config.data.transpositions = ()
    yield from learned_figures(config, read_folk_loops(config.grid)[0])


def learned_figures(config: Config, written: Loops) -> Iterator[Figure]:
    """Trains on performed loops, and measures performances beside that of the held-out loops.

    They are these loops as written, what their z_mean decodes to at their onsets ("learned"), and
    patterns from the prior, as the device plays them ("generated").
    """
    performed = perform(written, seed=0)
    data = training_data(performed, config)
    model = MelodyVAE(config)
    model.fit(data, callbacks=default_callbacks(data, quiet=True))
    player = Player.of(model, finish(model, data))
    before, held_out = (take_examples(loops, data.held_out) for loops in (written, performed))
    real = measure_performance(held_out, before)
    for name, played, lengths in (
        ('written', before, before),
        ('learned', decode_at_onsets(player, held_out), before),
        ('generated', generate_loops(player, MAX_GENERATED, seed=0), None),
    ):
        for key, value in measure_performance(played, lengths).items():
            unit = 'half steps' if key == 'laid_back' else 'ratio'
            yield Figure(f'{config.name}, {key}, {name}', unit, [value], 'performed', [real[key]])


def perform(loops: Loops, seed: int) -> Loops:
    """Returns the same onsets with other velocities, durations and timeshifts."""
    cells = np.array(loops.cells)
    accent = find_accents(cells['step'], loops.grid)
    per_quarter = loops.grid.steps_per_quarter
    in_beat = cells['step'] % per_quarter / per_quarter
    swung = np.interp(in_beat, [0, 0.5, 1], [0, SWING_RATIO / (1 + SWING_RATIO), 1])
    late = LAID_BACK * _find_backbeats(cells['step'], per_quarter)
    jitter = np.random.default_rng(seed).standard_normal((3, len(cells)))
    timeshift = 2 * per_quarter * (swung - in_beat) + late + TIMESHIFT_JITTER * jitter[0]
    velocity = np.array(VELOCITY)[accent] + VELOCITY_JITTER * jitter[1]
    share = np.array(ARTICULATION)[accent] * (1 + ARTICULATION_JITTER * jitter[2])
    duration = cells['duration'] * np.where(cells['duration'] > MIN_ARTICULATED, share, 1)
    cells['timeshift'] = np.clip(timeshift, -1, 0.999)
    cells['velocity'] = np.clip(np.rint(velocity * 127), 1, 127) / 127
    cells['duration'] = np.clip(duration, MIN_DURATION, MAX_DURATION)
    return dataclasses.replace(loops, cells=cells)


def measure_performance(played: Loops, written: Loops | None = None) -> dict[str, float]:
    """Measures the parameters of a performance; those without notes are absent.

    Args:
      played: any number of loops.
      written: the same cells in the same order with written durations, for articulation.
    """
    cells, per_quarter = played.cells, played.grid.steps_per_quarter
    accent = find_accents(cells['step'], played.grid)
    backbeats = _find_backbeats(cells['step'], per_quarter)
    group = np.select([backbeats, accent <= 1, accent == 2], [1, 0, 2], default=3)
    beat, backbeat, off_beat, _ = _average(cells['timeshift'], group)
    first = 0.5 + (off_beat - beat) / (2 * per_quarter)
    velocity = _average(cells['velocity'], accent)
    found = {'swing_ratio': first / (1 - first), 'laid_back': backbeat - beat}
    found |= {f'velocity_{name}': x for name, x in zip(ACCENTS, velocity, strict=True)}
    if written is not None:
        long = written.cells['duration'] > MIN_ARTICULATED
        lengths, full = (
            _average(x.cells['duration'][long], accent[long]) for x in (played, written)
        )
        found |= {f'articulation_{n}': x for n, x in zip(ACCENTS, lengths / full, strict=True)}
    return {name: float(value) for name, value in found.items() if not np.isnan(value)}


def find_accents(step: np.ndarray, grid: GridConfig) -> np.ndarray:
    """Returns the accents of steps `[cells]`: `[cells]` int64, indices of `ACCENTS`."""
    in_bar = step.astype(np.int64) % (4 * grid.steps_per_quarter)
    in_beat = in_bar % grid.steps_per_quarter
    return np.select(
        [in_bar == 0, in_beat == 0, 2 * in_beat == grid.steps_per_quarter], [0, 1, 2], 3
    )


def _find_backbeats(step: np.ndarray, per_quarter: int) -> np.ndarray:
    return (step % per_quarter == 0) & (step // per_quarter % 2 == 1)


def _average(values: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Returns the mean of each of four groups, NaN without values."""
    counts = np.bincount(group, minlength=4)
    sums = np.bincount(group, values, minlength=4)
    return np.where(counts, sums / np.maximum(counts, 1), np.nan)


def decode_at_onsets(player: Player, loops: Loops) -> Loops:
    """Gives loops the velocities, durations and timeshifts that their z_mean decodes to."""
    cells = np.array(loops.cells)
    decoded = decode(player, encode(player, loops)[0])
    owner = np.repeat(np.arange(len(loops)), np.diff(loops.offsets))
    for name in player.config.features[1:]:
        cells[name] = decoded[name][owner, cells['row'], cells['step']]
    return dataclasses.replace(loops, cells=cells)
