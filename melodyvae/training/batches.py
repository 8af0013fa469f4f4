"""Batches of dense grids for Keras, made from sparse loops on demand."""

import concurrent.futures
import functools
import threading
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from melodyvae.config.settings import Config
from melodyvae.loops.loops import Loops
from melodyvae.loops.pattern import to_dense
from melodyvae.training.augment import Recombination
from melodyvae.training.examples import Examples

MADE_AHEAD = 2  # batches


def batch_size(training: Examples, config: Config) -> int:
    """Returns the loops per step: as configured, but at most the number of examples."""
    return min(config.training.batch_size, len(training))


def steps_per_epoch(training: Examples, validation: Examples, config: Config) -> int:
    """Returns the steps per epoch.

    An epoch has every training example once, with a smaller last batch; or, as in the devices,
    `floor(all loops / batch)` full batches that wrap around, at least one. If `least_steps` is
    more, it has so many full batches.
    """
    size = batch_size(training, config)
    if config.training.steps_from_all_loops:
        steps = max(1, (len(training) + len(validation)) // size)
    else:
        steps = -(-len(training) // size)
    return max(steps, config.training.least_steps)


def training_batches(
    loops: Loops,
    training: Examples,
    validation: Examples,
    config: Config,
    *,
    steps: int = 0,
    first_epoch: int = 0,
) -> tf.data.Dataset:
    """Returns endless batches, in an order that depends only on the seed and the epoch.

    Args:
      loops: the library.
      training: its examples to train on.
      validation: its held-out examples; their number matters to `steps_per_epoch`.
      config: batch size, recombination and seed.
      steps: per epoch; 0 for `steps_per_epoch`. If they are exactly one pass over the examples, the
        last batch of an epoch is what is left. Otherwise all batches are full, and the next epoch
        continues the pass.
      first_epoch: the epoch to start from, counted from 0.

    Returns:
      Dataset of dicts: feature name to `[batch, rows, steps]` float32.
    """
    size = batch_size(training, config)
    steps = steps or steps_per_epoch(training, validation, config)
    one_pass = steps == -(-len(training) // size) and not config.training.steps_from_all_loops
    count = len(training) if one_pass else steps * size
    seed = config.training.seed
    recombination = (
        Recombination(loops, training, config.data.recombination)
        if config.data.recombination
        else None
    )

    @functools.lru_cache(maxsize=1)
    def order(epoch: int) -> np.ndarray:
        return shuffle_passes(len(training), epoch * count, count, seed)

    def make(step: int) -> dict[str, np.ndarray]:
        epoch, place = divmod(step, steps)
        examples = training.take(order(epoch)[place * size : (place + 1) * size])
        if recombination is None:
            return loops.to_dense(examples.loop, examples.shift)
        cells, owner = recombination.recombine(examples, np.random.default_rng([seed, 1, step]))
        return to_dense(cells, owner, len(examples), loops.grid)

    return _make_dataset(tf.data.Dataset.counter(first_epoch * steps), make, config)


def validation_batches(loops: Loops, validation: Examples, config: Config) -> tf.data.Dataset:
    """Returns the held-out examples once, in order; or the first batches only, as in the devices.

    Returns:
      Dataset of dicts: feature name to `[batch, rows, steps]` float32.
    """
    size = config.training.validation_batch_size
    most = config.training.validation_batches * size or len(validation)
    count = min(most, len(validation))

    def make(step: int) -> dict[str, np.ndarray]:
        examples = validation.take(np.arange(step * size, min((step + 1) * size, count)))
        return loops.to_dense(examples.loop, examples.shift)

    return _make_dataset(tf.data.Dataset.range(-(-count // size)), make, config)


def shuffle_passes(examples: int, first: int, count: int, seed: int) -> np.ndarray:
    """Returns `count` indices, from place `first`, of an endless series of shuffled passes.

    Each pass over the examples is an independent permutation, so that any place can be reached
    without computing the earlier ones.

    Args:
      examples: their number.
      first, count: see above.
      seed: of the permutations.

    Returns:
      `[count]` int32 in [0, examples).
    """
    parts = [np.zeros(0, np.int32)]
    while count > 0:
        number, place = divmod(first, examples)
        random = np.random.default_rng([seed, number])
        part = random.permutation(np.arange(examples, dtype=np.int32))[place : place + count]
        parts.append(part)
        first, count = first + len(part), count - len(part)
    return np.concatenate(parts)


def _make_dataset(
    numbers: tf.data.Dataset, make: Callable[[int], dict[str, np.ndarray]], config: Config
) -> tf.data.Dataset:
    """Returns the batches that `make` returns for consecutive numbers, as the system's features."""
    ahead = _Ahead(make)

    def take(number: np.ndarray) -> list[np.ndarray]:
        grids = ahead.take(int(number))
        return [grids[name] for name in config.features]

    def batch(number: tf.Tensor) -> dict[str, tf.Tensor]:
        grids = tf.numpy_function(take, [number], [tf.float32] * len(config.features))
        shape = (None, config.grid.rows, config.grid.steps)
        return {
            name: tf.ensure_shape(grid, shape)
            for name, grid in zip(config.features, grids, strict=True)
        }

    options = tf.data.Options()
    options.experimental_optimization.inject_prefetch = False  # see `_Ahead`
    return numbers.map(batch).with_options(options)


class _Ahead:
    """Makes batches in a thread before they are needed.

    It is a Python thread, which Python waits for when a program ends. `prefetch` would use a
    TensorFlow thread, unknown to Python: if a program failed while it made a batch, thread and
    interpreter would wait for each other forever.

    Args:
      make: returns the batch of a number.
    """

    def __init__(self, make: Callable[[int], dict[str, np.ndarray]]):
        self.make = make
        self.thread = concurrent.futures.ThreadPoolExecutor(1)
        self.lock = threading.Lock()
        self.batches: dict[int, concurrent.futures.Future[dict[str, np.ndarray]]] = {}

    def take(self, number: int) -> dict[str, np.ndarray]:
        """Waits for the batch of a number, and starts making the next ones."""
        with self.lock:
            self.batches = {
                each: self.batches.get(each) or self.thread.submit(self.make, each)
                for each in range(number, number + MADE_AHEAD + 1)
            }
            batch = self.batches[number]
        return batch.result()
