"""What a pad plays, beside its library: own loops, new ones, style, form and smoothness."""

import numpy as np

from melodyvae.evaluation.duplicates import NEAR, share_figures
from melodyvae.evaluation.evaluate import MAX_GENERATED, generate_loops
from melodyvae.evaluation.form import measure_form
from melodyvae.evaluation.melodies import take_melodies, take_rhythms
from melodyvae.evaluation.resemblance import count_features, measure_overlap
from melodyvae.evaluation.steps_apart import MAX_VARIATION, find_nearest
from melodyvae.loops.loops import Loops
from melodyvae.playing.player import Player, play

STEP = 0.1  # of z
STEPS_TAKEN = 500


def measure_pad(player: Player, library: Loops) -> tuple[dict[str, float], dict[str, float]]:
    """Measures what a pad plays at 1,000 points of N(0, I).

    Args:
      player: the model.
      library: what it was trained on, at least one loop.

    Returns:
      The figures by name, and the same of the library's own loops, where there is such a thing; of
      overlaps, those of one half of its files with the other, which is the ceiling.
    """
    drums = not player.config.device.is_monophonic
    library = library if drums else library.keep_highest()
    everything = generate_loops(player, MAX_GENERATED, seed=0)
    played = everything.take(np.flatnonzero(np.diff(everything.offsets)))
    _, apart = find_nearest(played, library)
    found = {
        'plays_own_loop': float(np.mean(apart == 0)),
        'within_2_steps': float(np.mean(apart <= MAX_VARIATION)),
        'distinct': len(np.unique(take_rhythms(played).lay_out(), axis=0)) / len(everything),
        'silent': 1 - len(played) / len(everything),
        'cells_per_tenth': measure_change(player, np.random.default_rng([0, 5])),
    }
    halves = [library.take(np.flatnonzero(library.file % 2 == side)) for side in (0, 1)]
    found |= _measure_overlaps(played, library)
    real = _measure_overlaps(*halves) if all(map(len, halves)) else {}
    if drums:
        rhythms, reference = take_rhythms(played), take_rhythms(library)
        found['near_copies'] = float(np.mean(share_figures(rhythms, reference, 1)[1] >= NEAR))
        return found, real
    ours, theirs = take_melodies(played), take_melodies(library)
    per_quarter = player.config.grid.steps_per_quarter
    known = np.unique(theirs.what)
    widest = np.abs(theirs.interval).max(initial=0)
    found['foreign_pitches'] = float(np.mean(~np.isin(ours.what % 12, known % 12)))
    found['too_wide'] = float(np.mean(np.abs(ours.interval) > widest))
    owners = ours.owner[ours.links][np.abs(ours.interval) > widest]
    found['loops_too_wide'] = len(np.unique(owners)) / len(ours)
    found |= measure_form(ours, per_quarter)
    return found, real | measure_form(theirs, per_quarter)


def measure_change(player: Player, random: np.random.Generator) -> float:
    """Returns how many cells differ between two points of the pad that are 0.1 apart, on average.

    Args:
      player: of a finished model.
      random: draws the points and directions.
    """
    pad, latent = player.config.device.pad, player.config.model.latent
    start = random.uniform(-pad, pad, (STEPS_TAKEN, latent))
    direction = random.standard_normal(start.shape)
    end = start + STEP * direction / np.linalg.norm(direction, axis=1, keepdims=True)
    pairs = zip(play(player, start), play(player, end), strict=True)
    changed = [np.setxor1d(_number_cells(a), _number_cells(b)).size for a, b in pairs]
    return float(np.mean(changed))


def _number_cells(pattern: np.ndarray) -> np.ndarray:
    return pattern['row'].astype(np.int64) * 256 + pattern['step']


def _measure_overlaps(loops: Loops, others: Loops) -> dict[str, float]:
    """Overlap of histograms of density, rhythm and register (of drums, classes)."""
    ours, theirs = (count_features(one, ('onset',)) for one in (loops, others))
    names = {'density': 'note_count', 'rhythm': 'inter_onset_interval'}
    found = {
        f'{name}_overlap': measure_overlap(ours[key].histogram(), theirs[key].histogram())
        for name, key in names.items()
    }
    rows = [
        np.bincount(one.cells['row'], minlength=one.grid.rows) / len(one.cells)
        for one in (loops, others)
    ]
    return {**found, 'register_overlap': measure_overlap(*rows)}
