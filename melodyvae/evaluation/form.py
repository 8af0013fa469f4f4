"""The form of loops: what of the first half returns in the second, and how they end. NumPy only."""

import numpy as np

from melodyvae.evaluation.melodies import FIGURE, Onsets, number_figures


def measure_form(melodies: Onsets, steps_per_quarter: int) -> dict[str, float]:
    """Measures the form of melodies, each with at least one note.

    Returns:
      By name: motif_return, the share of the figures of a first half that occur in the second
      half, transposed or not; equal_rhythms, the share of the loops whose halves have the same
      onsets; last_note, the mean steps from the last onset to the end; final_quarter, the share of
      the loops in which these are a quarter note or more; seam, the mean semitones from the last
      note to the first, since loops repeat.
    """
    half = melodies.steps // 2
    laid = melodies.lay_out()
    onsets = laid >= 0
    last = melodies.steps - 1 - onsets[:, ::-1].argmax(axis=1)
    first = onsets.argmax(axis=1)
    each = np.arange(len(laid))
    left = melodies.steps - last
    return {
        'motif_return': _measure_motif_return(melodies, half),
        'equal_rhythms': float(
            np.mean((onsets[:, :half] == onsets[:, half : 2 * half]).all(axis=1))
        ),
        'last_note': float(left.mean()),
        'final_quarter': float(np.mean(left >= steps_per_quarter)),
        'seam': float(np.abs(laid[each, last] - laid[each, first]).mean()),
    }


def _measure_motif_return(melodies: Onsets, half: int) -> float:
    """Counts figures that lie within one half."""
    ((number, owner),) = number_figures([melodies])
    links = np.flatnonzero(melodies.links)
    of_link = melodies.owner[links]
    # The figures are those runs of links that stay in one loop, in order: see `number_figures`.
    starts = np.flatnonzero(of_link[: len(of_link) - FIGURE + 1] == of_link[FIGURE - 1 :])
    begin = melodies.step[links[starts] - 1]
    end = melodies.step[links[starts + FIGURE - 1]]
    ours, theirs = end < half, begin >= half
    code = owner * (int(number.max(initial=0)) + 1) + number
    return float(np.mean(np.isin(code[ours], code[theirs]))) if ours.any() else 0.0
