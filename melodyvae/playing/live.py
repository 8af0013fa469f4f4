"""What Live plays of a pattern: less than the lists of the device say. NumPy only.

A device sends lists, and its Max patch makes notes of them. Read from the patches of all three
devices; not heard by us in Live.
"""

import numpy as np

from melodyvae.config.devices import DRUM_OFFSET_DIAL, DURATION_DIAL
from melodyvae.config.settings import Config
from melodyvae.loops.pattern import row_pitches
from melodyvae.midi.piece import Notes
from melodyvae.playing.device import MISSING, scaled_timeshift, sent_duration

SIXTEENTH, THIRTY_SECOND = 0.25, 0.125  # quarter notes
MAX_SENT = 127


def live_step(config: Config) -> float:
    """How long a step of the device is in Live, in quarter notes."""
    drums = config.device.spec.plays_timeshift
    return 1 / config.grid.steps_per_quarter if drums else SIXTEENTH


def make_live_notes(
    pattern: np.ndarray,
    config: Config,
    *,
    duration: float = DURATION_DIAL,
    grid_offset: float = DRUM_OFFSET_DIAL,
) -> Notes:
    """The notes that Live plays of what the device chose.

    A melody device's notes begin on their steps, since its patch plays no timeshift. A drum device
    delays them, from nothing for a timeshift of -1 to a 32nd note for 1, times its dial.

    Args:
      pattern: `[cells]` of `pattern.NOTE`, as `device.select` gives it with a grid offset of 1.
      duration: the dial of a melody device, from 0.1 to 12.
      grid_offset: the box of the drum device, from 0 to 5.

    Returns:
      Notes with `start` in quarter notes from the loop's first step.
    """
    if config.device.spec.plays_timeshift:
        sent = scaled_timeshift(pattern['timeshift'].astype(np.float64))
        delay = sent / MAX_SENT * THIRTY_SECOND * grid_offset
        length = np.full(len(pattern), MISSING['duration'] * 2)
    else:
        delay = np.zeros(len(pattern))
        sent = sent_duration(pattern['duration'].astype(np.float64))
        length = sent / MAX_SENT * 4 * SIXTEENTH * duration
    return Notes(
        pitch=row_pitches(config.grid)[pattern['row']],
        velocity=np.clip(pattern['velocity'], 0, 1),
        start=pattern['step'] * live_step(config) + delay,
        length=length,
    )
