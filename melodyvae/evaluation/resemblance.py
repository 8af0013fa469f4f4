"""How much generated patterns resemble the data, feature by feature. NumPy only.

The features and the idea of comparing their distributions are from L.-C. Yang and A. Lerch, "On
the evaluation of generative models in music", Neural Computing and Applications 32, 2020,
https://doi.org/10.1007/s00521-018-3849-7. A sample is one pattern.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from melodyvae.config.devices import DRUM_CLASSES
from melodyvae.loops.loops import Loops
from melodyvae.loops.pattern import MAX_DURATION, MIN_DURATION, QUARTERS_PER_HALF_NOTE, row_pitches

# The twelve note lengths of the paper, in quarter notes: plain, dotted and triplet.
NOTE_LENGTHS = (1 / 4, 1 / 3, 3 / 8, 1 / 2, 2 / 3, 3 / 4, 1.0, 4 / 3, 3 / 2, 2.0, 3.0, 4.0)
VELOCITY_BINS = 14  # around 0, 10, ..., 130


@dataclasses.dataclass(frozen=True, slots=True)
class Feature:
    """One feature of a set of patterns: values, the pattern of each, and its bin.

    Attributes:
      bins, count: numbers of bins and of patterns.
      loop: `[values]` int64 in [0, count), the pattern that a value belongs to.
      bin: `[values]` int64 in [0, bins).
      value: `[values]` float64, in the unit that `count_features` names; None for classes.
    """

    bins: int
    count: int
    loop: np.ndarray
    bin: np.ndarray
    value: np.ndarray | None = None

    def histogram(self) -> np.ndarray:
        """Averages the histograms of all patterns that have a value: `[bins]` of sum 1."""
        size = self.count * self.bins
        counts = np.bincount(self.loop * self.bins + self.bin, minlength=size)
        counts = counts.reshape(self.count, self.bins)
        shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        return shares.sum(axis=0) / max(1, np.count_nonzero(counts.any(axis=1)))

    def mean(self) -> float | None:
        """Returns the mean of all values; None for classes, or without values."""
        return float(self.value.mean()) if self.value is not None and len(self.value) else None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """One feature of generated patterns beside the same feature of the data.

    Attributes:
      overlap: of both histograms, see `measure_overlap`.
      mean, data_mean: of all values, as `count_features` has them; None for classes, and without
        values.
    """

    overlap: float
    mean: float | None = None
    data_mean: float | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Resemblance:
    """What generated patterns look like beside the data, by the keys of `count_features`.

    `empty` is the share of patterns without a note.
    """

    patterns: int
    empty: float
    features: dict[str, Likeness]

    def to_dict(self) -> dict[str, Any]:
        """Returns plain JSON values: the features beside the other attributes."""
        values = dataclasses.asdict(self)
        return values | values.pop('features')

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Restores what `to_dict` returned; ignores the other keys of earlier runs."""
        names = [field.name for field in dataclasses.fields(Likeness)]
        return cls(
            patterns=values['patterns'],
            empty=values['empty'],
            features={
                feature: Likeness(**{name: found[name] for name in names if name in found})
                for feature, found in values.items()
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
    theirs = count_features(data, names)
    return Resemblance(
        patterns=len(generated),
        empty=float(np.mean(np.diff(generated.offsets) == 0)),
        features={
            name: Likeness(
                overlap=measure_overlap(feature.histogram(), theirs[name].histogram()),
                mean=feature.mean(),
                data_mean=theirs[name].mean(),
            )
            for name, feature in count_features(generated, names).items()
        },
    )


def measure_overlap(a: np.ndarray, b: np.ndarray) -> float:
    """Returns the area that two normalized histograms share, in [0, 1]: 1 if they are equal.

    The sum of the minimum over bins: the histogram intersection of M. Swain and D. Ballard, "Color
    indexing", 1991.

    Args:
      a, b: `[bins]`, sum 1.
    """
    return float(np.minimum(a, b).sum())


def count_features(loops: Loops, names: tuple[str, ...]) -> dict[str, Feature]:
    """Counts the features of a set of patterns.

    Args:
      loops: the patterns; some may have no cell.
      names: features of the system. If 'duration' is missing, so is `note_length`, and so on.

    Returns:
      By name, in the paper's words where it has them:
      pitch_count: different pitches (or drum classes) of a pattern.
      pitch_range: highest minus lowest pitch in semitones, 0 with fewer than two; melodies only.
      note_count: notes of a pattern.
      inter_onset_interval: steps between neighboring onsets of a pattern; notes of one step count
        as one onset, and timeshifts do not count.
      pitch_class: of each note, C to B; for drums drum_class.
      note_length: of each note in quarter notes as played (at least 0.2, at most 4), in the bin of
        the length nearest by ratio.
      velocity: of each note, as a MIDI velocity, in bins of 10 around 0, 10, ..., 130.
    """
    cells, grid, count = loops.cells, loops.grid, len(loops)
    loop = np.repeat(np.arange(count), np.diff(loops.offsets))
    row = cells['row'].astype(np.int64)
    used = np.zeros((count, grid.rows), bool)
    used[loop, row] = True
    found = {'pitch_count': _build_scalar(used.sum(axis=1), grid.rows)}
    if not grid.drum_map:
        found['pitch_range'] = _build_scalar(_measure_ranges(used), grid.rows - 1)
    notes = np.bincount(loop, minlength=count)
    found['note_count'] = _build_scalar(notes, grid.rows * grid.steps)
    onsets = np.unique(loop * grid.steps + cells['step'])
    owner = onsets // grid.steps
    same = owner[1:] == owner[:-1]
    interval = np.diff(onsets)[same]
    found['inter_onset_interval'] = Feature(
        grid.steps - 1, count, owner[1:][same], interval - 1, interval.astype(np.float64)
    )
    if grid.drum_map:
        found['drum_class'] = Feature(len(DRUM_CLASSES), count, loop, row)
    else:
        pitch_class = row_pitches(grid)[row].astype(np.int64) % 12
        found['pitch_class'] = Feature(12, count, loop, pitch_class)
    if 'duration' in names:
        halves = np.clip(cells['duration'].astype(np.float64), MIN_DURATION, MAX_DURATION)
        quarters = halves * QUARTERS_PER_HALF_NOTE
        borders = np.sqrt(np.multiply(NOTE_LENGTHS[1:], NOTE_LENGTHS[:-1]))
        nearest = np.searchsorted(borders, quarters)
        found['note_length'] = Feature(len(NOTE_LENGTHS), count, loop, nearest, quarters)
    if 'velocity' in names:
        velocity = np.clip(cells['velocity'].astype(np.float64), 0, 1) * 127
        tens = np.floor(velocity / 10 + 0.5).astype(np.int64)
        found['velocity'] = Feature(VELOCITY_BINS, count, loop, tens, velocity)
    return found


def _build_scalar(values: np.ndarray, maximum: int) -> Feature:
    """Builds a feature with one whole number per pattern, and one bin per possible number."""
    return Feature(maximum + 1, len(values), np.arange(len(values)), values, values.astype(float))


def _measure_ranges(used: np.ndarray) -> np.ndarray:
    """Returns highest minus lowest row of each pattern, from `[count, rows]` bool."""
    rows = used.shape[1]
    highest = rows - 1 - np.argmax(used[:, ::-1], axis=1)
    return np.where(used.any(axis=1), highest - np.argmax(used, axis=1), 0)
