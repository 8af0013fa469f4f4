"""Measures how well a model reconstructs loops."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from tqdm import tqdm

from melodyvae.config.settings import Config, LossConfig
from melodyvae.loops.loops import Loops
from melodyvae.loops.pattern import QUARTERS_PER_HALF_NOTE
from melodyvae.model import losses
from melodyvae.playing.device import select
from melodyvae.playing.player import Player, decode, encode_batches

ACTIVE_VARIANCE = 0.01
MILLISECONDS_PER_QUARTER = 500.0  # at 120 bpm


@dataclasses.dataclass(frozen=True, slots=True)
class Terms:
    """Losses of each loop: `[loops]` float32 each.

    Attributes:
      losses: by feature, as the model's config counts them, unweighted.
      weighted: their sum by the config's weights.
      elbo: by feature, the same for every config, see `count_elbo_terms`.
    """

    losses: dict[str, np.ndarray]
    weighted: np.ndarray
    elbo: dict[str, np.ndarray]


@dataclasses.dataclass(frozen=True, slots=True)
class Measured:
    """The reconstruction of loops, before averaging.

    Attributes:
      z_mean: `[loops, latent]` float32.
      kl: `[loops]` float32, KL(q(z|x) || N(0, I)) in nats.
      at_mean: for z = z_mean.
      at_sample: for one z per loop drawn from q(z|x).
      notes: sums over the notes of all loops, for z = z_mean: `notes`, their number;
        `onset_predicted` and `onset_right`, of the cells with a probability over 0.5;
        `device_onset_predicted` and `device_onset_right`, of the notes that the device plays;
        `velocity_error` and so on, absolute error at the onsets of the loops.
    """

    z_mean: np.ndarray
    kl: np.ndarray
    at_mean: Terms
    at_sample: Terms
    notes: dict[str, float]


def measure(player: Player, loops: Loops, *, seed: int) -> Measured:
    """Encodes loops and decodes them, at z_mean and at one z per loop drawn from q(z|x)."""
    random = np.random.default_rng([seed, 1])
    z_means, kls, at_mean, at_sample, notes = [], [], [], [], []
    with tqdm(desc='reconstruct', total=len(loops), disable=None) as bar:
        for batch in encode_batches(player, loops):
            posterior = losses.posterior(batch.z_mean, batch.z_log_var)
            kl = losses.kl_divergence(posterior).numpy()
            noise = random.standard_normal(batch.z_mean.shape)
            z_sampled = batch.z_mean + posterior.stddev().numpy() * noise
            decoded = decode(player, batch.z_mean)
            at_mean.append(_count_terms(batch.grids, decoded, player.config.loss))
            again = decode(player, z_sampled)
            at_sample.append(_count_terms(batch.grids, again, player.config.loss))
            notes.append(_sum_notes(batch.grids, decoded, player))
            z_means.append(batch.z_mean)
            kls.append(kl)
            bar.update(len(kl))
    return Measured(
        z_mean=np.concatenate(z_means),
        kl=np.concatenate(kls),
        at_mean=_join_terms(at_mean),
        at_sample=_join_terms(at_sample),
        notes={name: sum(batch[name] for batch in notes) for name in notes[0]},
    )


def measure_reconstruction(player: Player, loops: Loops, *, seed: int) -> dict[str, float]:
    """Measures how well loops are reconstructed.

    Returns:
      By keys of `metrics.METRICS`, which defines each. Averages over loops of onset_bce,
      velocity_loss_at_mean and so on, objective_at_mean and kl, and, for one z per loop drawn from
      q(z|x), of onset_loss, velocity_loss and so on, and objective.

      Over the notes of all loops together, with equal weights, for z = z_mean: onset_precision and
      so on, device_onset_precision and so on, velocity_mae, duration_mae_beats, timeshift_mae_ms.
      Precision and recall of no notes are 0.

      Of the latent space: active_units, pad_share.

      Features that the system does not have are absent.
    """
    config = player.config
    measured = measure(player, loops, seed=seed)
    at_mean, at_sample = measured.at_mean, measured.at_sample
    kl = average(measured.kl)
    return {
        'onset_bce': average(at_mean.losses['onset']),
        **{f'{name}_loss_at_mean': average(at_mean.losses[name]) for name in config.features[1:]},
        'objective_at_mean': average(at_mean.weighted) + kl,
        **{f'{name}_loss': average(at_sample.losses[name]) for name in config.features},
        'kl': kl,
        'objective': average(at_sample.weighted) + kl,
        **score_onsets(measured, 'onset'),
        **score_onsets(measured, 'device_onset'),
        **average_note_errors(measured, config),
        **measure_latent_space(measured.z_mean, config),
    }


def average(values: np.ndarray) -> float:
    """Averages over loops, in float64."""
    return float(values.mean(dtype=np.float64))


def measure_latent_space(z_mean: np.ndarray, config: Config) -> dict[str, float]:
    """Measures `active_units` and `pad_share` of `[loops, latent]` floats."""
    return {
        'active_units': int(np.sum(z_mean.var(axis=0, dtype=np.float64) > ACTIVE_VARIANCE)),
        'pad_share': float(np.mean((np.abs(z_mean) <= config.device.pad).all(axis=1))),
    }


def score_onsets(measured: Measured, name: str) -> dict[str, float]:
    """Returns precision, recall and F1 of 'onset' or 'device_onset', see `metrics.METRICS`."""
    sums = measured.notes
    notes, right, predicted = sums['notes'], sums[f'{name}_right'], sums[f'{name}_predicted']
    return {
        f'{name}_precision': right / max(predicted, 1),
        f'{name}_recall': right / max(notes, 1),
        f'{name}_f1': 2 * right / max(predicted + notes, 1),
    }


def average_note_errors(measured: Measured, config: Config) -> dict[str, float]:
    """Averages the absolute error at the onsets of the loops, for z = z_mean.

    Returns:
      By keys of `metrics.METRICS`: velocities in [0, 1], durations in quarter notes, timeshifts in
      milliseconds at 120 bpm.
    """
    half_step = MILLISECONDS_PER_QUARTER / config.grid.steps_per_quarter / 2
    units = {
        'velocity': ('velocity_mae', 1.0),
        'duration': ('duration_mae_beats', QUARTERS_PER_HALF_NOTE),
        'timeshift': ('timeshift_mae_ms', half_step),
    }
    sums = measured.notes
    return {
        key: sums[f'{name}_error'] / max(sums['notes'], 1) * unit
        for name, (key, unit) in units.items()
        if name in config.features
    }


def count_elbo_terms(
    true: Mapping[str, np.ndarray], decoded: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Counts the terms of the negative ELBO of each loop, the same way for every config.

    Args:
      true: grids by feature, `[batch, rows, steps]` float32.
      decoded: the same for the features of the system.

    Returns:
      `[batch]` float32 by feature: binary cross entropy of onsets in nats, summed over the grid,
      and squared errors of the other features, summed over the onsets of the loops.
    """
    x, guess = _flatten(true, decoded), _flatten(decoded, decoded)
    return {name: losses.feature_loss(name, x[name], guess[name], x['onset']).numpy() for name in x}


