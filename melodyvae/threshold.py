"""The onset threshold at which a model plays as many notes as its data has."""

import numpy as np

from melodyvae.config import Config


def calibrated_threshold(onset: np.ndarray, notes: float, config: Config) -> float:
    """The `threshold_min` that gives `notes` notes a loop on average.

    Blurry decoders have few cells over 0.5, and how many over 0.1 depends on the model, so the
    device's dial has no setting that suits all.

    Args:
      onset: `[patterns, rows, steps]` float32, decoded probabilities for z from N(0, 1).
      notes: per loop of the data; for a monophonic device, steps with a note.
      config: a monophonic device plays one row a step, the others every cell.

    Returns:
      A probability in [0.01, 1], the range of the device's dial.
    """
    candidates = onset.max(axis=1) if config.device.messages == 'monophonic' else onset
    candidates = np.sort(candidates, axis=None)[::-1]
    rank = round(notes * len(onset))
    if rank <= 0:
        return 1.0
    threshold = candidates[min(rank, len(candidates)) - 1]
    return float(np.clip(float(threshold), 0.01, 1.0))


def notes_per_loop(offsets: np.ndarray, cells: np.ndarray, config: Config) -> float:
    """Mean notes a loop that the device could play: for a monophonic one, distinct steps.

    Args:
      offsets: `[loops + 1]` int64, as in `dataset.Loops`.
      cells: `[cells]` of `pattern.NOTE`.
      config: see above.
    """
    loops = len(offsets) - 1
    if config.device.messages != 'monophonic':
        return len(cells) / loops
    owner = np.repeat(np.arange(loops), np.diff(offsets))
    return len(np.unique(owner * config.grid.steps + cells['step'])) / loops
