"""Does one set of patterns resemble another, and does it copy it? NumPy only."""

from typing import Any

import numpy as np
from tqdm import tqdm

from melodyvae.evaluation.histograms import Feature, distance_overlap, features, overlap
from melodyvae.loops.loops import Loops, choose_evenly

MOST_COMPARED = 1000  # patterns or loops of the data whose distances are taken
_BATCH = 2048


def resemblance(
    generated: Loops, data: Loops, names: tuple[str, ...], training: Loops | None = None
) -> dict[str, Any]:
    """What generated patterns look like beside the data.

    Args:
      generated: at least one pattern; some may be empty.
      data: at least one loop.
      names: features of the system.
      training: what the model was trained on, transposed copies included, if it is known.

    Returns:
      As plain JSON values:
      patterns: how many were generated.
      empty: share of them without a note.
      Each feature of `histograms.features`, with: `mean` and `data_mean` where it is a number;
        `overlap`, see `histograms.overlap`; `distance_overlap`, the one of Yang and Lerch (2020),
        see `histograms.distance_overlap`, of at most 1000 evenly chosen patterns a side;
        `histogram` and `data_histogram`, the share of each bin that is not empty.
      nearest_training_loop, where `training` is given: `mean_distance` in cells, see
        `nearest_distances`, and `copies`, the share of patterns at distance 0; then
        `data_mean_distance` and `data_copies`, the same of at most 1000 loops of the data, evenly
        chosen.
    """
    result: dict[str, Any] = {
        'patterns': len(generated),
        'empty': float(np.mean(np.diff(generated.offsets) == 0)),
    }
    theirs = loop_features(data, names)
    for name, feature in loop_features(generated, names).items():
        result[name] = _comparison(feature, theirs[name])
    if training is not None:
        result['nearest_training_loop'] = {}
        compared = data.take_at_most(MOST_COMPARED)
        for prefix, loops in (('', generated), ('data_', compared)):
            distances = nearest_distances(loops, training)
            result['nearest_training_loop'] |= {
                f'{prefix}mean_distance': float(distances.mean()),
                f'{prefix}copies': float(np.mean(distances == 0)),
            }
    return result


def loop_features(loops: Loops, names: tuple[str, ...]) -> dict[str, Feature]:
    """`histograms.features` of loops."""
    owner = np.repeat(np.arange(len(loops)), np.diff(loops.offsets))
    return features(loops.cells, owner, len(loops), loops.grid, names)


def nearest_distances(loops: Loops, others: Loops) -> np.ndarray:
    """Distance of each loop to the nearest of some others: onset cells that only one of two has.

    That is the size of the symmetric difference, |A| + |B| - 2 |A and B|. The values of the notes
    do not count.

    Args:
      loops: any number; some may be empty.
      others: at least one.

    Returns:
      `[loops]` int64, 0 for a copy.
    """
    nearest = np.full(len(loops), np.inf, np.float32)
    for start in tqdm(range(0, len(others), _BATCH), desc='nearest loops', disable=None):
        theirs = _onsets(others, start)
        for first in range(0, len(loops), _BATCH):
            ours = _onsets(loops, first)
            # Whole numbers this small are exact in float32, whose matrix products are fast.
            distances = ours.sum(axis=1)[:, None] + theirs.sum(axis=1) - 2 * (ours @ theirs.T)
            part = nearest[first : first + _BATCH]
            np.minimum(part, distances.min(axis=1), out=part)
    return nearest.astype(np.int64)


def _onsets(loops: Loops, start: int) -> np.ndarray:
    """Onset grids of a batch of loops from `start` on, `[batch, rows * steps]` float32."""
    indices = np.arange(start, min(start + _BATCH, len(loops)))
    return loops.to_dense(indices)['onset'].reshape(len(indices), -1)


def _comparison(generated: Feature, data: Feature) -> dict[str, Any]:
    result: dict[str, Any] = {}
    if data.value is not None:
        result = {'mean': generated.mean(), 'data_mean': data.mean()}
    return result | {
        'overlap': overlap(generated.histogram(), data.histogram()),
        'distance_overlap': distance_overlap(
            *(_evenly_chosen(side.vectors()) for side in (generated, data))
        ),
        'histogram': generated.shares(),
        'data_histogram': data.shares(),
    }


def _evenly_chosen(vectors: np.ndarray) -> np.ndarray:
    return vectors[choose_evenly(len(vectors), MOST_COMPARED)]
