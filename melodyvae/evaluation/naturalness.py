"""How much loops are like music: figures of what is heard, and the same figures of real loops.

Bits per note are a band around real music, not a minimum: a model that copies its training loops
has far fewer bits than music that it has not seen.
"""

import numpy as np

from melodyvae.evaluation.duplicates import NEAR, find_copies, measure_bar_copies, share_figures
from melodyvae.evaluation.judge import choose_black, measure_auc
from melodyvae.evaluation.markov import measure_bits, measure_bits_without
from melodyvae.evaluation.melodies import Onsets, number_figures, take_melodies, take_rhythms
from melodyvae.loops.loops import Loops, choose_evenly

LEFT_OUT = 10  # nearest files of the reference that are left out for each loop
MAX_LEFT_OUT_LOOPS = 200  # loops whose bits are measured without their nearest files
MAX_REAL = 1000
OCTAVE = 12


def measure_naturalness(
    played: Loops, z: np.ndarray, training: Loops, held_out: Loops, *, seed: int = 0
) -> dict[str, float]:
    """Measures the melodies that a model plays and, as `real_...`, the held-out loops.

    Held-out loops that are near duplicates of training loops are not counted: the same tune may be
    in two collections.

    Args:
      played: what the device plays, one note per step; silent patterns do not count.
      z: `[played, latent]` floats, the point of each pattern.
      training: what the model was trained on, at least one loop; this is the reference.
      held_out: what it was not trained on.
      seed: of the judge.

    Returns:
      By keys of `metrics.METRICS`. Figures that cannot be measured, for example of a library that
      is too small, are absent.
    """
    heard = np.flatnonzero(np.diff(played.offsets))
    played, training = played.take(heard), training.keep_highest()
    real, reference = _drop_near(held_out.keep_highest(), training)
    melodies = take_melodies(played)
    found: dict[str, float | None] = {}
    if len(played):
        found |= _measure_melodies(played, melodies, training, reference)
        found['visited_loops'] = _measure_visited(reference, melodies)
    if len(real):
        ours = _measure_melodies(real, take_melodies(real), training, reference)
        found |= {f'real_{key}': value for key, value in ours.items()}
    if len(played):
        taught, judged = take_melodies(training.take_at_most(2 * MAX_REAL)), take_melodies(real)
        found['judge_auc'] = measure_auc(melodies, choose_black(z[heard]), taught, seed=seed)
        found['real_judge_auc'] = measure_auc(judged, judged.group % 4 < 2, taught, seed=seed)
    return {key: float(value) for key, value in found.items() if value is not None}


def measure_drum_naturalness(played: Loops, training: Loops, held_out: Loops) -> dict[str, float]:
    """Measures drums as `measure_naturalness` measures melodies; a note is all hits of one step.

    Args:
      played: what the device plays; silent patterns do not count.
      training: what the model was trained on, at least one loop; this is the reference.
      held_out: what it was not trained on.

    Returns:
      The figures that do not depend on pitches: surprise and duplicates.
    """
    reference = take_rhythms(training)
    heard = played.take(np.flatnonzero(np.diff(played.offsets)))
    real = held_out.take_at_most(MAX_REAL)
    share = share_figures(take_rhythms(real), reference, 1)[1]
    found: dict[str, float | None] = {}
    for prefix, loops in (('', heard), ('real_', real.take(np.flatnonzero(share < NEAR)))):
        if len(loops):
            values = _measure_surprise(take_rhythms(loops), reference)
            values |= _measure_copies(loops, training)
            found |= {f'{prefix}{key}': value for key, value in values.items()}
    return {key: float(value) for key, value in found.items() if value is not None}


def _drop_near(held_out: Loops, training: Loops) -> tuple[Loops, Onsets]:
    """Returns held-out loops that are not near duplicates, and the reference."""
    real, reference = held_out.take_at_most(MAX_REAL), take_melodies(training)
    _, share = share_figures(take_melodies(real), reference, 1)
    return real.take(np.flatnonzero(share < NEAR)), reference


def _measure_melodies(
    loops: Loops, melodies: Onsets, training: Loops, reference: Onsets
) -> dict[str, float | None]:
    interval = np.abs(melodies.interval)
    histogram = np.zeros((len(melodies), melodies.rows))
    np.add.at(histogram, (melodies.owner, melodies.what), 1)
    linked = len(interval) > 0
    return {
        **_measure_surprise(melodies, reference),
        'octave_leaps': np.mean(interval >= OCTAVE) if linked else None,
        'repeated_notes': np.mean(interval == 0) if linked else None,
        'commonest_pitch': np.mean(histogram.max(axis=1) / histogram.sum(axis=1)),
        'distinct_pitches': np.mean(np.count_nonzero(histogram, axis=1)),
        **_measure_copies(loops, training),
    }


def _measure_copies(loops: Loops, training: Loops) -> dict[str, float | None]:
    return {
        'exact_copies': find_copies(loops, training).mean(),
        'bar_copies': measure_bar_copies(loops, training),
    }


def _measure_surprise(loops: Onsets, reference: Onsets) -> dict[str, float | None]:
    """Measures what melodies and drums have in common."""
    few = np.zeros(len(loops), bool)
    few[choose_evenly(len(loops), MAX_LEFT_OUT_LOOPS)] = True
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


def _measure_visited(reference: Onsets, melodies: Onsets) -> float | None:
    """Returns the share of training loops half of whose figures are played somewhere."""
    (theirs, owner), (ours, _) = number_figures([reference, melodies])
    counts = np.bincount(owner, minlength=len(reference))
    played = np.bincount(owner[np.isin(theirs, ours)], minlength=len(reference))
    return (
        float(np.mean((played / np.maximum(1, counts))[counts > 0] >= 0.5)) if len(owner) else None
    )
