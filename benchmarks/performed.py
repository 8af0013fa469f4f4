"""Measures whether a model learns a performance with known parameters (see `performer`)."""

import dataclasses
from collections.abc import Iterator

import numpy as np

from benchmarks.figures import Figure
from benchmarks.performer import measure_performance, perform
from melodyvae.config.presets import preset
from melodyvae.config.settings import Config
from melodyvae.evaluation.evaluate import MAX_GENERATED, generate_loops
from melodyvae.ingest.folk import read_folk_loops
from melodyvae.loops.loops import Loops
from melodyvae.model.vae import MelodyVAE
from melodyvae.playing.player import BATCH, Player, decode, encode
from melodyvae.training.callbacks import default_callbacks
from melodyvae.training.data import training_data
from melodyvae.training.examples import take_examples
from melodyvae.training.finish import finish

EPOCHS = 30


def figures() -> Iterator[Figure]:
    config = preset('melodyvae_improved')
    config.training.epochs = EPOCHS
    config.data.transpositions = ()
    yield from performed_figures(config, read_folk_loops(config.grid)[0])


def performed_figures(config: Config, written: Loops) -> Iterator[Figure]:
    """Trains on performed loops; measures them, the loops as written, and what the model plays."""
    loops = perform(written, 0)
    data = training_data(loops, config)
    model = MelodyVAE(config)
    model.fit(data, callbacks=default_callbacks(data, quiet=True))
    held_out, before = (take_examples(some, data.held_out) for some in (loops, written))
    threshold = finish(model, data)
    found = {'written': measure_performance(before, before, config.features)}
    found |= measure_learned_performance(model, held_out, before, threshold=threshold)
    for name, values in found.items():
        for key, value in values.items():
            unit = 'half steps' if key == 'laid_back' else 'times'
            yield Figure(f'{config.name}, performed loops: {key}, {name}', unit, (value,))


def measure_learned_performance(
    model: MelodyVAE, performed: Loops, written: Loops, *, threshold: float, seed: int = 0
) -> dict[str, dict[str, float]]:
    """Measures the performance of loops, and what a model has learned of it.

    Args:
      model: trained on performed loops.
      performed: held-out performed loops.
      written: the same loops before the performance.
      threshold: minimum onset probability of a generated note.
      seed: of the generated patterns.

    Returns:
      The figures of `performer.measure_performance` for: data, the performed loops; learned, what
      their z_mean decodes to at their onsets; generated, 1,000 patterns from the prior, as the
      device plays them (without articulation, since they have no written lengths).
    """
    names = model.config.features
    player = Player.of(model, threshold)
    generated = generate_loops(player, MAX_GENERATED, seed=seed)
    return {
        'data': measure_performance(performed, written, names),
        'learned': measure_performance(decode_at_onsets(player, performed), written, names),
        'generated': measure_performance(generated, names=names),
    }


def decode_at_onsets(player: Player, loops: Loops) -> Loops:
    """Gives loops the velocities, durations and timeshifts that their z_mean decodes to."""
    cells = np.array(loops.cells)
    z_mean, _ = encode(player, loops)
    for first in range(0, len(loops), BATCH):
        decoded = decode(player, z_mean[first : first + BATCH])
        offsets = loops.offsets[first : first + BATCH + 1]
        batch = cells[offsets[0] : offsets[-1]]
        owner = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
        for name in player.config.features[1:]:
            batch[name] = decoded[name][owner, batch['row'], batch['step']]
    return dataclasses.replace(loops, cells=cells)
