"""How good models are, by measures that no config can bend.

A config's own objective depends on its loss weights and on where its losses count. Two configs can
only be compared by what does not. Each figure has one implementation: those that a run's own
evaluation reports too are in `reconstruction`.
"""

import dataclasses
from typing import Any

import numpy as np

from melodyvae.evaluation.evaluate import generated_loops
from melodyvae.evaluation.histograms import overlap
from melodyvae.evaluation.reconstruction import (
    Measured,
    latent_space,
    measure,
    note_errors,
    onset_scores,
    posteriors,
)
from melodyvae.evaluation.resemblance import loop_features
from melodyvae.lab.performer import measured_performance
from melodyvae.loops.loops import Loops
from melodyvae.model.vae import MelodyVAE
from melodyvae.playing.latent import z_grid
from melodyvae.playing.player import Player, decode, play

MOST_TRAINING_LOOPS = 1000
GENERATED = 1000
DISTANCES = ('pitch_class', 'drum_class', 'note_length', 'inter_onset_interval', 'velocity')
GRID_POINTS = 5  # a side of the pad
PLAYABLE = (4, 32)  # notes of a pattern that can be used, both included
STEP = 0.1  # of z
STEPS_TAKEN = 500


def yardsticks(
    model: MelodyVAE, held_out: Loops, training: Loops, *, threshold: float, seed: int = 0
) -> dict[str, float]:
    """What can be compared between configs.

    Args:
      model: trained.
      held_out: loops that it was not trained on, at least one, cut for the model's grid.
      training: loops that it was, with or without their transposed copies, at least one; of more
        than 1000 as many are drawn.
      threshold: least onset probability of a note, as calibrated for this model.
      seed: of what is drawn: z, training loops and points of the pad.

    Returns:
      Means over the held-out loops, z = z_mean:
      onset_bce: binary cross entropy in nats, summed over the grid.
      velocity_mse, duration_mse, timeshift_mse: squared error summed over the notes of a loop: at
        its true onsets, of velocities in [0, 1], half notes and half steps.
      kl: KL(q(z|x) || N(0, I)) in nats.

      Means over the notes of all held-out loops, z = z_mean:
      velocity_mae, duration_mae, timeshift_mae: absolute error, in the same units.
      onset_f1: of the notes that the device plays at `threshold`.

      The objective without weights, z drawn from q(z|x):
      negative_elbo: onset_bce plus the three squared errors at true onsets plus kl, held out. A
        config that lacks a feature has a sum of fewer terms: compare those with the same features.
      gap: that less the same of the training loops.

      And:
      training_onset_f1: as onset_f1, of the training loops.
      active_units, pad_share: see `reconstruction.reconstruction`; of held-out and training loops.
      notes_per_tenth: mean number of notes that are on at one of two points of the pad, 0.1 apart
        in a random direction, and off at the other; played at `threshold`.
      playable_points: of 25 points evenly over the pad, those that play 4 to 32 notes; if z is
        two-dimensional, as the pad is.
      pitch_class_distance (drum_class_distance), note_length_distance,
      inter_onset_interval_distance, velocity_distance: of 1000 generated patterns to the held-out
        loops, 1 less `histograms.overlap`: 0 for the same histogram, 1 for nothing in common.

      What concerns a feature that the config lacks is absent.
    """
    config = model.config
    player = Player(config, model.decoder, model.encoder, threshold)
    random = np.random.default_rng([seed, 2])
    if len(training) > MOST_TRAINING_LOOPS:
        chosen = random.choice(len(training), MOST_TRAINING_LOOPS, replace=False)
        training = training.take(np.sort(chosen))
    ours, theirs = (measure(player, loops, seed=seed) for loops in (held_out, training))
    negative_elbo = _negative_elbo(ours, config.features)
    return {
        'onset_bce': _mean(ours.at_mean['onset']),
        **{f'{name}_mse': _mean(ours.at_mean[f'{name}_at_onsets']) for name in config.features[1:]},
        **{f'{name}_mae': error for name, error in note_errors(ours, config).items()},
        'kl': _mean(ours.at_mean['kl']),
        'negative_elbo': negative_elbo,
        'gap': negative_elbo - _negative_elbo(theirs, config.features),
        'onset_f1': onset_scores(ours, 'device_onset')['device_onset_f1'],
        'training_onset_f1': onset_scores(theirs, 'device_onset')['device_onset_f1'],
        **latent_space(np.concatenate([ours.z_mean, theirs.z_mean]), config),
        **_pad(player, random),
        **_distances(player, held_out, seed),
    }


