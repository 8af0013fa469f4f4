"""A small network that tells real loops from played ones: the better it does, the worse they are.

A classifier two-sample test: D. Lopez-Paz and M. Oquab, "Revisiting classifier two-sample tests",
2017. It finds differences that a Markov model does not see.
"""

from collections.abc import Iterator

import numpy as np

from melodyvae.evaluation.melodies import Onsets

SQUARE = 0.5  # of z: side of the squares of the checkerboard that splits played melodies
EPOCHS, BATCH = 12, 32
MIN_MELODIES = 40  # of each kind, both to learn from and to judge


def choose_black(z: np.ndarray) -> np.ndarray:
    """Returns whether points `[n, latent]` are on black squares of a checkerboard, `[n]` bool."""
    return np.floor(z / SQUARE).sum(axis=1) % 2 == 0


def measure_auc(played: Onsets, black: np.ndarray, real: Onsets, *, seed: int = 0) -> float | None:
    """Measures how well a judge tells played melodies from real ones that it has not seen.

    Args:
      played: melodies; repeats count once.
      black: `[played]` bool, the melodies that the judge learns from. It judges the others, so that
        it has not seen their neighbors on the pad.
      real: melodies; the judge learns from those of every second file.
      seed: of the network.

    Returns:
      Area under the ROC curve: 0.5 if the judge cannot tell them apart, 1 if it always can. None
      if there are fewer than `MIN_MELODIES` melodies of any kind.
    """
    played_grid, first = np.unique(played.lay_out(), axis=0, return_index=True)
    real_grid, real_first = np.unique(real.lay_out(), axis=0, return_index=True)
    learned = black[first], real.group[real_first] % 2 == 0
    sides = [
        (played_grid[learned[0] == side], real_grid[learned[1] == side]) for side in (True, False)
    ]
    sizes = [len(grids) for side in sides for grids in side]
    if min(sizes) < MIN_MELODIES:
        return None
    count = min(sizes[:2])  # the same number of each kind
    random = np.random.default_rng(seed)
    taken = [grids[random.permutation(len(grids))[:count]] for grids in sides[0]]
    network = _train(*taken, rows=played.rows, seed=seed)
    # `predict` would trace a function, which takes longer than this.
    scores = [np.asarray(network(_one_hot(grids, played.rows)))[:, 0] for grids in sides[1]]
    return rank_auc(*scores)


def rank_auc(played: np.ndarray, real: np.ndarray) -> float:
    """Returns the share of pairs in which the real one has the higher score; ties count half."""
    real = np.sort(real)
    below = np.searchsorted(real, played, 'left') + np.searchsorted(real, played, 'right')
    return float(1 - below.mean() / (2 * len(real)))


def _train(played: np.ndarray, real: np.ndarray, *, rows: int, seed: int):
    """Trains a network, `[n, steps, rows + 1]` to `[n, 1]`: the score of being real."""
    import keras  # deferred: starts TensorFlow
    from keras import layers

    initializer = keras.initializers.GlorotUniform
    network = keras.Sequential(
        [
            keras.Input((played.shape[1], rows + 1)),
            layers.Conv1D(48, 5, activation='relu', kernel_initializer=initializer(seed)),
            layers.Conv1D(48, 5, activation='relu', kernel_initializer=initializer(seed + 1)),
            layers.GlobalMaxPooling1D(),
            layers.Dropout(0.3, seed=seed),
            layers.Dense(1, kernel_initializer=initializer(seed + 2)),
        ]
    )
    network.compile(keras.optimizers.Adam(2e-3), keras.losses.BinaryCrossentropy(from_logits=True))
    x = _one_hot(np.concatenate([played, real]), rows)
    y = np.repeat([0.0, 1.0], [len(played), len(real)])
    # One epoch to Keras: each of its epochs costs time, and it would shuffle by its own generator.
    batches = list(_draw_batches(len(x), np.random.default_rng(seed)))
    taken = ((x[batch], y[batch]) for batch in batches)
    network.fit(taken, steps_per_epoch=len(batches), shuffle=False, verbose=0)
    return network


def _draw_batches(count: int, random: np.random.Generator) -> Iterator[np.ndarray]:
    """Yields the indices of every batch of every epoch."""
    for _ in range(EPOCHS):
        order = random.permutation(count)
        yield from np.split(order, range(BATCH, count, BATCH))


def _one_hot(grids: np.ndarray, rows: int) -> np.ndarray:
    """Encodes the row of each step, -1 for none: `[n, steps]` to `[n, steps, rows + 1]` float32."""
    return np.eye(rows + 1, dtype=np.float32)[grids]
