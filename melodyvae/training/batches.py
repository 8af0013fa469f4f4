"""Batches for Keras, made from loops on demand: notes, which become grids in the model."""

import concurrent.futures
import functools
import threading
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from melodyvae.config.settings import Config
from melodyvae.loops.loops import Loops
from melodyvae.model.notes import CELL
from melodyvae.system.process import count_cores
from melodyvae.training.augment import Recombination
from melodyvae.training.examples import Examples

AT_ONCE = 2**24  # loops whose notes are counted in one go
MADE_AHEAD = 4  # batches


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
      config: for batch size, recombination and seed.
      steps: per epoch; 0 for `steps_per_epoch`. If they are exactly one pass over the examples, the
        last batch of an epoch is what is left. Otherwise all batches are full, and the next epoch
        continues the pass.
      first_epoch: the epoch to start from, counted from 0.

    Returns:
      Dataset of notes, as `model.notes.lay_out` takes them.
    """
    size = batch_size(training, config)
    steps = steps or steps_per_epoch(training, validation, config)
    one_pass = steps == -(-len(training) // size) and not config.training.steps_from_all_loops
    count = len(training) if one_pass else steps * size
    seed = config.training.seed
    width = _find_width(loops)
    recombination = None
    if share := config.data.recombination:
        recombination = Recombination(loops, training, share)
        width = min(2 * width, loops.grid.rows * loops.grid.steps)  # both halves may have as many

    @functools.lru_cache(maxsize=2)  # near the end of an epoch, batches of two are made
    def order(epoch: int) -> np.ndarray:
        return shuffle_passes(len(training), epoch * count, count, seed)

    def make(step: int) -> list[np.ndarray]:
        epoch, place = divmod(step, steps)
        examples = training.take(order(epoch)[place * size : (place + 1) * size])
        if recombination is None:
            cells, owner = loops.gather_cells(examples.loop, examples.shift)
        else:
            cells, owner = recombination.recombine(examples, np.random.default_rng([seed, 1, step]))
        return _pad(cells, owner, (len(examples), width), config)

    return _make_dataset(tf.data.Dataset.counter(first_epoch * steps), make, width, config)


def validation_batches(loops: Loops, validation: Examples, config: Config) -> tf.data.Dataset:
    """Returns the held-out examples once, in order; or the first batches only, as in the devices.

    Arguments and result are those of `training_batches`.
    """
    size = config.training.validation_batch_size
    most = config.training.validation_batches * size or len(validation)
    count = min(most, len(validation))
    width = _find_width(loops)

    def make(step: int) -> list[np.ndarray]:
        examples = validation.take(np.arange(step * size, min((step + 1) * size, count)))
        cells, owner = loops.gather_cells(examples.loop, examples.shift)
        return _pad(cells, owner, (len(examples), width), config)

    return _make_dataset(tf.data.Dataset.range(-(-count // size)), make, width, config)


def _find_width(loops: Loops) -> int:
    """Returns the notes of the longest loop, at least 1."""
    starts = range(0, len(loops), AT_ONCE)
    longest = [np.diff(loops.offsets[start : start + AT_ONCE + 1]).max() for start in starts]
    return int(max([1, *longest]))


def _pad(
    cells: np.ndarray, owner: np.ndarray, shape: tuple[int, int], config: Config
) -> list[np.ndarray]:
    """Returns 'cell' and the features of a batch, `[batch, notes]` each; see `notes.lay_out`.

    Args:
      cells: `[cells]` of `pattern.NOTE`.
      owner: `[cells]` integers, the loop that each belongs to.
      shape: loops, and the notes that each has room for. All batches have the same room, since XLA
        compiles again for each.
      config: its grid and features.
    """
    order = np.argsort(owner, kind='stable')
    counts = np.bincount(owner, minlength=shape[0])
    first = np.cumsum(counts) - counts
    column = np.empty(len(owner), np.int64)
    column[order] = np.arange(len(owner)) - first[owner[order]]
    at = owner, column
    place = np.zeros(shape, np.int32)
    place[at] = cells['row'].astype(np.int32) * config.grid.steps + cells['step']
    padded = [place, *(np.zeros(shape, np.float32) for _ in config.features)]
    for name, values in zip(config.features, padded[1:], strict=True):
        values[at] = 1 if name == 'onset' else cells[name]
    return padded


def shuffle_passes(examples: int, first: int, count: int, seed: int) -> np.ndarray:
    """Returns `count` indices, from place `first`, of an endless series of shuffled passes.

    Each pass over the examples is an independent permutation, so that any place can be reached
    without computing the earlier ones. Indices are int32 in [0, examples).
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
    numbers: tf.data.Dataset, make: Callable[[int], list[np.ndarray]], width: int, config: Config
) -> tf.data.Dataset:
    """Returns the batches that `make` returns for consecutive numbers, by name."""
    ahead = _Ahead(make)
    types = [tf.int32] + [tf.float32] * len(config.features)

    def batch(number: tf.Tensor) -> dict[str, tf.Tensor]:
        padded = tf.numpy_function(lambda number: ahead.take(int(number)), [number], types)
        return {
            name: tf.ensure_shape(values, (None, width))
            for name, values in zip((CELL, *config.features), padded, strict=True)
        }

    options = tf.data.Options()
    options.experimental_optimization.inject_prefetch = False  # see `_Ahead`
    return numbers.map(batch).with_options(options)


class _Ahead:
    """Makes batches in threads before they are needed: in one, or more where there are many cores.

    They are Python threads, which Python waits for when a program ends. `prefetch` would use a
    TensorFlow thread, unknown to Python: if a program failed while it made a batch, thread and
    interpreter would wait for each other forever.

    Args:
      make: returns the batch of a number.
    """

    def __init__(self, make: Callable[[int], list[np.ndarray]]):
        spare_cores = count_cores() // 4
        self.make = make
        self.threads = concurrent.futures.ThreadPoolExecutor(max(1, min(MADE_AHEAD, spare_cores)))
        self.lock = threading.Lock()
        self.batches: dict[int, concurrent.futures.Future[list[np.ndarray]]] = {}

    def take(self, number: int) -> list[np.ndarray]:
        """Waits for the batch of a number, and starts making the next ones."""
        with self.lock:
            self.batches = {
                each: self.batches.get(each) or self.threads.submit(self.make, each)
                for each in range(number, number + MADE_AHEAD + 1)
            }
            batch = self.batches[number]
        return batch.result()
