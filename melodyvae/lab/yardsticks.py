"""Measures that do not depend on a config's loss settings, so that they compare configs.

Figures that a run's own evaluation has too are implemented in `reconstruction`.
"""

import numpy as np

from melodyvae.evaluation.evaluate import generate_loops, measure_played_naturalness
from melodyvae.evaluation.histograms import measure_overlap
from melodyvae.evaluation.pad_figures import measure_change
from melodyvae.evaluation.playability import measure_playability
from melodyvae.evaluation.reconstruction import (
    Measured,
    average,
    average_note_errors,
    measure,
    measure_latent_space,
    score_onsets,
)
from melodyvae.evaluation.resemblance import count_loop_features
from melodyvae.loops.loops import Loops
from melodyvae.model.vae import MelodyVAE
from melodyvae.playing.player import Player

MAX_TRAINING_LOOPS = 1000
GENERATED = 1000
DISTANCES = ('pitch_class', 'drum_class', 'note_length', 'inter_onset_interval', 'velocity')


def measure_yardsticks(
    model: MelodyVAE, held_out: Loops, training: Loops, *, threshold: float, seed: int = 0
) -> dict[str, float]:
    """Measures what compares configs.

    Args:
      model: trained.
      held_out: loops that the model was not trained on, at least one, cut for its grid.
      training: loops that it was trained on, with or without transposed copies, at least one. At
        most 1,000 are drawn.
      threshold: minimum onset probability of a note, as calibrated for this model.
      seed: of drawn z, training loops and points of the pad.

    Returns:
      By keys of `metrics.METRICS`, which defines each: onset_bce, velocity_mae and so on; kl,
      negative_elbo, gap; device_onset_f1, training_device_onset_f1; active_units, pad_share,
      notes_per_tenth, usable_points; pitch_class_distance and so on, between 1,000 generated
      patterns and the held-out loops; and the figures of `evaluate.measure_played_naturalness`.

      Figures of features that the config does not have are absent, and its negative ELBO has fewer
      terms: compare only configs with the same features.
    """
    config = model.config
    player = Player.of(model, threshold)
    random = np.random.default_rng([seed, 2])
    reference = training
    if len(training) > MAX_TRAINING_LOOPS:
        chosen = random.choice(len(training), MAX_TRAINING_LOOPS, replace=False)
        training = training.take(np.sort(chosen))
    ours, theirs = (measure(player, loops, seed=seed) for loops in (held_out, training))
    negative_elbo = _sum_elbo(ours)
    return {
        'onset_bce': average(ours.at_mean.elbo['onset']),
        **average_note_errors(ours, config),
        'kl': average(ours.kl),
        'negative_elbo': negative_elbo,
        'gap': negative_elbo - _sum_elbo(theirs),
        'device_onset_f1': score_onsets(ours, 'device_onset')['device_onset_f1'],
        'training_device_onset_f1': score_onsets(theirs, 'device_onset')['device_onset_f1'],
        **measure_latent_space(np.concatenate([ours.z_mean, theirs.z_mean]), config),
        'notes_per_tenth': measure_change(player, random),
        'usable_points': measure_playability(player, threshold).usable,
        **_measure_distances(player, held_out, seed),
        **measure_played_naturalness(player, reference, held_out, seed=seed),
    }


def _sum_elbo(measured: Measured) -> float:
    """Returns the negative ELBO in nats."""
    return sum(map(average, measured.at_sample.elbo.values())) + average(measured.kl)


def _measure_distances(player: Player, data: Loops, seed: int) -> dict[str, float]:
    """Measures the distances between histograms of generated patterns and of the data."""
    names = player.config.features
    ours = count_loop_features(generate_loops(player, GENERATED, seed=seed), names)
    theirs = count_loop_features(data, names)
    return {
        f'{name}_distance': 1 - measure_overlap(ours[name].histogram(), theirs[name].histogram())
        for name in DISTANCES
        if name in ours
    }
