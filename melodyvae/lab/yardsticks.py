"""How good models are, by measures that no config can bend.

A config's own objective depends on its loss weights and on where its losses count. Two configs can
only be compared by what does not. Each figure has one implementation: those that a run's own
evaluation reports too are in `reconstruction`.
"""

import dataclasses
from typing import Any

import numpy as np

from melodyvae.evaluation.evaluate import generate_loops, measure_played_naturalness
from melodyvae.evaluation.histograms import measure_overlap
from melodyvae.evaluation.reconstruction import (
    Measured,
    average,
    average_note_errors,
    measure,
    measure_latent_space,
    score_onsets,
)
from melodyvae.evaluation.resemblance import count_loop_features
from melodyvae.lab.performer import measure_performance
from melodyvae.loops.loops import Loops
from melodyvae.model.vae import MelodyVAE
from melodyvae.playing.latent import z_grid
from melodyvae.playing.player import BATCH, Player, decode, encode, play

MOST_TRAINING_LOOPS = 1000
GENERATED = 1000
DISTANCES = ('pitch_class', 'drum_class', 'note_length', 'inter_onset_interval', 'velocity')
GRID_POINTS = 5  # a side of the pad
PLAYABLE = 4  # notes that a pattern needs to be of use
STEP = 0.1  # of z
STEPS_TAKEN = 500


def measure_yardsticks(
    model: MelodyVAE, held_out: Loops, training: Loops, *, threshold: float, seed: int = 0
) -> dict[str, float]:
    """Measures what can be compared between configs.

    Args:
      model: trained.
      held_out: loops that it was not trained on, at least one, cut for the model's grid.
      training: loops that it was, with or without their transposed copies, at least one; of more
        than 1000 as many are drawn.
      threshold: least onset probability of a note, as calibrated for this model.
      seed: of what is drawn: z, training loops and points of the pad.

    Returns:
      By their keys in `metrics.METRICS`, which says what each is: onset_bce; velocity_sse,
      velocity_mae and so on; kl, negative_elbo, gap; device_onset_f1, training_device_onset_f1;
      library_active_units, library_pad_share, notes_per_tenth; playable_points, if z is
      two-dimensional, as the pad is; pitch_class_distance and so on, of 1000 generated patterns to
      the held-out loops; what `evaluate.measure_played_naturalness` finds.

      What concerns a feature that the config lacks is absent, so that its negative ELBO is a sum of
      fewer terms: compare those with the same features.
    """
    config = model.config
    player = Player.of(model, threshold)
    random = np.random.default_rng([seed, 2])
    reference = training
    if len(training) > MOST_TRAINING_LOOPS:
        chosen = random.choice(len(training), MOST_TRAINING_LOOPS, replace=False)
        training = training.take(np.sort(chosen))
    ours, theirs = (measure(player, loops, seed=seed) for loops in (held_out, training))
    negative_elbo = _sum_elbo(ours)
    latent_space = measure_latent_space(np.concatenate([ours.z_mean, theirs.z_mean]), config)
    return {
        'onset_bce': average(ours.at_mean.elbo['onset']),
        **{f'{name}_sse': average(ours.at_mean.elbo[name]) for name in config.features[1:]},
        **{f'{name}_mae': error for name, error in average_note_errors(ours, config).items()},
        'kl': average(ours.kl),
        'negative_elbo': negative_elbo,
        'gap': negative_elbo - _sum_elbo(theirs),
        'device_onset_f1': score_onsets(ours, 'device_onset')['device_onset_f1'],
        'training_device_onset_f1': score_onsets(theirs, 'device_onset')['device_onset_f1'],
        **{f'library_{name}': value for name, value in latent_space.items()},
        **_walk_over_pad(player, random),
        **_measure_distances(player, held_out, seed),
        **measure_played_naturalness(player, reference, held_out, seed=seed),
    }


def measure_learned_performance(
    model: MelodyVAE, performed: Loops, written: Loops, *, threshold: float, seed: int = 0
) -> dict[str, dict[str, float]]:
    """Measures whether the playing that was put into the data comes out again.

    Args:
      model: trained on performed loops.
      performed: others, held out, as `performer.perform` made them.
      written: the loops they were made of.
      threshold: least onset probability of a generated note.
      seed: of the generated patterns.

    Returns:
      What `performer.measure_performance` finds, of the features that the config has, in:
      data: the performed loops.
      learned: what their z_mean decodes to, at the true onsets.
      generated: 1000 patterns with z from N(0, I), as the device plays them. They have no written
        lengths, so nothing is said of their articulation.
    """
    names = model.config.features
    player = Player.of(model, threshold)
    return {
        'data': measure_performance(performed, written, names),
        'learned': measure_performance(decode_at_onsets(player, performed), written, names),
        'generated': measure_performance(generate_loops(player, GENERATED, seed=seed), names=names),
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


def _sum_elbo(measured: Measured) -> float:
    """The negative ELBO, in nats."""
    return sum(map(average, measured.at_sample.elbo.values())) + average(measured.kl)


def _walk_over_pad(player: Player, random: np.random.Generator) -> dict[str, float]:
    """`notes_per_tenth` and `playable_points`."""
    pad, latent = player.config.device.pad, player.config.model.latent
    start = random.uniform(-pad, pad, (STEPS_TAKEN, latent))
    direction = random.standard_normal(start.shape)
    end = start + STEP * direction / np.linalg.norm(direction, axis=1, keepdims=True)
    pairs = zip(play(player, start), play(player, end), strict=True)
    found: dict[str, float] = {
        'notes_per_tenth': float(np.mean([len(_find_cells(a) ^ _find_cells(b)) for a, b in pairs]))
    }
    if latent == 2:
        notes = [len(pattern) for pattern in play(player, z_grid(GRID_POINTS, pad))]
        most = player.config.grid.steps
        found['playable_points'] = sum(PLAYABLE <= count <= most for count in notes)
    return found


def _find_cells(pattern: np.ndarray) -> set[Any]:
    return set(zip(pattern['row'].tolist(), pattern['step'].tolist(), strict=True))


def _measure_distances(player: Player, data: Loops, seed: int) -> dict[str, float]:
    """How far the histograms of generated patterns are from those of the data."""
    names = player.config.features
    ours = count_loop_features(generate_loops(player, GENERATED, seed=seed), names)
    theirs = count_loop_features(data, names)
    return {
        f'{name}_distance': 1 - measure_overlap(ours[name].histogram(), theirs[name].histogram())
        for name in DISTANCES
        if name in ours
    }
