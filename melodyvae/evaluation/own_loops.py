"""How a model plays the loops that it was trained on; needs no held-out loops."""

import numpy as np

from melodyvae.evaluation.duplicates import count_distinct, find_copies, measure_bar_copies
from melodyvae.evaluation.evaluate import generate_loops
from melodyvae.evaluation.reconstruction import measure
from melodyvae.loops.loops import Loops
from melodyvae.playing.player import Player

POINTS = 1000


def measure_training_f1(player: Player, training: Loops, *, seed: int = 0) -> float:
    """Measures `training_device_onset_f1`, see `metrics.METRICS`."""
    return measure(player, training, seed=seed).figures['device_onset_f1']


def measure_novelty(player: Player, training: Loops, *, seed: int = 0) -> dict[str, float]:
    """Measures what is played at 1,000 random points against the training loops.

    Args:
      player: the model.
      training: the loops that it was trained on, at least one.
      seed: of the points.

    Returns:
      By keys of `metrics.METRICS`: exact_copies, bar_copies and distinct_outputs of the patterns
      with notes; note_count, and real_note_count of the training loops. Empty if all are silent.
    """
    played = generate_loops(player, POINTS, seed=seed)
    played = played.take(np.flatnonzero(np.diff(played.offsets)))
    if not len(played):
        return {}
    library = training.keep_highest() if player.config.device.is_monophonic else training
    return {
        'exact_copies': float(find_copies(played, library).mean()),
        'bar_copies': measure_bar_copies(played, library),
        'distinct_outputs': count_distinct(played) / len(played),
        'note_count': len(played.cells) / len(played),
        'real_note_count': len(training.cells) / len(training),
    }
