"""A synthetic performance with known parameters, and the same parameters measured from notes.

It checks what a model learns of timeshift, velocity and duration. NumPy only.
"""

import dataclasses

import numpy as np

from melodyvae.config.settings import FEATURES, GridConfig
from melodyvae.loops.loops import Loops
from melodyvae.loops.pattern import LONGEST, QUARTERS_PER_HALF_NOTE, SHORTEST, Cells
from melodyvae.system.errors import UserError

ACCENTS = ('downbeat', 'beat', 'off_beat', 'weak')  # where in a bar a note starts
QUARTERS_PER_BAR = 4
SHORTEST_ARTICULATED = 0.5 / QUARTERS_PER_HALF_NOTE  # an eighth, in half notes


@dataclasses.dataclass(frozen=True, slots=True)
class PerformanceModel:
    """Parameters of a performance in bars of 4/4.

    Accents are by metrical position: the downbeat, the other beats, the off-beat (an eighth after a
    beat) and everything else. The defaults keep every note on its step of a sixteenth grid: from a
    swing ratio of 5:3 on, off-beats would move to the next step.

    Attributes:
      swing_ratio: length of a beat's first eighth over its second; 1 is straight (A. Friberg and A.
        Sundström, "Swing ratios and ensemble timing in jazz performance", Music Perception 19,
        2002).
      laid_back: how late the second and fourth beats are, in half steps.
      velocity: of each of `ACCENTS`, in [0, 1].
      articulation: played length over written length, for each of `ACCENTS`. Notes shorter than an
        eighth keep their length, since the minimum duration of devices is most of a sixteenth.
      timeshift_jitter, velocity_jitter: standard deviation of what is added, in half steps and in
        velocity.
      articulation_jitter: standard deviation of the factor of lengths, whose mean is 1.
    """

    swing_ratio: float = 1.5
    laid_back: float = 0.2
    velocity: tuple[float, float, float, float] = (0.85, 0.72, 0.62, 0.52)
    articulation: tuple[float, float, float, float] = (0.95, 0.85, 0.6, 1.0)
    timeshift_jitter: float = 0.05
    velocity_jitter: float = 0.03
    articulation_jitter: float = 0.03


def perform(loops: Loops, seed: int, model: PerformanceModel | None = None) -> Loops:
    """Performs loops: the same onsets with other velocities, durations and timeshifts.

    Args:
      loops: as written; their velocities and timeshifts are ignored.
      seed: of the jitter.
      model: the parameters; the defaults if not given.

    Returns:
      Cells in the same order, within the ranges of `pattern.NOTE`, velocities in 127ths.

    Raises:
      UserError: if the model moves notes to another step of this grid.
    """
    model = model or PerformanceModel()
    cells = np.array(loops.cells)
    accent = find_accents(cells['step'], loops.grid)
    lateness = _measure_lateness(cells['step'], loops.grid, model)
    if len(cells) and np.abs(lateness).max() >= 1:
        raise UserError(
            f'A swing ratio of {model.swing_ratio:g} with backbeats {model.laid_back:g} half steps '
            f'late moves notes to another step of a grid of {loops.grid.steps_per_quarter} steps '
            f'per quarter note. Use smaller values, or a coarser grid.'
        )
    jitter = np.random.default_rng(seed).standard_normal((3, len(cells)))
    timeshift = lateness + model.timeshift_jitter * jitter[0]
    velocity = np.array(model.velocity)[accent] + model.velocity_jitter * jitter[1]
    share = np.array(model.articulation)[accent] * (1 + model.articulation_jitter * jitter[2])
    duration = cells['duration'] * np.where(_find_articulated(cells['duration']), share, 1)
    cells['timeshift'] = np.clip(timeshift.astype(np.float32), -1, np.nextafter(np.float32(1), 0))
    cells['velocity'] = np.clip(np.rint(velocity * 127), 1, 127).astype(np.float32) / 127
    cells['duration'] = np.clip(duration, SHORTEST, LONGEST)
    return dataclasses.replace(loops, cells=cells)


