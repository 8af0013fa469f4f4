"""Decoded grids to what the Max for Live devices choose of them. NumPy only.

One choice of notes, two ways out: the lists that a device sends to its Max patch (`messages`), and
the pattern that becomes MIDI (`select`), as learned. The patch plays less than that of the lists:
what Live sounds like is in `live`.
"""

from collections.abc import Mapping

import numpy as np

from melodyvae.config.settings import Config
from melodyvae.loops.pattern import NOTE, row_pitches

Decoded = Mapping[str, np.ndarray]
"""One decoded pattern: `[rows, steps]` floats a feature, as `player.decode` gives them."""


VOICES = 16  # monophonic sequences in the Original's live.step
NO_TIMESHIFT = 64  # of the drum device, in the middle of 0..127


# What a note gets from a model without that feature. A drum note lasts a sixteenth, as in the clips
# that RhythmVAE writes.
MISSING = {'velocity': 100 / 127, 'duration': 0.125, 'timeshift': 0.0}


def display(
    decoded: Decoded, config: Config, *, threshold_min: float, threshold_max: float = 1.0
) -> np.ndarray:
    """The cells that the device's grid shows: those inside the thresholds.

    Args:
      decoded: one decoded pattern; only 'onset', `[rows, steps]` in [0, 1], is looked at.
      config: a 'monophonic_scaled' device shows what it plays, one cell a step, and not all.
      threshold_min: see `inside`.
      threshold_max: see `inside`.

    Returns:
      `[rows, steps]` bool. The devices send each as `matrix_output step row 1`, counted from 1.
    """
    thresholds = {'threshold_min': threshold_min, 'threshold_max': threshold_max}
    if config.device.messages == 'monophonic_scaled':
        return _cells_of(tracks(decoded, config, **thresholds), decoded['onset'].shape)
    return inside(decoded, config, **thresholds)


def inside(
    decoded: Decoded, config: Config, *, threshold_min: float, threshold_max: float = 1.0
) -> np.ndarray:
    """The cells whose onset probability is inside the thresholds, `[rows, steps]` bool.

    Args:
      decoded: one decoded pattern; only 'onset', `[rows, steps]` in [0, 1], is looked at.
      config: a drum device leaves out cells that are exactly at `threshold_min`, the others do not.
      threshold_min: least onset probability.
      threshold_max: largest onset probability.
    """
    # The devices compare in float64: in float32, 0.1 would be another number.
    onset = decoded['onset'].astype(np.float64)
    drums = config.device.messages == 'drums'
    loud = onset > threshold_min if drums else onset >= threshold_min
    return loud & (onset <= threshold_max)


def tracks(
    decoded: Decoded, config: Config, *, threshold_min: float, threshold_max: float = 1.0
) -> np.ndarray:
    """The row that each track of the device plays at each step.

    Args:
      decoded: one decoded pattern.
      config: `config.device.messages` says how the device chooses. 'monophonic' and
        'monophonic_scaled': one track, the most probable row (the lowest, if several are).
        'voices': track k plays the k-th row from the bottom, 16 at most. 'drums': a track a drum
        class.
      threshold_min: see `inside`.
      threshold_max: see `inside`.

    Returns:
      `[tracks, steps]` int64, -1 where a track rests.
    """
    allowed = inside(decoded, config, threshold_min=threshold_min, threshold_max=threshold_max)
    rows = np.arange(len(allowed))[:, None]
    if config.device.messages == 'drums':
        return np.where(allowed, rows, -1)
    if config.device.is_monophonic:
        best = np.where(allowed, decoded['onset'], -1).argmax(axis=0)
        return np.where(allowed.any(axis=0), best, -1)[None]
    lowest_first = np.sort(np.where(allowed, rows, len(allowed)), axis=0)[:VOICES]
    return np.where(lowest_first < len(allowed), lowest_first, -1)


