"""Counts features of patterns, and measures how much two sets of patterns overlap. NumPy only.

The features and the idea of comparing their distributions are from L.-C. Yang and A. Lerch, "On
the evaluation of generative models in music", Neural Computing and Applications 32, 2020,
https://doi.org/10.1007/s00521-018-3849-7. A sample is one pattern.
"""

import dataclasses

import numpy as np

from melodyvae.config.devices import DRUM_CLASSES
from melodyvae.config.settings import GridConfig
from melodyvae.loops.pattern import (
    MAX_DURATION,
    MIN_DURATION,
    PITCH_CLASSES,
    QUARTERS_PER_HALF_NOTE,
    Cells,
    row_pitches,
)

# The twelve note lengths of the paper, in quarter notes.
NOTE_LENGTHS = {
    '1/16': 1 / 4,
    '1/8 triplet': 1 / 3,
    '1/16 dotted': 3 / 8,
    '1/8': 1 / 2,
    '1/4 triplet': 2 / 3,
    '1/8 dotted': 3 / 4,
    '1/4': 1.0,
    '1/2 triplet': 4 / 3,
    '1/4 dotted': 3 / 2,
    '1/2': 2.0,
    '1/2 dotted': 3.0,
    '1/1': 4.0,
}


@dataclasses.dataclass(frozen=True, slots=True)
class Feature:
    """One feature of a set of patterns: values, the pattern of each, and its bin.

    Attributes:
      labels: name of each bin.
      count: number of patterns.
      loop: `[values]` int64 in [0, count), the pattern that a value belongs to.
      bin: `[values]` int64 in [0, len(labels)).
      value: `[values]` float64, in the unit that `count_features` names; None for classes.
    """

    labels: tuple[str, ...]
    count: int
    loop: np.ndarray
    bin: np.ndarray
    value: np.ndarray | None

    def per_pattern(self) -> np.ndarray:
        """Normalizes each pattern's histogram: `[count, bins]` float64 of sum 1, or 0 if empty."""
        bins = len(self.labels)
        counts = np.bincount(self.loop * bins + self.bin, minlength=self.count * bins)
        counts = counts.reshape(self.count, bins)
        return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)

    def histogram(self) -> np.ndarray:
        """Averages the histograms of all patterns that have a value: `[bins]` of sum 1."""
        shares = self.per_pattern()
        return shares.sum(axis=0) / max(1, np.count_nonzero(shares.any(axis=1)))

    def shares(self) -> dict[str, float]:
        """Returns the histogram by label, without empty bins."""
        shares = zip(self.labels, self.histogram().tolist(), strict=True)
        return {label: share for label, share in shares if share}

    def mean(self) -> float | None:
        """Returns the mean of all values; None for classes, or without values."""
        return float(self.value.mean()) if self.value is not None and len(self.value) else None


def count_features(
    cells: Cells, loop: np.ndarray, count: int, grid: GridConfig, names: tuple[str, ...]
) -> dict[str, Feature]:
    """Counts the features of a set of patterns.

    Args:
      cells: `[cells]` of `pattern.NOTE`, those of all patterns.
      loop: `[cells]` integers in [0, count): the pattern that each cell belongs to, ascending.
      count: number of patterns; some may have no cell.
      grid: of the cells.
      names: features of the system; without 'duration' there is no note length, and so on.

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
    loop = np.asarray(loop, np.int64)
    notes = np.bincount(loop, minlength=count)
    used = np.zeros((count, grid.rows), bool)
    used[loop, cells['row']] = True
    found = {'pitch_count': _build_scalar(used.sum(axis=1), grid.rows)}
    if not grid.drum_map:
        found['pitch_range'] = _build_scalar(_measure_ranges(used), grid.rows - 1)
    found['note_count'] = _build_scalar(notes, grid.rows * grid.steps)
    found['inter_onset_interval'] = _count_intervals(cells, loop, count, grid)
    if grid.drum_map:
        found['drum_class'] = Feature(
            DRUM_CLASSES, count, loop, cells['row'].astype(np.int64), None
        )
    else:
        pitch_class = row_pitches(grid)[cells['row']].astype(np.int64) % 12
        found['pitch_class'] = Feature(PITCH_CLASSES, count, loop, pitch_class, None)
    if 'duration' in names:
        halves = np.clip(cells['duration'].astype(np.float64), MIN_DURATION, MAX_DURATION)
        quarters = halves * QUARTERS_PER_HALF_NOTE
        found['note_length'] = Feature(
            tuple(NOTE_LENGTHS), count, loop, _find_length(quarters), quarters
        )
    if 'velocity' in names:
        velocity = np.clip(cells['velocity'].astype(np.float64), 0, 1) * 127
        found['velocity'] = Feature(
            tuple(str(min(tens, 127)) for tens in range(0, 131, 10)),
            count,
            loop,
            np.floor(velocity / 10 + 0.5).astype(np.int64),
            velocity,
        )
    return found


def measure_overlap(a: np.ndarray, b: np.ndarray) -> float:
    """Returns the area that two normalized histograms share, in [0, 1]: 1 if they are equal.

    The sum of the minimum over bins: the histogram intersection of M. Swain and D. Ballard, "Color
    indexing", 1991.

    Args:
      a: `[bins]`, sum 1.
      b: `[bins]`, sum 1.
    """
    return float(np.minimum(a, b).sum())


def _build_scalar(values: np.ndarray, maximum: int) -> Feature:
    """Builds a feature with one whole number per pattern, and one bin per possible number."""
    count = len(values)
    labels = tuple(map(str, range(maximum + 1)))
    return Feature(labels, count, np.arange(count), values, values.astype(np.float64))


def _measure_ranges(used: np.ndarray) -> np.ndarray:
    """Returns highest minus lowest row of each pattern, from `[count, rows]` bool."""
    rows = used.shape[1]
    highest = rows - 1 - np.argmax(used[:, ::-1], axis=1)
    return np.where(used.any(axis=1), highest - np.argmax(used, axis=1), 0)


def _count_intervals(cells: Cells, loop: np.ndarray, count: int, grid: GridConfig) -> Feature:
    onsets = np.unique(loop * grid.steps + cells['step'])
    owner = onsets // grid.steps
    same = owner[1:] == owner[:-1]
    interval = np.diff(onsets)[same]
    labels = tuple(map(str, range(1, grid.steps)))
    return Feature(labels, count, owner[1:][same], interval - 1, interval.astype(np.float64))


def _find_length(quarters: np.ndarray) -> np.ndarray:
    lengths = np.array(list(NOTE_LENGTHS.values()))
    borders = np.sqrt(lengths[1:] * lengths[:-1])
    return np.searchsorted(borders, quarters)
