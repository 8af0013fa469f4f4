"""What patterns look like, counted, and how far two sets of patterns look alike. NumPy only.

The features and the idea of comparing their distributions are from L.-C. Yang and A. Lerch, "On
the evaluation of generative models in music", Neural Computing and Applications 32, 2020,
https://doi.org/10.1007/s00521-018-3849-7. A sample is one pattern.
"""

import dataclasses

import numpy as np

from melodyvae.config.settings import GridConfig
from melodyvae.loops.pattern import (
    DRUM_CLASSES,
    LONGEST,
    PITCH_CLASSES,
    QUARTERS_PER_HALF_NOTE,
    SHORTEST,
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

DENSITY_POINTS = 2048


@dataclasses.dataclass(frozen=True, slots=True)
class Feature:
    """One feature of a set of patterns: values, the pattern each is of, and the bin it falls in.

    Attributes:
      labels: name of each bin.
      count: number of patterns.
      loop: `[values]` int64 in [0, count), the pattern that a value belongs to.
      bin: `[values]` int64 in [0, len(labels)).
      value: `[values]` float64, in the unit that `count_features` names; None for classes.
      one_each: every pattern has exactly one value (the paper's scalar features).
    """

    labels: tuple[str, ...]
    count: int
    loop: np.ndarray
    bin: np.ndarray
    value: np.ndarray | None
    one_each: bool = False

    def per_pattern(self) -> np.ndarray:
        """Normalised histogram of each pattern: `[count, bins]` float64 of sum 1, or 0 if empty."""
        bins = len(self.labels)
        counts = np.bincount(self.loop * bins + self.bin, minlength=self.count * bins)
        counts = counts.reshape(self.count, bins)
        return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)

    def histogram(self) -> np.ndarray:
        """Average of the patterns' histograms, those without a value aside: `[bins]` of sum 1."""
        shares = self.per_pattern()
        return shares.sum(axis=0) / max(1, np.count_nonzero(shares.any(axis=1)))

    def shares(self) -> dict[str, float]:
        """The histogram by label, empty bins left out."""
        shares = zip(self.labels, self.histogram().tolist(), strict=True)
        return {label: share for label, share in shares if share}

    def mean(self) -> float | None:
        """Mean of all values; None of classes, or if there is none."""
        return float(self.value.mean()) if self.value is not None and len(self.value) else None

    def vectors(self) -> np.ndarray:
        """What distances between patterns are taken of: `[count, 1]` values or `[count, bins]`."""
        if self.one_each and self.value is not None:
            return self.value[:, None]
        return self.per_pattern()


def count_features(
    cells: Cells, loop: np.ndarray, count: int, grid: GridConfig, names: tuple[str, ...]
) -> dict[str, Feature]:
    """The features of a set of patterns.

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
      inter_onset_interval: steps between neighbouring onsets of a pattern; notes of one step count
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
        halves = np.clip(cells['duration'].astype(np.float64), SHORTEST, LONGEST)
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
    """Area that two normalised histograms share: sum over bins of the lower one, in [0, 1].

    The histogram intersection of M. Swain and D. Ballard, "Color indexing", 1991. With one value
    a pattern it is the overlapping area of two probability functions. 1 if and only if equal.

    Args:
      a: `[bins]`, sum 1.
      b: `[bins]`, sum 1.
    """
    return float(np.minimum(a, b).sum())


def measure_distance_overlap(generated: np.ndarray, data: np.ndarray) -> float | None:
    """The paper's overlapping area: are generated patterns as far from the data as data from data?

    Euclidean distances of every two data patterns (intra-set) and of every generated to every
    data pattern (inter-set) each give a density by a Gaussian kernel of Scott's bandwidth,
    `spread * distances**-0.2`; the result is the integral of the lower density (section 4 of the
    paper). The densities are taken on a grid of 2048 points, which is the least bandwidth.

    Args:
      generated: `[patterns, size]`, see `Feature.vectors`.
      data: `[patterns, size]`.

    Returns:
      The area in [0, 1]; None if there is no pair to take a distance of.
    """
    if len(generated) < 1 or len(data) < 2:
        return None
    intra = _measure_distances(data, data)[np.triu_indices(len(data), k=1)]
    inter = _measure_distances(generated, data).ravel()
    low, high = min(intra.min(), inter.min()), max(intra.max(), inter.max())
    if low == high:
        return 1.0
    widths = [_choose_bandwidth(distances) for distances in (intra, inter)]
    margin = 4 * max(widths)
    edges = np.linspace(low - margin, high + margin, DENSITY_POINTS + 1)
    return measure_overlap(
        *(_estimate_density(d, w, edges) for d, w in zip((intra, inter), widths, strict=True))
    )


def _build_scalar(values: np.ndarray, largest: int) -> Feature:
    """A feature of one whole number a pattern, with one bin for each possible number."""
    count = len(values)
    labels = tuple(map(str, range(largest + 1)))
    return Feature(labels, count, np.arange(count), values, values.astype(np.float64), True)


def _measure_ranges(used: np.ndarray) -> np.ndarray:
    """Highest minus lowest row of each pattern, from `[count, rows]` bool."""
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


def _measure_distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    squares = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T
    return np.sqrt(np.maximum(squares, 0))


def _choose_bandwidth(values: np.ndarray) -> float:
    return float(values.std(ddof=1) * len(values) ** -0.2) if len(values) > 1 else 0.0


def _estimate_density(values: np.ndarray, width: float, edges: np.ndarray) -> np.ndarray:
    """Share of a Gaussian kernel density in each interval of an even grid."""
    counts = np.histogram(values, edges)[0] / len(values)
    step = edges[1] - edges[0]
    width = max(width, step)
    reach = int(np.ceil(4 * width / step))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) * step / width) ** 2)
    return np.convolve(counts, kernel / kernel.sum(), mode='same')
