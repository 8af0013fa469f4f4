"""The onset threshold at which a model plays as many notes as its data has."""

import numpy as np

from melodyvae.config import Config
from melodyvae.generate import z_random
from melodyvae.loops import Loops
from melodyvae.model import MelodyVAE

PRIOR_SAMPLES = 512  # patterns that a model's threshold is calibrated on
AT_ONCE = 65536  # loops that are looked at in one go


def model_threshold(model: MelodyVAE, loops: Loops) -> float:
    """The threshold at which a model plays as many notes as its library has; z from the prior.

    Args:
      model: trained; z is drawn with its config's seed.
      loops: the whole library.

    Returns:
      See `calibrated_threshold`.
    """
    config = model.config
    z = z_random(PRIOR_SAMPLES, latent=config.model.latent, seed=config.training.seed)
    notes = notes_per_loop(loops.offsets, loops.cells, config)
    return calibrated_threshold(decoded_onsets(model, z), notes, config)


def decoded_onsets(model: MelodyVAE, z: np.ndarray) -> np.ndarray:
    """Probabilities of onset, `[patterns, rows, steps]` float32, of z, `[patterns, latent]`."""
    onset = np.asarray(model.decoder.predict(z.astype(np.float32), verbose=0)[0])
    return onset.reshape(-1, model.config.grid.rows, model.config.grid.steps)


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
      offsets: `[loops + 1]` int64, as in `loops.Loops`.
      cells: `[cells]` of `pattern.NOTE`.
      config: see above.
    """
    loops = len(offsets) - 1
    if config.device.messages != 'monophonic':
        return len(cells) / loops
    count = 0
    for start in range(0, loops, AT_ONCE):
        some = offsets[start : start + AT_ONCE + 1]
        taken = np.zeros((len(some) - 1, config.grid.steps), bool)
        owner = np.repeat(np.arange(len(taken)), np.diff(some))
        taken[owner, cells['step'][some[0] : some[-1]]] = True
        count += int(np.count_nonzero(taken))
    return count / loops
