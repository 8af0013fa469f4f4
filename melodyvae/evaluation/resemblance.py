"""Does one set of patterns resemble another, and does it copy it? NumPy only."""

import dataclasses
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from tqdm import tqdm

from melodyvae.evaluation.histograms import (
    Feature,
    count_features,
    measure_distance_overlap,
    measure_overlap,
)
from melodyvae.loops.loops import Loops, choose_evenly

MOST_COMPARED = 1000  # patterns or loops of the data whose distances are taken
BATCH = 2048


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """One feature of generated patterns beside the same of the data.

    Attributes:
      overlap: see `histograms.measure_overlap`.
      distance_overlap: that of Yang and Lerch (2020), see `histograms.measure_distance_overlap`, of
        at most 1000 evenly chosen patterns a side; None if there are too few.
      histogram, data_histogram: share of each bin that is not empty, by its label.
      numeric: whether the feature is a number, so that it has means.
      mean, data_mean: of all values, in the unit of `histograms.count_features`; None of none.
    """

    overlap: float
    distance_overlap: float | None
    histogram: dict[str, float]
    data_histogram: dict[str, float]
    numeric: bool = False
    mean: float | None = None
    data_mean: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values; with means if the feature is a number."""
        values = dataclasses.asdict(self)
        means = {name: values.pop(name) for name in ('mean', 'data_mean')}
        return (means if values.pop('numeric') else {}) | values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        return cls(numeric='mean' in values, **values)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Copying:
    """How near patterns are to the nearest loop that the model was trained on.

    Attributes:
      mean_distance: in cells, see `measure_nearest_distances`.
      copies: share of the patterns at distance 0.
      data_mean_distance, data_copies: the same of at most 1000 held-out loops, evenly chosen.
    """

    mean_distance: float
    copies: float
    data_mean_distance: float
    data_copies: float


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Resemblance:
    """What generated patterns look like beside the data.

    Attributes:
      patterns: how many were generated.
      empty: share of them without a note.
      features: by the keys of `histograms.count_features`.
      nearest_training_loop: None where the training loops are not known.
    """

    patterns: int
    empty: float
    features: dict[str, Likeness]
    nearest_training_loop: Copying | None = None

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values: the features beside the other attributes."""
        values: dict[str, Any] = {'patterns': self.patterns, 'empty': self.empty}
        values |= {name: likeness.to_dict() for name, likeness in self.features.items()}
        if self.nearest_training_loop:
            values['nearest_training_loop'] = dataclasses.asdict(self.nearest_training_loop)
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        features = dict(values)
        nearest = features.pop('nearest_training_loop', None)
        return cls(
            patterns=features.pop('patterns'),
            empty=features.pop('empty'),
            nearest_training_loop=nearest and Copying(**nearest),
            features={name: Likeness.from_dict(found) for name, found in features.items()},
        )


def compare_patterns(
    generated: Loops, data: Loops, names: tuple[str, ...], training: Loops | None = None
) -> Resemblance:
    """Compares generated patterns with the data.

    Args:
      generated: at least one pattern; some may be empty.
      data: at least one loop.
      names: features of the system.
      training: what the model was trained on, transposed copies included, if it is known.
    """
    theirs = count_loop_features(data, names)
    return Resemblance(
        patterns=len(generated),
        empty=float(np.mean(np.diff(generated.offsets) == 0)),
        features={
            name: _compare_feature(ours, theirs[name])
            for name, ours in count_loop_features(generated, names).items()
        },
        nearest_training_loop=None if training is None else _find_copies(generated, data, training),
    )


def count_loop_features(loops: Loops, names: tuple[str, ...]) -> dict[str, Feature]:
    """`histograms.count_features` of loops."""
    owner = np.repeat(np.arange(len(loops)), np.diff(loops.offsets))
    return count_features(loops.cells, owner, len(loops), loops.grid, names)


def measure_nearest_distances(loops: Loops, others: Loops) -> np.ndarray:
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
    for start in tqdm(range(0, len(others), BATCH), desc='nearest loops', disable=None):
        theirs = _lay_onsets(others, start)
        for first in range(0, len(loops), BATCH):
            ours = _lay_onsets(loops, first)
            # Whole numbers this small are exact in float32, whose matrix products are fast.
            distances = ours.sum(axis=1)[:, None] + theirs.sum(axis=1) - 2 * (ours @ theirs.T)
            part = nearest[first : first + BATCH]
            np.minimum(part, distances.min(axis=1), out=part)
    return nearest.astype(np.int64)


def _lay_onsets(loops: Loops, start: int) -> np.ndarray:
    """Onset grids of a batch of loops from `start` on, `[batch, rows * steps]` float32."""
    indices = np.arange(start, min(start + BATCH, len(loops)))
    return loops.to_dense(indices)['onset'].reshape(len(indices), -1)


def _find_copies(generated: Loops, data: Loops, training: Loops) -> Copying:
    ours = measure_nearest_distances(generated, training)
    theirs = measure_nearest_distances(data.take_at_most(MOST_COMPARED), training)
    return Copying(
        mean_distance=float(ours.mean()),
        copies=float(np.mean(ours == 0)),
        data_mean_distance=float(theirs.mean()),
        data_copies=float(np.mean(theirs == 0)),
    )


def _compare_feature(generated: Feature, data: Feature) -> Likeness:
    return Likeness(
        overlap=measure_overlap(generated.histogram(), data.histogram()),
        distance_overlap=measure_distance_overlap(
            *(_choose_evenly(side.vectors()) for side in (generated, data))
        ),
        histogram=generated.shares(),
        data_histogram=data.shares(),
        numeric=data.value is not None,
        mean=generated.mean(),
        data_mean=data.mean(),
    )


def _choose_evenly(vectors: np.ndarray) -> np.ndarray:
    return vectors[choose_evenly(len(vectors), MOST_COMPARED)]