def measure_performance(
    played: Loops, written: Loops | None = None, names: tuple[str, ...] = FEATURES
) -> dict[str, float]:
    """Measures the parameters of a performance.

    Args:
      played: any number of loops.
      written: the same cells in the same order with written durations, if known.
      names: features of `played`.

    Returns:
      What there are notes and features for: swing_ratio and laid_back as in `PerformanceModel`,
      from mean timeshifts relative to the first and third beats; velocity_downbeat and so on, means
      in [0, 1]; accent_depth, mean velocity of downbeats minus that of weak positions; and, with
      `written`, articulation_downbeat and so on: mean length over mean written length, of notes
      written as an eighth or longer.
    """
    cells, grid = played.cells, played.grid
    accent = find_accents(cells['step'], grid)
    found: dict[str, float] = {}
    if 'timeshift' in names:
        found |= _measure_timing(cells, accent, grid)
    if 'velocity' in names:
        means = _average(cells['velocity'], accent)
        found |= _name_by_accent('velocity', means)
        if not np.isnan(means[0] - means[-1]):
            found['accent_depth'] = means[0] - means[-1]
    if 'duration' in names and written is not None:
        long = _find_articulated(written.cells['duration'])
        lengths = (_average(x.cells['duration'][long], accent[long]) for x in (played, written))
        found |= _name_by_accent('articulation', [a / b for a, b in zip(*lengths, strict=True)])
    return {name: value for name, value in found.items() if not np.isnan(value)}


def find_accents(step: np.ndarray, grid: GridConfig) -> np.ndarray:
    """Returns the accents of steps `[cells]`: `[cells]` int64, indices of `ACCENTS`."""
    place = step.astype(np.int64) % (QUARTERS_PER_BAR * grid.steps_per_quarter)
    in_beat = place % grid.steps_per_quarter
    found = np.where(2 * in_beat == grid.steps_per_quarter, 2, 3)
    return np.where(place == 0, 0, np.where(in_beat == 0, 1, found))


def _measure_lateness(step: np.ndarray, grid: GridConfig, model: PerformanceModel) -> np.ndarray:
    """Returns how many half steps late the notes at steps `[cells]` are, without jitter."""
    per_quarter = grid.steps_per_quarter
    first = model.swing_ratio / (1 + model.swing_ratio)  # position of the off-beat in the beat
    in_beat = step % per_quarter / per_quarter
    swung = np.interp(in_beat, [0, 0.5, 1], [0, first, 1])
    return 2 * per_quarter * (swung - in_beat) + model.laid_back * _find_backbeats(
        step, per_quarter
    )


def _find_backbeats(step: np.ndarray, per_quarter: int) -> np.ndarray:
    return (step % per_quarter == 0) & (step // per_quarter % 2 == 1)


def _measure_timing(cells: Cells, accent: np.ndarray, grid: GridConfig) -> dict[str, float]:
    """Returns swing ratio and lateness of backbeats; NaN without notes."""
    backbeats = _find_backbeats(cells['step'], grid.steps_per_quarter)
    group = np.select([backbeats, accent <= 1, accent == 2], [1, 0, 2], default=3)
    beat, backbeat, off_beat, _ = _average(cells['timeshift'], group)
    first = 0.5 + (off_beat - beat) / (2 * grid.steps_per_quarter)
    swing_ratio = first / (1 - first) if first < 1 else np.nan
    return {'swing_ratio': swing_ratio, 'laid_back': backbeat - beat}


def _find_articulated(duration: np.ndarray) -> np.ndarray:
    """Returns which notes have articulation; an eighth in a file may lack a tick or two."""
    return duration > 0.9 * SHORTEST_ARTICULATED


def _average(values: np.ndarray, group: np.ndarray) -> list[float]:
    """Returns the mean of each of four groups, NaN without values."""
    counts = np.bincount(group, minlength=len(ACCENTS))
    sums = np.bincount(group, values, minlength=len(ACCENTS))
    return np.where(counts, sums / np.maximum(counts, 1), np.nan).tolist()


def _name_by_accent(name: str, values) -> dict[str, float]:
    return {f'{name}_{accent}': value for accent, value in zip(ACCENTS, values, strict=True)}
