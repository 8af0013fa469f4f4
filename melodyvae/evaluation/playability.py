"""How much of the device's pad plays usable loops."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from melodyvae.playing.device import find_inside, select
from melodyvae.playing.latent import z_grid, z_random
from melodyvae.playing.player import Player, decode, play
from melodyvae.playing.tfjs import NotVerified, Verification

GRID_SIDE = 9  # points per side of the pad
COMPARED = 200  # random points at which a quantized model is compared
MIN_NOTES = 4  # of a usable loop; it has at most one note per step


@dataclasses.dataclass(frozen=True, slots=True)
class Playability:
    """How many notes a model plays over the device's pad.

    Attributes:
      threshold: minimum onset probability of a note.
      points: number of points, a 9 x 9 grid over the pad (as many random points if the latent
        space is not two-dimensional).
      min_notes, median_notes, max_notes: notes per loop.
      silent: points without a note.
      all_on: points with a cell on at every step.
      unusual: points with fewer than 4 notes, or with more notes than steps.
    """

    threshold: float
    points: int
    min_notes: int
    median_notes: float
    max_notes: int
    silent: int
    all_on: int
    unusual: int

    @property
    def is_playable(self) -> bool:
        """Whether any point is neither silent nor all on."""
        return self.silent + self.all_on < self.points

    @property
    def usable(self) -> float:
        """Share of the points that are not unusual."""
        return 1 - self.unusual / self.points


def measure_playability(player: Player, threshold: float) -> Playability:
    """Counts the notes that a model plays over the device's pad at a threshold in [0, 1]."""
    config = player.config
    latent, points = config.model.latent, GRID_SIDE**2
    plane = z_grid(GRID_SIDE, config.device.pad)
    decoded = decode(player, plane if latent == 2 else z_random(points, latent=latent))
    grids = [{name: x[point] for name, x in decoded.items()} for point in range(points)]
    notes = np.array([len(select(grid, config, threshold_min=threshold)) for grid in grids])
    # Count cells here: a note of velocity 0 is not played, but its step is not a rest either.
    inside = np.array([find_inside(grid, config, threshold_min=threshold) for grid in grids])
    all_on = np.all(np.any(inside, axis=1), axis=1) & (notes > 0)
    return Playability(
        threshold=threshold,
        points=points,
        min_notes=int(notes.min()),
        median_notes=float(np.median(notes)),
        max_notes=int(notes.max()),
        silent=int(np.sum(notes == 0)),
        all_on=int(np.sum(all_on)),
        unusual=int(np.sum((notes < MIN_NOTES) | (notes > config.grid.steps))),
    )


@dataclasses.dataclass(frozen=True, slots=True)
class Changes:
    """At how many of some random points a quantized model plays other notes."""

    points: int
    changed: int


def count_changes(player: Player, exact: Player) -> Changes:
    """Compares the notes of a quantized model with those of the same model in float32."""
    z = z_random(COMPARED, latent=player.config.model.latent)
    pairs = zip(play(player, z), play(exact, z), strict=True)
    places = ['row', 'step']
    changed = sum(not np.array_equal(ours[places], theirs[places]) for ours, theirs in pairs)
    return Changes(len(z), changed)


def describe_fault(found: Playability, steps: int) -> str:
    """Says what is wrong with loops of `steps` steps, without a period; '' if nothing."""
    where = f'of {found.points} points at the threshold {found.threshold:g}'
    if not found.is_playable:
        return f'{found.silent} {where} are silent, {found.all_on} play on every step'
    if found.unusual:
        return f'{found.unusual} {where} have fewer than {MIN_NOTES} notes or more than {steps}'
    return ''


def describe_export(
    over_pad: Sequence[Playability],
    verified: Sequence[Verification | NotVerified],
    changes: Changes | None = None,
) -> str:
    """Describes what `measure_playability`, `verify` and `count_changes` found, in lines."""
    lines = [
        f'Threshold {found.threshold:.3g}, {found.points} points of the pad: '
        f'{found.min_notes} to {found.max_notes} notes per loop, median {found.median_notes:g}; '
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
    if changes:
        lines.append(
            f'Quantization changes the notes at {changes.changed} of {changes.points} random '
            f'points of the pad.'
        )
    return '\n'.join(lines)
