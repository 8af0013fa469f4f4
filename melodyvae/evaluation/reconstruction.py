"""How well loops come back through a model."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from tqdm import tqdm

from melodyvae.config.settings import Config, LossConfig
from melodyvae.loops.loops import Loops
from melodyvae.loops.pattern import QUARTERS_PER_HALF_NOTE
from melodyvae.model import losses
from melodyvae.playing.device import select
from melodyvae.playing.player import BATCH, Player, decode

ACTIVE_VARIANCE = 0.01
MILLISECONDS_PER_QUARTER = 500.0  # at 120 bpm


@dataclasses.dataclass(frozen=True, slots=True)
class Measured:
    """What comes back of loops, before it is averaged.

    Attributes:
      z_mean: `[loops, latent]` float32.
      at_mean: `[loops]` float32 each, for z = z_mean: each feature's loss as the config counts it;
        as 'velocity_at_onsets' and so on its squared error at the true onsets; `weighted`, the sum
        that training minimises; and `kl`.
      at_sample: the same, for one z a loop drawn from q(z|x).
      notes: sums over the notes of all loops, for z = z_mean: `notes`, how many there are;
        `onset_predicted` and `onset_right`, of the cells with a probability over 0.5;
        `device_onset_predicted` and `device_onset_right`, of the notes that the device plays;
        'velocity_error' and so on, absolute error at the true onsets.
    """

    z_mean: np.ndarray
    at_mean: dict[str, np.ndarray]
    at_sample: dict[str, np.ndarray]
    notes: dict[str, float]


def measure(player: Player, loops: Loops, *, seed: int) -> Measured:
    """Encodes loops and decodes them again, at z_mean and at one z drawn a loop."""
    config = player.config.loss
    random = np.random.default_rng([seed, 1])
    at_mean, at_sample, notes, z_means = [], [], [], []
    for _, true, posterior in posteriors(player, loops):
        z_mean = posterior.mean().numpy()
        z_sampled = z_mean + posterior.stddev().numpy() * random.standard_normal(z_mean.shape)
        kl = {'kl': losses.kl_divergence(posterior).numpy()}
        decoded = decode(player, z_mean)
        at_mean.append(_losses(true, decoded, config) | kl)
        at_sample.append(_losses(true, decode(player, z_sampled), config) | kl)
        notes.append(_note_sums(true, decoded, player))
        z_means.append(z_mean)
    return Measured(
        z_mean=np.concatenate(z_means),
        at_mean={name: np.concatenate([x[name] for x in at_mean]) for name in at_mean[0]},
        at_sample={name: np.concatenate([x[name] for x in at_sample]) for name in at_sample[0]},
        notes={name: sum(batch[name] for batch in notes) for name in notes[0]},
    )


def posteriors(
    player: Player, loops: Loops
) -> Iterator[tuple[np.ndarray, dict[str, np.ndarray], Any]]:
    """Batches of loops: their indices, their grids and q(z|x), distributions over `[latent]`."""
    assert player.encoder
    for start in tqdm(range(0, len(loops), BATCH), desc='reconstruct', disable=None):
        indices = np.arange(start, min(start + BATCH, len(loops)))
        grids = loops.to_dense(indices)
        flat = [grids[name].reshape(len(indices), -1) for name in player.config.features]
        yield indices, grids, losses.posterior(*player.encoder(flat, training=False))


def reconstruction(player: Player, loops: Loops, *, seed: int) -> dict[str, Any]:
    """How well loops come back.

    Averages over loops, with z = z_mean:
      onset_loss: binary cross entropy in nats, summed over the grid, probabilities clipped at 1e-7.
      velocity_loss, duration_loss, timeshift_loss: errors of velocities in [0, 1], half notes and
        half steps, summed over the cells that the model's config counts, as it counts them.
      kl: KL(q(z|x) || N(0, I)) in nats (D. Kingma and M. Welling, "Auto-encoding variational
        Bayes", 2014, appendix B).
      negative_elbo: the losses with the weights of the model's config, plus kl (beta is 1).
      sampled: the same, with one z a loop drawn from q(z|x).

    Over the notes of all loops together, so that each note weighs the same, with z = z_mean:
      onset_precision, onset_recall, onset_f1: of the cells with a probability over 0.5.
      device_onset_precision, device_onset_recall, device_onset_f1: of the notes that the device
        plays at `threshold`; one a step at most, if it is monophonic.
      velocity_mae: mean absolute error at the true onsets, of velocities in [0, 1].
      duration_mae_beats: the same in quarter notes.
      timeshift_mae_ms: the same in milliseconds at 120 bpm.

    Of the latent space:
      active_units: dimensions of z_mean whose variance over the loops is over 0.01 (Y. Burda, R.
        Grosse and R. Salakhutdinov, "Importance weighted autoencoders", 2016).
      pad_share: share of the loops whose z_mean is on the device's pad, `config.device.pad`
        either way in all dimensions.

    A feature that the system lacks has no entry. Precision and recall of no notes are 0.
    """
    config = player.config
    measured = measure(player, loops, seed=seed)
    errors = note_errors(measured, config)
    half_step = MILLISECONDS_PER_QUARTER / config.grid.steps_per_quarter / 2
    units = {
        'velocity': ('velocity_mae', 1.0),
        'duration': ('duration_mae_beats', QUARTERS_PER_HALF_NOTE),
        'timeshift': ('timeshift_mae_ms', half_step),
    }
    return {
        **_averages(measured.at_mean, config),
        'sampled': _averages(measured.at_sample, config),
        **onset_scores(measured, 'onset'),
        **onset_scores(measured, 'device_onset'),
        **{units[name][0]: error * units[name][1] for name, error in errors.items()},
        **latent_space(measured.z_mean, config),
    }


def latent_space(z_mean: np.ndarray, config: Config) -> dict[str, Any]:
    """`active_units` and `pad_share`, see `reconstruction`, of `[loops, latent]` floats."""
    return {
        'active_units': int(np.sum(z_mean.var(axis=0, dtype=np.float64) > ACTIVE_VARIANCE)),
        'pad_share': float(np.mean((np.abs(z_mean) <= config.device.pad).all(axis=1))),
    }


def onset_scores(measured: Measured, name: str) -> dict[str, float]:
    """Precision, recall and F1 of 'onset' or 'device_onset', see `reconstruction`."""
    sums = measured.notes
    notes, right, predicted = sums['notes'], sums[f'{name}_right'], sums[f'{name}_predicted']
    return {
        f'{name}_precision': right / max(predicted, 1),
        f'{name}_recall': right / max(notes, 1),
        f'{name}_f1': 2 * right / max(predicted + notes, 1),
    }


def note_errors(measured: Measured, config: Config) -> dict[str, float]:
    """Mean absolute error at the true onsets, z = z_mean, by feature and in its own unit.

    Velocities are in [0, 1], durations in half notes, timeshifts in half steps.
    """
    sums = measured.notes
    return {name: sums[f'{name}_error'] / max(sums['notes'], 1) for name in config.features[1:]}


def _losses(
    true: Mapping[str, np.ndarray], decoded: Mapping[str, np.ndarray], config: LossConfig
) -> dict[str, np.ndarray]:
    """Losses of each loop, `[batch]` float32 each, see `Measured.at_mean`."""
    flat = (len(true['onset']), -1)
    x = {name: true[name].reshape(flat) for name in decoded}
    guess = {name: grid.reshape(flat) for name, grid in decoded.items()}
    found = losses.feature_losses(x, guess, config)
    at_onsets = {
        f'{name}_at_onsets': losses.squared_error(x[name], guess[name], x['onset'])
        for name in x
        if name != 'onset'
    }
    every = found | at_onsets | {'weighted': losses.weighted_sum(found, config)}
    return {name: loss.numpy() for name, loss in every.items()}


def _averages(measured: Mapping[str, np.ndarray], config: Config) -> dict[str, float]:
    """Average over all loops of each loss and of kl, and the negative ELBO."""
    averages = {name: float(x.mean(dtype=np.float64)) for name, x in measured.items()}
    return {
        **{f'{name}_loss': averages[name] for name in config.features},
        'kl': averages['kl'],
        'negative_elbo': averages['weighted'] + averages['kl'],
    }


def _note_sums(
    true: Mapping[str, np.ndarray], decoded: Mapping[str, np.ndarray], player: Player
) -> dict[str, float]:
    """Sums over the notes of a batch, see `Measured.notes`."""
    onset = true['onset'] > 0
    played = np.zeros(onset.shape, bool)
    for index in range(len(onset)):
        grids = {name: grid[index] for name, grid in decoded.items()}
        notes = select(grids, player.config, threshold_min=player.threshold)
        played[index, notes['row'], notes['step']] = True
    sums = {'notes': float(onset.sum())}
    for name, predicted in (('onset', decoded['onset'] > 0.5), ('device_onset', played)):
        sums[f'{name}_predicted'] = float(predicted.sum())
        sums[f'{name}_right'] = float((predicted & onset).sum())
    for name in player.config.features[1:]:
        errors = np.abs(true[name] - decoded[name])
        sums[f'{name}_error'] = float(errors[onset].sum(dtype=np.float64))
    return sums
