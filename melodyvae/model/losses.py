"""The losses: one per feature, and the KL divergence of the posterior."""

from collections.abc import Mapping
from typing import Any

import keras

from melodyvae.config.settings import FEATURES, LossConfig

MIN_PROBABILITY = 1e-7  # the devices clip here before the logarithm
MAX_LOG_VAR = 10.0


def posterior(z_mean, z_log_var):
    """Returns q(z|x) for each loop of a batch: independent normals, one per dimension of z.

    The log variance is clipped to `MAX_LOG_VAR` in both directions, but its gradient is not: while
    beta is 0 nothing else limits it, and its exponential would overflow.
    """
    clipped = keras.ops.clip(z_log_var, -MAX_LOG_VAR, MAX_LOG_VAR)
    z_log_var = z_log_var + keras.ops.stop_gradient(clipped - z_log_var)
    tfd = _distributions()
    return tfd.Independent(
        tfd.Normal(z_mean, keras.ops.exp(0.5 * z_log_var)), reinterpreted_batch_ndims=1
    )


def kl_divergence(distribution):
    """Computes KL(q(z|x) || N(0, 1)), `[batch]` float32 in nats.

    D. Kingma and M. Welling, "Auto-encoding variational Bayes", 2014, appendix B.
    """
    tfd = _distributions()
    prior = tfd.Independent(
        tfd.Normal(keras.ops.zeros_like(distribution.mean()), 1.0), reinterpreted_batch_ndims=1
    )
    return tfd.kl_divergence(distribution, prior)


def _distributions():
    import tensorflow_probability as tfp  # deferred: it takes seconds, and decoding needs none

    return tfp.distributions


def onset_loss(true, decoded):
    """Computes the binary cross entropy in nats, summed over the cells.

    Args:
      true: `[batch, cells]` float32, 0 or 1.
      decoded: `[batch, cells]` float32, probabilities.

    Returns:
      `[batch]` float32.
    """
    decoded = keras.ops.clip(decoded, MIN_PROBABILITY, 1 - MIN_PROBABILITY)
    likelihood = true * keras.ops.log(decoded) + (1 - true) * keras.ops.log(1 - decoded)
    return -keras.ops.sum(likelihood, axis=-1)


def value_error(true, decoded, where, huber_delta: float):
    """Computes the squared error of a feature's values, summed over cells.

    For a note that usually has one value and sometimes another, the best prediction under a linear
    error is near the usual value (median), not between the two (mean). With a delta, this is twice
    the loss of P. Huber, "Robust estimation of a location parameter", 1964.

    Args:
      true, decoded: `[batch, cells]` float32.
      where: `[batch, cells]` float32, 1 for the cells that count; all of them if None.
      huber_delta: errors above it count linearly; 0 squares all errors.

    Returns:
      `[batch]` float32.
    """
    difference = true - decoded
    error = keras.ops.square(difference)
    if huber_delta:
        error -= keras.ops.square(keras.ops.relu(keras.ops.abs(difference) - huber_delta))
    return keras.ops.sum(error if where is None else where * error, axis=-1)


def feature_losses(true: Mapping, decoded: Mapping, config: LossConfig) -> dict[str, Any]:
    """Computes each feature's loss, unweighted.

    Args:
      true, decoded: `[batch, cells]` float32 by feature; features that `true` lacks are left out.
      config: which cells count, and which errors are squared.

    Returns:
      `[batch]` float32 by feature.
    """
    where = true['onset'] if config.only_at_onsets else None
    return {
        name: feature_loss(name, x, decoded[name], where, config.huber_delta)
        for name, x in true.items()
    }


def feature_loss(name: str, true, decoded, where=None, huber_delta: float = 0.0):
    """Computes the `onset_loss` of onsets, the `value_error` of other features."""
    if name == 'onset':
        return onset_loss(true, decoded)
    return value_error(true, decoded, where, huber_delta)


def weighted_sum(losses: Mapping, weights: LossConfig):
    """Returns the weighted sum of the features' losses; other entries are ignored."""
    return sum(getattr(weights, name) * losses[name] for name in FEATURES if name in losses)
