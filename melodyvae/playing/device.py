"""Decoded grids to the notes that the Max for Live devices choose. NumPy only.

`select` gives the notes as learned. Live plays less than that: see `live`.
"""

from collections.abc import Mapping

import numpy as np

from melodyvae.config.settings import Config
from melodyvae.loops.pattern import NOTE

Decoded = Mapping[str, np.ndarray]
"""One decoded pattern: `[rows, steps]` floats per feature, as returned by `player.decode`."""

VOICES = 16  # monophonic sequences in the Original's live.step
CHORD = 6  # notes per step of the page's chords

# Values of features that a model lacks. A drum note lasts a sixteenth, as in RhythmVAE's clips.
MISSING = {'velocity': 100 / 127, 'duration': 0.125, 'timeshift': 0.0}


def find_inside(
    decoded: Decoded, config: Config, *, threshold_min: float, threshold_max: float = 1.0
) -> np.ndarray:
    """Returns the cells with an onset probability inside the thresholds, `[rows, steps]` bool.

    Args:
      decoded: one decoded pattern; only 'onset', `[rows, steps]` in [0, 1], is used.
      config: whether a cell exactly at `threshold_min` counts: see `Device.includes_threshold`.
      threshold_min: minimum onset probability.
      threshold_max: maximum onset probability.
    """
    # The devices compare in float64: in float32, 0.1 would be another number.
    onset = decoded['onset'].astype(np.float64)
    included = config.device.spec.includes_threshold
    above = onset >= threshold_min if included else onset > threshold_min
    return above & (onset <= threshold_max)


def assign_tracks(decoded: Decoded, config: Config, **thresholds: float) -> np.ndarray:
    """Returns the row that each track of the device plays at each step.

    Args:
      decoded: one decoded pattern.
      config: how the device chooses: see `Device.choice`. 'best' has one track and takes the lowest
        of equally probable rows; track k of 'lowest' plays the k-th row from the bottom, and track
        k of 'chord' the k-th most probable row.
      **thresholds: of `find_inside`.

    Returns:
      `[tracks, steps]` int64, -1 where a track rests.
    """
    allowed = find_inside(decoded, config, **thresholds)
    rows = np.arange(len(allowed))[:, None]
    choice = config.device.spec.choice
    if choice == 'all':
        return np.where(allowed, rows, -1)
    if choice == 'best':
        best = np.where(allowed, decoded['onset'], -1).argmax(axis=0)
        return np.where(allowed.any(axis=0), best, -1)[None]
    if choice == 'chord':
        ranked = np.argsort(np.where(allowed, -decoded['onset'], 1), axis=0, kind='stable')[:CHORD]
        return np.where(np.take_along_axis(allowed, ranked, axis=0), ranked, -1)
    lowest_first = np.sort(np.where(allowed, rows, len(allowed)), axis=0)[:VOICES]
    return np.where(lowest_first < len(allowed), lowest_first, -1)


def select(
    decoded: Decoded,
    config: Config,
    *,
    grid_offset: float = 1.0,
    polyphonic: bool = False,
    **thresholds: float,
) -> np.ndarray:
    """Returns the notes that the device chooses, as learned.

    Velocities are those that the device sends, in 127ths. Notes with velocity 0, which the device
    does not sound, are left out.

    Args:
      decoded: one decoded pattern.
      config: see `assign_tracks`.
      grid_offset: factor of the timeshifts; 0 plays on the grid.
      polyphonic: play every cell inside the thresholds, not the device's choice.
      **thresholds: of `find_inside`.

    Returns:
      `[cells]` of `NOTE`, by row, then step.
    """
    if polyphonic:
        chosen = find_inside(decoded, config, **thresholds)
    else:
        tracks = assign_tracks(decoded, config, **thresholds)
        chosen = np.zeros(decoded['onset'].shape, bool)
        chosen[tracks[tracks >= 0], np.nonzero(tracks >= 0)[1]] = True
    row, step = np.nonzero(chosen)
    values = _filled(decoded)
    cells = np.zeros(len(row), NOTE)
    cells['row'], cells['step'] = row, step
    cells['velocity'] = np.clip(_velocities(values, config)[chosen], 0, 127) / 127
    cells['duration'] = values['duration'][chosen]
    cells['timeshift'] = values['timeshift'][chosen] * grid_offset
    return cells[cells['velocity'] > 0]


def scaled_timeshift(timeshift: np.ndarray) -> np.ndarray:
    """Converts timeshifts in [-1, 1] to the integers from 0 to 127 that two of the devices send."""
    return np.floor((timeshift + 1) * 127 / 2)


def sent_duration(duration: np.ndarray) -> np.ndarray:
    """Converts durations in half notes to the integers up to 127 that the melody devices send."""
    return np.minimum(np.floor(duration * 64), 127)


def _filled(decoded: Decoded) -> dict[str, np.ndarray]:
    """Returns velocity, duration and timeshift grids in float64, as JavaScript computes."""
    onset = decoded['onset']
    return {
        name: decoded.get(name, np.full(onset.shape, value)).astype(np.float64)
        for name, value in MISSING.items()
    }


def _velocities(values: Decoded, config: Config) -> np.ndarray:
    """Rounds MIDI velocities as the devices do; with an offset, 128 is possible."""
    return np.floor(values['velocity'] * 127 + config.device.spec.velocity_offset)