def select(
    decoded: Decoded,
    config: Config,
    *,
    threshold_min: float,
    threshold_max: float = 1.0,
    grid_offset: float = 1.0,
    polyphonic: bool = False,
) -> np.ndarray:
    """The notes that the device chooses, as learned.

    Velocities are those that the device sends, in 127ths; a note that would get velocity 0 is
    silent there and left out here.

    Args:
      decoded: one decoded pattern.
      config: see `tracks`.
      threshold_min: see `inside`.
      threshold_max: see `inside`.
      grid_offset: what timeshifts are multiplied by: 0 plays on the grid.
      polyphonic: every cell inside the thresholds instead of the device's choice.

    Returns:
      `[cells]` of `NOTE`, by row, then step.
    """
    thresholds = {'threshold_min': threshold_min, 'threshold_max': threshold_max}
    if polyphonic:
        chosen = inside(decoded, config, **thresholds)
    else:
        chosen = _cells_of(tracks(decoded, config, **thresholds), decoded['onset'].shape)
    row, step = np.nonzero(chosen)
    values = _filled(decoded)
    cells = np.zeros(len(row), NOTE)
    cells['row'], cells['step'] = row, step
    cells['velocity'] = np.clip(_velocities(values, config)[chosen], 0, 127) / 127
    cells['duration'] = values['duration'][chosen]
    cells['timeshift'] = values['timeshift'][chosen] * grid_offset
    return cells[cells['velocity'] > 0]


def messages(
    decoded: Decoded,
    config: Config,
    *,
    threshold_min: float,
    threshold_max: float = 1.0,
    grid_offset: float = 1.0,
) -> list[tuple[str, int, str]]:
    """The lists that the device sends to its Max patch for one pattern.

    Args:
      decoded: one decoded pattern.
      config: see `tracks`.
      threshold_min: see `inside`.
      threshold_max: see `inside`; the drum device has none, so leave it at 1 there.
      grid_offset: what the device multiplies timeshifts by, in [0, 2]; the drum device has none.

    Returns:
      (name, track from 1, one number a step with spaces between), in the device's order.
    """
    played = tracks(decoded, config, threshold_min=threshold_min, threshold_max=threshold_max)
    numbers = _lists(decoded, config, grid_offset)
    steps = np.arange(played.shape[1])
    sent = []
    for track, row in enumerate(played, start=1):
        for name, (grid, rest) in numbers.items():
            values = np.where(row >= 0, grid[np.maximum(row, 0), steps], rest)
            sent.append((name, track, ' '.join(map(javascript_number, values))))
    return sent


def javascript_number(value: float) -> str:
    """Writes a float64 as JavaScript's `String(value)` does: 5, 0.5, 1e-7, and 0 for -0."""
    if value == 0:
        return '0'
    if 1e-6 <= abs(value) < 1e21:
        return np.format_float_positional(value, trim='-')
    return np.format_float_scientific(value, trim='-', exp_digits=1)


def _cells_of(played: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The cells that `tracks` chose, `[rows, steps]` bool."""
    cells = np.zeros(shape, bool)
    cells[played[played >= 0], np.nonzero(played >= 0)[1]] = True
    return cells


def scaled_timeshift(timeshift: np.ndarray) -> np.ndarray:
    """Timeshifts in [-1, 1] as whole numbers from 0 to 127, which two of the devices send."""
    return np.floor((timeshift + 1) * 127 / 2)


def sent_duration(duration: np.ndarray) -> np.ndarray:
    """Durations in half notes as the whole numbers up to 127 that the melody devices send."""
    return np.minimum(np.floor(duration * 64), 127)


def _lists(
    decoded: Decoded, config: Config, grid_offset: float
) -> dict[str, tuple[np.ndarray, int]]:
    """Message name -> the number for each cell, `[rows, steps]`, and the number for a rest."""
    values = _filled(decoded)
    velocities = _velocities(values, config)
    if config.device.messages == 'drums':
        timeshifts = scaled_timeshift(values['timeshift'])
        return {'seq_output': (velocities, 0), 'timeshift_output': (timeshifts, NO_TIMESHIFT)}
    pitches = np.broadcast_to(row_pitches(config.grid)[:, None], velocities.shape)
    scaled = config.device.messages == 'monophonic_scaled'
    timeshifts = scaled_timeshift(values['timeshift']) if scaled else values['timeshift']
    numbers = {
        'pitch': pitches,
        'velocity': velocities,
        'duration': sent_duration(values['duration']),
        'timeshift': timeshifts * grid_offset,
    }
    return {
        f'{name}_output': (grid, 0)
        for name, grid in numbers.items()
        if name == 'pitch' or name in decoded
    }


def _filled(decoded: Decoded) -> dict[str, np.ndarray]:
    """Velocity, duration and timeshift grids in float64, as JavaScript computes."""
    onset = decoded['onset']
    return {
        name: decoded.get(name, np.full(onset.shape, value)).astype(np.float64)
        for name, value in MISSING.items()
    }


def _velocities(values: Decoded, config: Config) -> np.ndarray:
    """MIDI velocities as the devices round them; the drum device adds 1, so 128 can happen."""
    return np.floor(values['velocity'] * 127 + (config.device.messages == 'drums'))
