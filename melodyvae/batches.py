"""Batches of dense grids for Keras, scattered from sparse loops as they are needed."""

from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from melodyvae.config import Config
from melodyvae.dataset import Loops
from melodyvae.split import Examples


def batch_size(training: Examples, config: Config) -> int:
    """Loops a step: as configured, but never more than there are."""
    return min(config.training.batch_size, len(training))


def steps_per_epoch(training: Examples, validation: Examples, config: Config) -> int:
    """Steps that one epoch takes.

    Every training example once, the last batch as large as what is left; or, as in the devices,
    `floor(all loops / batch)` full batches (at least one), which wrap around.
    """
    size = batch_size(training, config)
    if config.training.steps_from_all_loops:
        return max(1, (len(training) + len(validation)) // size)
    return -(-len(training) // size)


def training_batches(
    loops: Loops, training: Examples, validation: Examples, config: Config, *, first_epoch: int = 0
) -> tf.data.Dataset:
    """Endless batches, in an order that only the seed and the epoch decide.

    Returns:
      Dataset of dicts: feature name to `[batch, rows, steps]` float32.
    """
    steps = steps_per_epoch(training, validation, config)
    size = batch_size(training, config)
    wraps = config.training.steps_from_all_loops

    def batches() -> Iterator[dict[str, np.ndarray]]:
        epoch = first_epoch
        while True:
            count = steps * size if wraps else len(training)
            order = epoch_order(len(training), epoch * count, count, config.training.seed)
            for start in range(0, count, size):
                yield _grids(loops, training.take(order[start : start + size]), config)
            epoch += 1

    return _dataset(batches, config, tf.data.INFINITE_CARDINALITY)


def validation_batches(loops: Loops, validation: Examples, config: Config) -> tf.data.Dataset:
    """The held-out examples once, in order; or the first batches only, as the devices do.

    Returns:
      Dataset of dicts: feature name to `[batch, rows, steps]` float32.
    """
    size = config.training.validation_batch_size
    most = config.training.validation_batches * size or len(validation)
    count = min(most, len(validation))

    def batches() -> Iterator[dict[str, np.ndarray]]:
        for start in range(0, count, size):
            which = np.arange(start, min(start + size, count))
            yield _grids(loops, validation.take(which), config)

    return _dataset(batches, config, -(-count // size))


def epoch_order(examples: int, first: int, count: int, seed: int) -> np.ndarray:
    """`count` indices from place `first` on of an endless series of shuffled passes.

    Each pass over the examples is a permutation of its own, so that any place can be reached
    without going through what comes before.
    """
    places = np.arange(first, first + count)
    passes = places // examples
    order = np.empty(count, np.int64)
    for number in np.unique(passes):
        permutation = np.random.default_rng([seed, int(number)]).permutation(examples)
        order[passes == number] = permutation[places[passes == number] % examples]
    return order


def _grids(loops: Loops, examples: Examples, config: Config) -> dict[str, np.ndarray]:
    grids = loops.dense(examples.loop, examples.shift)
    return {name: grids[name] for name in config.features}


def _dataset(batches, config: Config, count: int) -> tf.data.Dataset:
    spec = tf.TensorSpec((None, config.grid.rows, config.grid.steps), tf.float32)
    dataset = tf.data.Dataset.from_generator(
        batches, output_signature=dict.fromkeys(config.features, spec)
    )
    # Keras warns of data that runs out unless it knows how many batches come.
    return dataset.apply(tf.data.experimental.assert_cardinality(count)).prefetch(2)
