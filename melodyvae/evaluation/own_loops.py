"""What a model makes of the loops that it was trained on: none need be held out for that."""

from collections.abc import Iterator

import numpy as np

from melodyvae.evaluation.copies import FEWEST_NOTES
from melodyvae.evaluation.evaluate import generate_loops
from melodyvae.evaluation.reconstruction import measure, score_onsets
from melodyvae.loops.loops import Loops
from melodyvae.playing.player import Player

POINTS = 1000  # random ones
BATCH = 2048


def measure_coming_back(player: Player, training: Loops, *, seed: int = 0) -> float:
    """`training_device_onset_f1`, see `metrics.METRICS`."""
    measured = measure(player, training, seed=seed)
    return score_onsets(measured, 'device_onset')['device_onset_f1']


def measure_novelty(player: Player, training: Loops, *, seed: int = 0) -> dict[str, float]:
    """Figures of what is played at 1000 random points, by cells: chords and drums have them too.

    Args:
      player: the model.
      training: what it was trained on, at least one loop.
      seed: of the points.

    Returns:
      By keys of `metrics.METRICS`: exact_copies and bar_copies, of onsets and not transposed;
      distinct_outputs; note_count, and real_note_count of the training loops. Silent patterns do
      not count; nothing where there is no other.
    """
    played = generate_loops(player, POINTS, seed=seed)
    heard = played.take(np.flatnonzero(np.diff(played.offsets)))
    if not len(heard):
        return {}
    ours, halves = list(_name_loops(heard)), list(_name_halves(heard))
    wholes, parts = set(_name_loops(training)), set(_name_halves(training))
    return {
        'exact_copies': sum(name in wholes for name in ours) / len(ours),
        'bar_copies': sum(name in parts for name in halves) / max(1, len(halves)),
        'distinct_outputs': len(set(ours)) / len(ours),
        'note_count': len(heard.cells) / len(heard),
        'real_note_count': len(training.cells) / len(training),
    }


def _name_loops(loops: Loops) -> Iterator[bytes]:
    """The onsets of each loop as bytes."""
    for onset in _lay_onsets(loops):
        yield from _name(onset)


def _name_halves(loops: Loops) -> Iterator[bytes]:
    """The onsets of each half, a bar of a two-bar loop, that has enough notes to count."""
    for onset in _lay_onsets(loops):
        half = onset.shape[-1] // 2
        halves = np.concatenate([onset[..., :half], onset[..., half : 2 * half]])
        yield from _name(halves[np.count_nonzero(halves, axis=(1, 2)) >= FEWEST_NOTES])


def _lay_onsets(loops: Loops) -> Iterator[np.ndarray]:
    """`[batch, rows, steps]` bool, batch after batch."""
    for start in range(0, len(loops), BATCH):
        yield loops.to_dense(np.arange(start, min(start + BATCH, len(loops))))['onset'] > 0


def _name(onset: np.ndarray) -> Iterator[bytes]:
    for cells in np.packbits(onset, axis=-1):
        yield cells.tobytes()
