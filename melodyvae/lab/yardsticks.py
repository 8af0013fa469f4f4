"""Measures that do not depend on a config's loss settings, so that they compare configs."""

import numpy as np

from melodyvae.evaluation.evaluate import generate_loops, measure_played_naturalness
from melodyvae.evaluation.pad_figures import measure_change
from melodyvae.evaluation.playability import measure_playability
from melodyvae.evaluation.reconstruction import measure, measure_latent_space
from melodyvae.evaluation.resemblance import compare_patterns
from melodyvae.loops.loops import Loops
from melodyvae.model.vae import MelodyVAE
from melodyvae.playing.player import Player

MAX_TRAINING_LOOPS = 1000
GENERATED = 1000
RECONSTRUCTION = (
    'onset_bce',
    'velocity_mae',
    'duration_mae_beats',
    'timeshift_mae_ms',
    'kl',
    'negative_elbo',
    'device_onset_f1',
)
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
      By keys of `metrics.METRICS`, which defines each: `RECONSTRUCTION` of the held-out loops; gap,
      training_device_onset_f1; active_units, pad_share, notes_per_tenth, usable_points;
      pitch_class_distance and so on, between 1,000 generated patterns and the held-out loops; and
      the figures of `evaluate.measure_played_naturalness`.

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
    (z, ours), (training_z, theirs) = (
        measure(player, loops, seed=seed) for loops in (held_out, training)
    )
    generated = generate_loops(player, GENERATED, seed=seed)
    resemblance = compare_patterns(generated, held_out, config.features).features
    return {
        **{key: ours[key] for key in RECONSTRUCTION if key in ours},
        'gap': ours['negative_elbo'] - theirs['negative_elbo'],
        'training_device_onset_f1': theirs['device_onset_f1'],
        **measure_latent_space(np.concatenate([z, training_z]), config),
        'notes_per_tenth': measure_change(player, random),
        'usable_points': measure_playability(player, threshold).usable,
        **{f'{x}_distance': 1 - resemblance[x].overlap for x in DISTANCES if x in resemblance},
        **measure_played_naturalness(player, reference, held_out, seed=seed),
    }
