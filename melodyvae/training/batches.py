"""Batches for Keras, made from loops on demand: notes, which become grids in the model."""

import concurrent.futures
import threading
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from melodyvae.config.settings import Config
from melodyvae.loops.loops import Loops
from melodyvae.model.notes import CELL
from melodyvae.system.process import count_cores

AT_ONCE = 2**24  # loops whose notes are counted in one go
MADE_AHEAD = 4  # batches


def find_width(loops: Loops) -> int:
    """Returns the notes of the longest loop, at least 1."""
    starts = range(0, len(loops), AT_ONCE)
    longest = [np.diff(loops.offsets[start : start + AT_ONCE + 1]).max() for start in starts]
    return int(max([1, *longest]))


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


def make_dataset(
    numbers: tf.data.Dataset,
    gather: Callable[[int], tuple[np.ndarray, np.ndarray, int]],
    width: int,
    config: Config,
) -> tf.data.Dataset:
    """Returns batches of notes, as `model.notes.lay_out` takes them.

    Args:
      numbers: of the batches, consecutive.
      gather: returns the notes of a batch, `[cells]` of `pattern.NOTE`; the loop that each belongs
        to, `[cells]` integers; and the number of loops.
      width: notes that each loop has room for. All batches have the same room, since XLA compiles
        again for each.
      config: its grid and features.
    """
    ahead = _Ahead(lambda number: _pad(*gather(number), width, config))
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


def _pad(
    cells: np.ndarray, owner: np.ndarray, loops: int, width: int, config: Config
) -> list[np.ndarray]:
    """Returns 'cell' and the features of a batch, `[loops, width]` each; see `notes.lay_out`."""
    order = np.argsort(owner, kind='stable')
    counts = np.bincount(owner, minlength=loops)
    first = np.cumsum(counts) - counts
    column = np.empty(len(owner), np.int64)
    column[order] = np.arange(len(owner)) - first[owner[order]]
    at = owner, column
    place = np.zeros((loops, width), np.int32)
    place[at] = cells['row'].astype(np.int32) * config.grid.steps + cells['step']
    padded = [place, *(np.zeros((loops, width), np.float32) for _ in config.features)]
    for name, values in zip(config.features, padded[1:], strict=True):
        values[at] = 1 if name == 'onset' else cells[name]
    return padded


class _Ahead:
    """Makes batches in threads before they are needed: in one, or more where there are many cores.

    They are Python threads, which Python waits for when a program ends. `prefetch` would use a
    TensorFlow thread, unknown to Python: if a program failed while it made a batch, thread and
    interpreter would wait for each other forever.
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
