"""The sustain pedal of MIDI tracks. NumPy only."""

from collections.abc import Sequence

import numpy as np

SUSTAIN, MIN_DOWN = 64, 64  # the controller, and its lowest value that holds notes


def hold_notes(
    pitch: np.ndarray,
    start: np.ndarray,
    end: np.ndarray,
    channel: np.ndarray,
    pedals: Sequence[tuple[int, int, int]],
    length: int,
) -> np.ndarray:
    """Returns where notes end that the pedal holds: where it goes up, or their pitch comes again.

    Args:
      pitch, start, end, channel: `[notes]` integers, by channel and start.
      pedals: channel, tick and value of each event of the pedal, by tick.
      length: ticks of the track.
    """
    held = end.copy()
    for number in {channel for channel, _, _ in pedals}:
        ticks, values = np.array([pedal[1:] for pedal in pedals if pedal[0] == number]).T
        is_down = values >= MIN_DOWN
        here = np.flatnonzero(channel == number)
        last = np.searchsorted(ticks, end[here], 'right') - 1
        here = here[(last >= 0) & is_down[last]]
        ups = np.append(ticks[~is_down], length)
        held[here] = ups[np.searchsorted(ups[:-1], end[here], 'right')]
    key = channel * 128 + pitch
    order = np.lexsort((start, key))
    following = np.append(start[order][1:], length)
    is_same = np.append(key[order][1:] == key[order][:-1], False)
    held[order] = np.where(is_same, np.minimum(held[order], following), held[order])
    return np.maximum(held, end)
