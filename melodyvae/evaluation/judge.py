"""A small network that is told real loops from played ones: the better it does, the worse they are.

A classifier two-sample test: D. Lopez-Paz and M. Oquab, "Revisiting classifier two-sample tests",
2017. What it finds no Markov model need know.
"""

from collections.abc import Iterator

import numpy as np

from melodyvae.evaluation.melodies import Melodies

SQUARE = 0.5  # of z: side of the squares of the checkerboard that plays are split by
EPOCHS, BATCH = 12, 32
FEWEST = 40  # melodies of each kind, to learn from and to be judged


def choose_black(z: np.ndarray) -> np.ndarray:
    """Whether points `[n, latent]` lie on the black squares of a checkerboard, `[n]` bool."""
    return np.floor(z / SQUARE).sum(axis=1) % 2 == 0


def measure_auc(
    played: Melodies, black: np.ndarray, real: Melodies, *, seed: int = 0
) -> float | None:
    """How well played melodies are told from real ones that the judge has not seen.

    Args:
      played: melodies; repeats count once.
      black: `[played]` bool: those that the judge learns from, the others are judged, so that no
        neighbour of a melody gives it away.
      real: melodies; it learns from those of every second file.
      seed: of the network.

    Returns:
      Area under the ROC curve: 0.5 if it cannot tell them apart, 1 if it always can. None of fewer
      than `FEWEST` melodies of any kind.
    """
    played_grid, first = np.unique(played.lay_out(), axis=0, return_index=True)
    real_grid, real_first = np.unique(real.lay_out(), axis=0, return_index=True)
    learned = black[first], real.group[real_first] % 2 == 0
    sides = [
        (played_grid[learned[0] == side], real_grid[learned[1] == side]) for side in (True, False)
    ]
    sizes = [len(grids) for side in sides for grids in side]
    if min(sizes) < FEWEST:
        return None
    most = min(sizes[:2])  # as many of one kind as of the other
    random = np.random.default_rng(seed)
    taken = [grids[random.permutation(len(grids))[:most]] for grids in sides[0]]
    network = _train(*taken, rows=played.rows, seed=seed)
    scores = [network.predict(_one_hot(grids, played.rows), verbose=0)[:, 0] for grids in sides[1]]
    return rank_auc(*scores)


def rank_auc(played: np.ndarray, real: np.ndarray) -> float:
    """Share of the pairs in which the real one has the higher score; half for the same score."""
    real = np.sort(real)
    below = np.searchsorted(real, played, 'left') + np.searchsorted(real, played, 'right')
    return float(1 - below.mean() / (2 * len(real)))


def _train(played: np.ndarray, real: np.ndarray, *, rows: int, seed: int):
    """A network `[n, steps, rows + 1]` to `[n, 1]`: how real it is."""
    import keras
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
    # All epochs are one to Keras: each costs time, and it would shuffle with its own generator.
    batches = list(_draw_batches(len(x), np.random.default_rng(seed)))
    taken = ((x[batch], y[batch]) for batch in batches)
    network.fit(taken, steps_per_epoch=len(batches), shuffle=False, verbose=0)
    return network


def _draw_batches(count: int, random: np.random.Generator) -> Iterator[np.ndarray]:
    """Indices of every batch of every epoch."""
    for _ in range(EPOCHS):
        order = random.permutation(count)
        yield from np.split(order, range(BATCH, count, BATCH))


def _one_hot(grids: np.ndarray, rows: int) -> np.ndarray:
    """Rows at every step, -1 for none, `[n, steps]` to `[n, steps, rows + 1]` float32."""
    return np.eye(rows + 1, dtype=np.float32)[grids]
