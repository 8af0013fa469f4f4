"""Measures how well a model reconstructs loops."""

import collections
from collections.abc import Iterable, Mapping

import numpy as np
from tqdm import tqdm

from melodyvae.config.settings import Config
from melodyvae.evaluation.metrics import ELBO_TERMS
from melodyvae.loops.loops import Loops
from melodyvae.loops.pattern import QUARTERS_PER_HALF_NOTE
from melodyvae.model import losses
from melodyvae.playing.device import select
from melodyvae.playing.player import Player, decode, encode_batches

ACTIVE_VARIANCE = 0.01
MILLISECONDS_PER_QUARTER = 500.0  # at 120 bpm


def measure(player: Player, loops: Loops, *, seed: int) -> tuple[np.ndarray, dict[str, float]]:
    """Encodes loops and decodes them, at z_mean and at one z per loop drawn from q(z|x).

    Returns:
      z_mean, `[loops, latent]` float32; and by keys of `metrics.METRICS` the figures of
      `measure_reconstruction` but those of the latent space, and the means over loops of the
      `ELBO_TERMS` and negative_elbo.
    """
    config = player.config
    random = np.random.default_rng([seed, 1])
    z_means: list[np.ndarray] = []
    sums: collections.defaultdict[str, float] = collections.defaultdict(float)  # over loops
    notes: collections.defaultdict[str, float] = collections.defaultdict(float)
    with tqdm(desc='reconstruct', total=len(loops), disable=None) as bar:
        for batch in encode_batches(player, loops):
            posterior = losses.posterior(batch.z_mean, batch.z_log_var)
            noise = random.standard_normal(batch.z_mean.shape)
            z_sampled = batch.z_mean + posterior.stddev().numpy() * noise
            sums['kl'] += _sum(losses.kl_divergence(posterior))
            true = _flatten(batch.grids, config.features)
            for suffix, z in (('_at_mean', batch.z_mean), ('', z_sampled)):
                decoded = decode(player, z)
                guess = _flatten(decoded, config.features)
                found = losses.feature_losses(true, guess, config.loss)
                for name, loss in found.items():
                    sums[f'{name}_loss{suffix}'] += _sum(loss)
                sums[f'objective{suffix}'] += _sum(losses.weighted_sum(found, config.loss))
                if suffix:
                    _add_notes(notes, batch.grids, decoded, player)
            for name, values in count_elbo_terms(batch.grids, decoded).items():
                sums[ELBO_TERMS[name]] += _sum(values)
            z_means.append(batch.z_mean)
            bar.update(len(noise))
    figures = {key: total / len(loops) for key, total in sums.items()}
    figures['onset_bce'] = figures.pop('onset_loss_at_mean')
    for key in ('objective_at_mean', 'objective'):
        figures[key] += figures['kl']
    terms = (ELBO_TERMS[name] for name in config.features)
    figures['negative_elbo'] = sum(figures[key] for key in (*terms, 'kl'))
    figures |= _score_onsets(notes, 'onset') | _score_onsets(notes, 'device_onset')
    figures |= _average_errors(notes, config)
    return np.concatenate(z_means), figures


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
    z_mean, measured = measure(player, loops, seed=seed)
    compared = {*ELBO_TERMS.values(), 'negative_elbo'}  # of configs, in a comparison
    figures = {key: value for key, value in measured.items() if key not in compared}
    return figures | measure_latent_space(z_mean, player.config)


def measure_latent_space(z_mean: np.ndarray, config: Config) -> dict[str, float]:
    """Measures `active_units` and `pad_share` of `[loops, latent]` floats."""
    return {
        'active_units': int(np.sum(z_mean.var(axis=0, dtype=np.float64) > ACTIVE_VARIANCE)),
        'pad_share': float(np.mean((np.abs(z_mean) <= config.device.pad).all(axis=1))),
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


def _sum(values) -> float:
    return float(np.asarray(values).sum(dtype=np.float64))


def _flatten(grids: Mapping[str, np.ndarray], names: Iterable[str]) -> dict[str, np.ndarray]:
    """Flattens some of the grids to `[batch, rows * steps]` each."""
    return {name: grids[name].reshape(len(grids[name]), -1) for name in names}


def _add_notes(
    sums: collections.defaultdict[str, float],
    true: Mapping[str, np.ndarray],
    decoded: Mapping[str, np.ndarray],
    player: Player,
) -> None:
    """Adds the notes of a batch, those that are predicted and right, and the errors at onsets."""
    onset = true['onset'] > 0
    played = np.zeros(onset.shape, bool)
    for index in range(len(onset)):
        grids = {name: grid[index] for name, grid in decoded.items()}
        notes = select(grids, player.config, threshold_min=player.threshold)
        played[index, notes['row'], notes['step']] = True
    sums['notes'] += float(onset.sum())
    for name, predicted in (('onset', decoded['onset'] > 0.5), ('device_onset', played)):
        sums[f'{name}_predicted'] += float(predicted.sum())
        sums[f'{name}_right'] += float((predicted & onset).sum())
    for name in player.config.features[1:]:
        sums[name] += _sum(np.abs(true[name] - decoded[name])[onset])


def _score_onsets(sums: Mapping[str, float], name: str) -> dict[str, float]:
    """Returns precision, recall and F1 of 'onset' or 'device_onset'."""
    notes, right, predicted = sums['notes'], sums[f'{name}_right'], sums[f'{name}_predicted']
    return {
        f'{name}_precision': right / max(predicted, 1),
        f'{name}_recall': right / max(notes, 1),
        f'{name}_f1': 2 * right / max(predicted + notes, 1),
    }


def _average_errors(sums: Mapping[str, float], config: Config) -> dict[str, float]:
    """Averages errors: velocities in [0, 1], durations in quarter notes, timeshifts in ms."""
    half_step = MILLISECONDS_PER_QUARTER / config.grid.steps_per_quarter / 2
    units = {
        'velocity': ('velocity_mae', 1.0),
        'duration': ('duration_mae_beats', QUARTERS_PER_HALF_NOTE),
        'timeshift': ('timeshift_mae_ms', half_step),
    }
    return {
        key: sums[name] / max(sums['notes'], 1) * unit
        for name, (key, unit) in units.items()
        if name in config.features
    }