def _count_terms(
    true: Mapping[str, np.ndarray], decoded: Mapping[str, np.ndarray], config: LossConfig
) -> Terms:
    found = losses.feature_losses(_flatten(true, decoded), _flatten(decoded, decoded), config)
    return Terms(
        losses={name: loss.numpy() for name, loss in found.items()},
        weighted=losses.weighted_sum(found, config).numpy(),
        elbo=count_elbo_terms(true, decoded),
    )


def _flatten(grids: Mapping[str, np.ndarray], names: Iterable[str]) -> dict[str, np.ndarray]:
    """Flattens some of the grids to `[batch, rows * steps]` each."""
    return {name: grids[name].reshape(len(grids[name]), -1) for name in names}


def _join_terms(batches: Sequence[Terms]) -> Terms:
    def join(by_feature: Sequence[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
        return {name: np.concatenate([x[name] for x in by_feature]) for name in by_feature[0]}

    return Terms(
        losses=join([batch.losses for batch in batches]),
        weighted=np.concatenate([batch.weighted for batch in batches]),
        elbo=join([batch.elbo for batch in batches]),
    )


def _sum_notes(
    true: Mapping[str, np.ndarray], decoded: Mapping[str, np.ndarray], player: Player
) -> dict[str, float]:
    """Sums figures over the notes of a batch, see `Measured.notes`."""
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
