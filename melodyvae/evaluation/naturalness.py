"""How much loops are like music: figures of what is heard, and the same figures of real loops.

Bits per note are a band around real music, not a minimum: a model that copies its training loops
has far fewer bits than music that it has not seen.
"""

import numpy as np

from melodyvae.evaluation.duplicates import NEAR, find_copies, measure_bar_copies, share_figures
from melodyvae.evaluation.judge import choose_black, measure_auc
from melodyvae.evaluation.markov import measure_bits
from melodyvae.evaluation.melodies import Onsets, number_figures, take_melodies, take_rhythms
from melodyvae.evaluation.metrics import REAL
from melodyvae.loops.loops import Loops, choose_evenly

LEFT_OUT = 10  # nearest files of the reference that are left out for each loop
MAX_LEFT_OUT_LOOPS = 200  # loops whose bits are measured without their nearest files
MAX_REAL = 1000
OCTAVE = 12


def measure_naturalness(
    played: Loops, z: np.ndarray | None, training: Loops, held_out: Loops, *, seed: int = 0
) -> dict[str, float]:
    """Measures the melodies or drums that a model plays and, as `real_...`, the held-out loops.

    Held-out loops that are near duplicates of training loops are not counted: the same tune may be
    in two collections. Of drums, a note is all hits of one step, and the figures are those that do
    not depend on pitches: surprise and duplicates.

    Args:
      played: what the device plays; silent patterns do not count.
      z: `[played, latent]` floats, the point of each pattern of a device that plays one note per
        step; None for drums and chords.
      training: what the model was trained on, at least one loop; this is the reference.
      held_out: what it was not trained on.
      seed: of the judge.

    Returns:
      By keys of `metrics.METRICS`. Figures that cannot be measured, for example of a library that
      is too small, are absent.
    """
    take = take_rhythms if z is None else take_melodies
    heard = np.flatnonzero(np.diff(played.offsets))
    played, real = played.take(heard), held_out.take_at_most(MAX_REAL)
    if z is not None:
        training, real = training.keep_highest(), real.keep_highest()
    reference = take(training)
    real = real.take(np.flatnonzero(share_figures(take(real), reference, 1)[1] < NEAR))
    found: dict[str, float | None] = {}
    for prefix, loops in (('', played), (REAL, real)):
        if len(loops):
            values = _measure_loops(loops, take(loops), training, reference)
            found |= {f'{prefix}{key}': value for key, value in values.items()}
    if z is not None and len(played):
        melodies, judged = take(played), take(real)
        found['visited_loops'] = _measure_visited(reference, melodies)
        taught = take(training.take_at_most(2 * MAX_REAL))
        found['judge_auc'] = measure_auc(melodies, choose_black(z[heard]), taught, seed=seed)
        found['real_judge_auc'] = measure_auc(judged, judged.group % 4 < 2, taught, seed=seed)
    return {key: float(value) for key, value in found.items() if value is not None}


def _measure_loops(
    loops: Loops, onsets: Onsets, training: Loops, reference: Onsets
) -> dict[str, float | None]:
    return {
        **_measure_surprise(onsets, reference),
        **(_measure_pitches(onsets) if onsets.is_melody else {}),
        'exact_copies': find_copies(loops, training).mean(),
        'bar_copies': measure_bar_copies(loops, training),
    }


def _measure_pitches(melodies: Onsets) -> dict[str, float | None]:
    interval = np.abs(melodies.interval)
    linked = len(interval) > 0
    histogram = np.zeros((len(melodies), melodies.rows))
    np.add.at(histogram, (melodies.owner, melodies.what), 1)
    return {
        'octave_leaps': np.mean(interval >= OCTAVE) if linked else None,
        'repeated_notes': np.mean(interval == 0) if linked else None,
        'commonest_pitch': np.mean(histogram.max(axis=1) / histogram.sum(axis=1)),
        'distinct_pitches': np.mean(np.count_nonzero(histogram, axis=1)),
    }


def _measure_surprise(loops: Onsets, reference: Onsets) -> dict[str, float | None]:
    few = np.zeros(len(loops), bool)
    few[choose_evenly(len(loops), MAX_LEFT_OUT_LOOPS)] = True
    some = loops.take(few)
    nearest, _ = share_figures(some, reference, LEFT_OUT)
    _, share = share_figures(loops, reference, 1)
    return {
        'bits': measure_bits(loops, reference).mean() if loops.links.any() else None,
        'bits_without_nearest': (
            measure_bits(some, reference, nearest).mean() if some.links.any() else None
        ),
        'near_copies': float(np.mean(share >= NEAR)),
        'distinct_outputs': len(np.unique(loops.lay_out(), axis=0)) / len(loops),
    }


def _measure_visited(reference: Onsets, melodies: Onsets) -> float | None:
    """Returns the share of training loops half of whose figures are played somewhere."""
    (theirs, owner), (ours, _) = number_figures([reference, melodies])
    counts = np.bincount(owner, minlength=len(reference))
    played = np.bincount(owner[np.isin(theirs, ours)], minlength=len(reference))
    if not len(owner):
        return None
    return float(np.mean((played / np.maximum(1, counts))[counts > 0] >= 0.5))
