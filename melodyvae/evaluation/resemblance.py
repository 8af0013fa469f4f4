"""How much generated patterns resemble the data, feature by feature. NumPy only."""

import dataclasses
from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from melodyvae.evaluation.histograms import Feature, count_features, measure_overlap
from melodyvae.loops.loops import Loops


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """One feature of generated patterns beside the same feature of the data.

    Attributes:
      overlap: see `histograms.measure_overlap`.
      histogram, data_histogram: share of each non-empty bin, by its label.
      mean, data_mean: of all values, as `histograms.count_features` has them; None for classes, and
        without values.
    """

    overlap: float
    histogram: dict[str, float]
    data_histogram: dict[str, float]
    mean: float | None = None
    data_mean: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Returns plain JSON values; a feature without values has no means."""
        values = dataclasses.asdict(self)
        means = {name: values.pop(name) for name in ('mean', 'data_mean')}
        return values if set(means.values()) == {None} else means | values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Restores what `to_dict` returned; other keys, of earlier versions, are left out."""
        names = {field.name for field in dataclasses.fields(cls)} & values.keys()
        return cls(**{name: values[name] for name in names})


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Resemblance:
    """What generated patterns look like beside the data.

    Attributes:
      patterns: how many were generated.
      empty: share of patterns without a note.
      features: by the keys of `histograms.count_features`.
    """

    patterns: int
    empty: float
    features: dict[str, Likeness]

    def to_dict(self) -> dict[str, Any]:
        """Returns plain JSON values: the features beside the other attributes."""
        features = {name: likeness.to_dict() for name, likeness in self.features.items()}
        return {'patterns': self.patterns, 'empty': self.empty, **features}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Restores what `to_dict` returned; other keys, of earlier versions, are left out."""
        return cls(
            patterns=values['patterns'],
            empty=values['empty'],
            features={
                name: Likeness.from_dict(found)
                for name, found in values.items()
                if isinstance(found, Mapping) and 'overlap' in found
            },
        )


def compare_patterns(generated: Loops, data: Loops, names: tuple[str, ...]) -> Resemblance:
    """Compares generated patterns with the data.

    Args:
      generated: at least one pattern; some may be empty.
      data: at least one loop.
      names: features of the system.
    """
    theirs = count_loop_features(data, names)
    return Resemblance(
        patterns=len(generated),
        empty=float(np.mean(np.diff(generated.offsets) == 0)),
        features={
            name: _compare_feature(ours, theirs[name])
            for name, ours in count_loop_features(generated, names).items()
        },
    )


def count_loop_features(loops: Loops, names: tuple[str, ...]) -> dict[str, Feature]:
    """Counts the features of loops, see `histograms.count_features`."""
    owner = np.repeat(np.arange(len(loops)), np.diff(loops.offsets))
    return count_features(loops.cells, owner, len(loops), loops.grid, names)


def _compare_feature(generated: Feature, data: Feature) -> Likeness:
    return Likeness(
        overlap=measure_overlap(generated.histogram(), data.histogram()),
        histogram=generated.shares(),
        data_histogram=data.shares(),
        mean=generated.mean(),
        data_mean=data.mean(),
    )