def learned_performance(
    model: MelodyVAE, performed: Loops, written: Loops, *, threshold: float, seed: int = 0
) -> dict[str, dict[str, float]]:
    """Whether the playing that was put into the data comes out again.

    Args:
      model: trained on performed loops.
      performed: others, held out, as `performance.perform` made them.
      written: the loops they were made of.
      threshold: least onset probability of a generated note.
      seed: of the generated patterns.

    Returns:
      What `performance.measured_performance` finds, of the features that the config has, in:
      data: the performed loops.
      learned: what their z_mean decodes to, at the true onsets.
      generated: 1000 patterns with z from N(0, I), as the device plays them. They have no written
        lengths, so nothing is said of their articulation.
    """
    names = model.config.features
    player = Player(model.config, model.decoder, model.encoder, threshold)
    return {
        'data': measured_performance(performed, written, names),
        'learned': measured_performance(decoded_at_onsets(player, performed), written, names),
        'generated': measured_performance(
            generated_loops(player, GENERATED, seed=seed), names=names
        ),
    }


def decoded_at_onsets(player: Player, loops: Loops) -> Loops:
    """The loops with the velocities, durations and timeshifts that their z_mean decodes to."""
    cells = np.array(loops.cells)
    for indices, _, posterior in posteriors(player, loops):
        decoded = decode(player, posterior.mean().numpy())
        first, last = loops.offsets[[indices[0], indices[-1] + 1]]
        batch = cells[first:last]
        owner = np.repeat(np.arange(len(indices)), np.diff(loops.offsets)[indices])
        for name in player.config.features[1:]:
            batch[name] = decoded[name][owner, batch['row'], batch['step']]
    return dataclasses.replace(loops, cells=cells)


def _mean(values: np.ndarray) -> float:
    return float(values.mean(dtype=np.float64))


def _negative_elbo(measured: Measured, features: tuple[str, ...]) -> float:
    names = ('onset', *(f'{name}_at_onsets' for name in features[1:]), 'kl')
    return sum(_mean(measured.at_sample[name]) for name in names)


def _pad(player: Player, random: np.random.Generator) -> dict[str, float]:
    """`notes_per_tenth` and `playable_points`."""
    pad, latent = player.config.device.pad, player.config.model.latent
    start = random.uniform(-pad, pad, (STEPS_TAKEN, latent))
    direction = random.standard_normal(start.shape)
    end = start + STEP * direction / np.linalg.norm(direction, axis=1, keepdims=True)
    pairs = zip(play(player, start), play(player, end), strict=True)
    found: dict[str, float] = {
        'notes_per_tenth': float(np.mean([len(_places(a) ^ _places(b)) for a, b in pairs]))
    }
    if latent == 2:
        notes = [len(pattern) for pattern in play(player, z_grid(GRID_POINTS, pad))]
        found['playable_points'] = sum(PLAYABLE[0] <= count <= PLAYABLE[1] for count in notes)
    return found


def _places(pattern: np.ndarray) -> set[Any]:
    return set(zip(pattern['row'].tolist(), pattern['step'].tolist(), strict=True))


def _distances(player: Player, data: Loops, seed: int) -> dict[str, float]:
    """How far the histograms of generated patterns are from those of the data."""
    names = player.config.features
    ours = loop_features(generated_loops(player, GENERATED, seed=seed), names)
    theirs = loop_features(data, names)
    return {
        f'{name}_distance': 1 - overlap(ours[name].histogram(), theirs[name].histogram())
        for name in DISTANCES
        if name in ours
    }
