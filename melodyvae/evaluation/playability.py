"""How much of the device's pad a model plays."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from melodyvae.playing.device import display, select
from melodyvae.playing.latent import z_grid, z_random
from melodyvae.playing.player import Player, decode
from melodyvae.playing.tfjs import NotVerified, Verification

GRID_SIDE = 9  # points a side over the device's pad
FEWEST_NOTES = 3  # a loop with less is hardly a phrase; with more than one a step, a cluster


@dataclasses.dataclass(frozen=True, slots=True)
class Playability:
    """How many notes a model plays over the device's pad.

    Attributes:
      threshold: least onset probability of a note.
      points: how many z were looked at, a 9 x 9 grid over the pad (or as many random ones if the
        latent space is no plane).
      fewest, median, most: notes a loop.
      silent: points without a note.
      all_on: points with a cell on at every step.
      unusual: points with fewer than 3 notes, or more than there are steps.
    """

    threshold: float
    points: int
    fewest: int
    median: float
    most: int
    silent: int
    all_on: int
    unusual: int

    @property
    def is_playable(self) -> bool:
        """Whether any point is neither silent nor all on."""
        return self.silent + self.all_on < self.points


def measure_playability(player: Player, threshold: float) -> Playability:
    """Counts the notes that a model plays over the device's pad at a threshold in [0, 1]."""
    config = player.config
    latent, points = config.model.latent, GRID_SIDE**2
    plane = z_grid(GRID_SIDE, config.device.pad)
    decoded = decode(player, plane if latent == 2 else z_random(points, latent=latent))
    grids = [{name: x[point] for name, x in decoded.items()} for point in range(points)]
    notes = np.array([len(select(grid, config, threshold_min=threshold)) for grid in grids])
    # By the cells: a note of velocity 0 is not counted, but leaves no rest either.
    shown = np.array([display(grid, config, threshold_min=threshold) for grid in grids])
    all_on = np.all(np.any(shown, axis=1), axis=1) & (notes > 0)
    return Playability(
        threshold=threshold,
        points=points,
        fewest=int(notes.min()),
        median=float(np.median(notes)),
        most=int(notes.max()),
        silent=int(np.sum(notes == 0)),
        all_on=int(np.sum(all_on)),
        unusual=int(np.sum((notes < FEWEST_NOTES) | (notes > config.grid.steps))),
    )


def describe_fault(found: Playability, steps: int) -> str:
    """What is wrong with so many notes in loops of so many steps, without a stop; '' if nothing."""
    where = f'of {found.points} points at the threshold {found.threshold:g}'
    if not found.is_playable:
        return f'{found.silent} {where} are silent, {found.all_on} play on every step'
    if found.unusual:
        return f'{found.unusual} {where} have fewer than {FEWEST_NOTES} notes or more than {steps}'
    return ''


def describe_export(
    over_pad: Sequence[Playability], verified: Sequence[Verification | NotVerified]
) -> str:
    """What `measure_playability`, at some thresholds, and `verify` found, in lines for people."""
    lines = [
        f'Threshold {found.threshold:.3g}, {found.points} points of the pad: '
        f'{found.fewest} to {found.most} notes a loop, median {found.median:g}; '
        f'{found.silent} silent, {found.all_on} with a note on every step.'
        for found in over_pad
    ]
    for result in verified:
        if isinstance(result, NotVerified):
            lines.append(f'{result.model}: not verified, {result.not_verified}.')
        else:
            lines.append(
                f'{result.model}: the same as Keras in TF.js {result.tfjs} for '
                f'{result.inputs} inputs, largest difference {result.largest_difference:.2g}.'
            )
    return '\n'.join(lines)
