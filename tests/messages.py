"""The lists of numbers that the devices send to their Max patches, and what they are made from."""

import numpy as np

from melodyvae.config.settings import Config
from melodyvae.loops.pattern import row_pitches
from melodyvae.playing.device import (
    Decoded,
    _filled,
    _velocities,
    assign_tracks,
    scaled_timeshift,
    sent_duration,
)

NO_TIMESHIFT = 64  # of the drum device, in the middle of 0..127


def make_grids(rows: int, steps: int, seed: int, features: tuple[str, ...]) -> dict:
    """The decoded grids that the golden messages were made from, `[rows, steps]` float64."""
    index = np.arange(rows * steps, dtype=np.float64).reshape(rows, steps)
    grids = {
        'onset': 0.5 + 0.5 * np.sin(4.32623792125 * index + seed),
        'velocity': 0.5 + 0.5 * np.sin(1.3 * index + 1 + seed),
        'duration': 1 + np.sin(0.7 * index + 2 + seed),
        'timeshift': np.sin(0.9 * index + 3 + seed),
    }
    return {name: grids[name] for name in features}


def make_messages(
    decoded: Decoded,
    config: Config,
    *,
    threshold_min: float,
    threshold_max: float = 1.0,
    grid_offset: float = 1.0,
) -> list[tuple[str, int, str]]:
    """Returns the lists that the device sends to its Max patch for one pattern, in its order.

    The thresholds are those of `find_inside`. The device multiplies timeshifts by `grid_offset`.
    The drum device has neither this nor a maximum. A list has a name, a track from 1, and one
    number per step, separated by spaces.
    """
    played = assign_tracks(
        decoded, config, threshold_min=threshold_min, threshold_max=threshold_max
    )
    numbers = make_numbers(decoded, config, grid_offset)
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


def make_numbers(
    decoded: Decoded, config: Config, grid_offset: float
) -> dict[str, tuple[np.ndarray, int]]:
    """Makes for each message name the numbers of all cells, `[rows, steps]`, and that of a rest."""
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
