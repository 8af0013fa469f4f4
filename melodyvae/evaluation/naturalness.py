"""How much loops are like music: figures of what is heard, each beside the same of real loops.

Bits a note are a band around music and no minimum: what copies its loops has far fewer than music
that the model has not seen, and what is smoothed too much as well.
"""

import numpy as np

from melodyvae.evaluation.copies import NEAR, find_copies, measure_bar_copies, share_figures
from melodyvae.evaluation.judge import choose_black, measure_auc
from melodyvae.evaluation.markov import measure_bits, measure_bits_without
from melodyvae.evaluation.melodies import Melodies, Onsets, number_figures, take_melodies
from melodyvae.evaluation.rhythms import take_rhythms
from melodyvae.loops.loops import Loops, choose_evenly

LEFT_OUT = 10  # tunes of the reference, the nearest to each melody
MOST_LEFT_OUT = 200  # melodies that these bits are measured of
MOST_REAL = 1000
OCTAVE = 12


def measure_naturalness(
    played: Loops, z: np.ndarray, training: Loops, held_out: Loops, *, seed: int = 0
) -> dict[str, float]:
    """Figures of melodies that a model plays and, as `real_...`, of held-out loops.

    Held-out loops that are near copies of what was trained on, twins in another collection, do not
    count as real ones.

    Args:
      played: what the device plays, one note a step; silent patterns do not count.
      z: `[played, latent]` floats, where.
      training: what the model was trained on, at least one loop; it is the reference.
      held_out: what it was not.
      seed: of the judge.

    Returns:
      By keys of `metrics.METRICS`; what cannot be measured, as of a library too small for it, is
      absent.
    """
    heard = np.diff(played.offsets) > 0
    z = z[heard]
    melodies, reference = take_melodies(played).take(heard), take_melodies(training)
    real = take_melodies(held_out.take_at_most(MOST_REAL))
    if len(melodies):
        _, share = share_figures(real, reference, 1)
        real = real.take(share < NEAR)
    found = _measure_melodies(melodies, reference) if len(melodies) else {}
    if len(real):
        found |= {f'real_{key}': value for key, value in _measure_melodies(real, reference).items()}
    if len(melodies):
        found['visited_loops'] = _measure_visited(reference, melodies)
        taught = take_melodies(training.take_at_most(2 * MOST_REAL))
        found['judge_auc'] = measure_auc(melodies, choose_black(z), taught, seed=seed)
        found['real_judge_auc'] = measure_auc(real, real.group % 4 < 2, taught, seed=seed)
    return {key: float(value) for key, value in found.items() if value is not None}


def measure_drum_naturalness(played: Loops, training: Loops, held_out: Loops) -> dict[str, float]:
    """The same of drums, as far as it is not of pitches: a note is all that is hit at once.

    Args:
      played: what the device plays; silent patterns do not count.
      training: what the model was trained on, at least one loop; it is the reference.
      held_out: what it was not.

    Returns:
      bits, bits_without_nearest, near_copies, distinct_outputs, and the same as `real_...`.
    """
    reference = take_rhythms(training)
    heard = take_rhythms(played.take(np.flatnonzero(np.diff(played.offsets))))
    real = take_rhythms(held_out.take_at_most(MOST_REAL))
    real = real.take(share_figures(real, reference, 1)[1] < NEAR)
    found = _measure_surprise(heard, reference) if len(heard) else {}
    if len(real):
        found |= {f'real_{key}': value for key, value in _measure_surprise(real, reference).items()}
    return {key: float(value) for key, value in found.items() if value is not None}


def _measure_melodies(melodies: Melodies, reference: Melodies) -> dict[str, float | None]:
    interval = np.abs(melodies.interval)
    histogram = np.zeros((len(melodies), melodies.rows))
    np.add.at(histogram, (melodies.owner, melodies.row), 1)
    linked = len(interval) > 0
    return _measure_surprise(melodies, reference) | {
        'octave_leaps': np.mean(interval >= OCTAVE) if linked else None,
        'repeated_notes': np.mean(interval == 0) if linked else None,
        'commonest_pitch': np.mean(histogram.max(axis=1) / histogram.sum(axis=1)),
        'distinct_pitches': np.mean(np.count_nonzero(histogram, axis=1)),
        'exact_copies': find_copies(melodies, reference).mean(),
        'bar_copies': measure_bar_copies(melodies, reference),
    }


def _measure_surprise(loops: Onsets, reference: Onsets) -> dict[str, float | None]:
    """What can be said of melodies and drums."""
    few = np.zeros(len(loops), bool)
    few[choose_evenly(len(loops), MOST_LEFT_OUT)] = True
    some = loops.take(few)
    nearest, _ = share_figures(some, reference, LEFT_OUT)
    _, share = share_figures(loops, reference, 1)
    return {
        'bits': measure_bits(loops, reference).mean() if loops.links.any() else None,
        'bits_without_nearest': (
            measure_bits_without(some, reference, nearest).mean() if some.links.any() else None
        ),
        'near_copies': float(np.mean(share >= NEAR)),
        'distinct_outputs': len(np.unique(loops.lay_out(), axis=0)) / len(loops),
    }


def _measure_visited(reference: Melodies, melodies: Melodies) -> float | None:
    """Share of the training loops half of whose figures are played somewhere."""
    (theirs, owner), (ours, _) = number_figures([reference, melodies])
    counts = np.bincount(owner, minlength=len(reference))
    played = np.bincount(owner[np.isin(theirs, ours)], minlength=len(reference))
    return (
        float(np.mean((played / np.maximum(1, counts))[counts > 0] >= 0.5)) if len(owner) else None
    )
