"""Batches of dense grids for Keras, scattered from sparse loops as they are needed."""

import atexit
import functools
import math
import threading
import time
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from melodyvae.config.settings import Config
from melodyvae.loops.augment import Recombination
from melodyvae.loops.examples import Examples
from melodyvae.loops.loops import Loops

Batch = tuple[int, np.ndarray, np.ndarray]  # examples; their cells; whose each cell is
BUFFERED = 2  # batches that are ready before they are asked for
_AT_WORK = threading.Lock()  # held while Python makes a batch


def batch_size(training: Examples, config: Config) -> int:
    """Loops a step: as configured, but never more than there are."""
    return min(config.training.batch_size, len(training))


def steps_per_epoch(training: Examples, validation: Examples, config: Config) -> int:
    """Steps that one epoch takes.

    Every training example once, the last batch as large as what is left; or full batches that wrap
    around: `floor(all loops / batch)` of them as in the devices (at least one), or `least_steps`
    where either would be fewer.
    """
    size = batch_size(training, config)
    if config.training.steps_from_all_loops:
        steps = max(1, (len(training) + len(validation)) // size)
    else:
        steps = -(-len(training) // size)
    return max(steps, config.training.least_steps)


def training_batches(
    loops: Loops, training: Examples, validation: Examples, config: Config, *, first_epoch: int = 0
) -> tf.data.Dataset:
    """Endless batches, in an order that only the seed and the epoch decide.

    Returns:
      Dataset of dicts: feature name to `[batch, rows, steps]` float32.
    """
    steps = steps_per_epoch(training, validation, config)
    size = batch_size(training, config)
    wraps = config.training.steps_from_all_loops or (steps - 1) * size >= len(training)
    count = steps * size if wraps else len(training)
    seed = config.training.seed
    recombination = (
        Recombination(loops, training, config.data.recombination)
        if config.data.recombination
        else None
    )

    @functools.lru_cache(maxsize=1)
    def order(epoch: int) -> np.ndarray:
        return epoch_order(len(training), epoch * count, count, seed)

    def batch(step: int) -> Batch:
        epoch, place = divmod(step, steps)
        examples = training.take(order(epoch)[place * size : (place + 1) * size])
        if recombination is None:
            return len(examples), *loops.cells_of(examples.loop, examples.shift)
        return len(examples), *recombination.cells(examples, np.random.default_rng([seed, 1, step]))

    numbers = tf.data.Dataset.counter(first_epoch * steps)
    return _dataset(numbers, batch, config)


def validation_batches(loops: Loops, validation: Examples, config: Config) -> tf.data.Dataset:
    """The held-out examples once, in order; or the first batches only, as the devices do.

    Returns:
      Dataset of dicts: feature name to `[batch, rows, steps]` float32.
    """
    size = config.training.validation_batch_size
    most = config.training.validation_batches * size or len(validation)
    count = min(most, len(validation))

    def batch(step: int) -> Batch:
        examples = validation.take(np.arange(step * size, min((step + 1) * size, count)))
        return len(examples), *loops.cells_of(examples.loop, examples.shift)

    return _dataset(tf.data.Dataset.range(-(-count // size)), batch, config)


def epoch_order(examples: int, first: int, count: int, seed: int) -> np.ndarray:
    """`count` indices from place `first` on of an endless series of shuffled passes.

    Each pass over the examples is a permutation of its own, so that any place can be reached
    without going through what comes before.

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


def _dataset(
    numbers: tf.data.Dataset, batch: Callable[[int], Batch], config: Config
) -> tf.data.Dataset:
    """The batches of these numbers: Python hands over the notes, TensorFlow scatters them.

    One call of Python a batch, with the notes and not the grids, is less work than a generator.
    """

    def notes(number: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        with _AT_WORK:
            return _notes(*batch(int(number)), config)

    def grids(number: tf.Tensor) -> dict[str, tf.Tensor]:
        shape, at, values = tf.numpy_function(notes, [number], (tf.int32, tf.int32, tf.float32))
        shape, values = tf.ensure_shape(shape, (4,)), tf.ensure_shape(values, (None,))
        stacked = tf.reshape(tf.scatter_nd(at, values, tf.reduce_prod(shape)[None]), shape)
        one = (None, config.grid.rows, config.grid.steps)
        return {
            name: tf.ensure_shape(grid, one)
            for name, grid in zip(
                config.features, tf.unstack(stacked, len(config.features)), strict=True
            )
        }

    return numbers.map(grids).prefetch(BUFFERED)


def _notes(
    examples: int, cells: np.ndarray, owner: np.ndarray, config: Config
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What is not 0 in the grids of a batch.

    Returns:
      `[4]` int32, the shape of all grids together: (features, batch, rows, steps); `[values, 1]`
      int32, places in them when flattened; `[values]` float32.
    """
    shape = (len(config.features), examples, config.grid.rows, config.grid.steps)
    at = np.ravel_multi_index((owner, cells['row'], cells['step']), shape[1:])
    first = np.arange(shape[0]) * math.prod(shape[1:])
    ones = np.ones(len(cells), np.float32)
    values = [ones if name == 'onset' else cells[name] for name in config.features]
    return (
        np.array(shape, np.int32),
        np.add.outer(first, at).reshape(-1, 1).astype(np.int32),
        np.concatenate(values),
    )


@atexit.register
def _let_buffers_fill() -> None:
    """Waits at exit until no thread of TensorFlow is in Python, or about to come.

    One that is would wait for the interpreter, and the interpreter's end for it: a program that
    dies of an error in the middle of a batch hangs. Nobody takes batches at exit, so the threads
    rest as soon as their buffers are full.
    """
    for _ in range(BUFFERED + 2):
        time.sleep(0.05)
        with _AT_WORK:
            pass
