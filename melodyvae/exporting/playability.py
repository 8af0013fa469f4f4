"""How much of the device's pad a model plays."""

from typing import Any

import numpy as np

from melodyvae.playing.device import display, select
from melodyvae.playing.latent import z_grid, z_random
from melodyvae.playing.player import Player, decode

GRID_SIDE = 9  # points a side over the device's pad
FEWEST_NOTES = 3  # a loop with less is hardly a phrase; with more than one a step, a cluster


def playability(player: Player, threshold: float) -> dict[str, Any]:
    """How many notes a model plays over the device's pad.

    Args:
      player: the model.
      threshold: least onset probability of a note.

    Returns:
      JSON values:
      threshold: as given.
      points: how many z were looked at, a 9 x 9 grid over the pad (or as many random ones if the
        latent space is no plane).
      fewest, median, most: notes a loop.
      silent: points without a note.
      all_on: points with a cell on at every step.
      unusual: points with fewer than 3 notes, or more than there are steps.
    """
    config = player.config
    latent, points = config.model.latent, GRID_SIDE**2
    plane = z_grid(GRID_SIDE, config.device.pad)
    decoded = decode(player, plane if latent == 2 else z_random(points, latent=latent))
    grids = [{name: x[point] for name, x in decoded.items()} for point in range(points)]
    notes = np.array([len(select(grid, config, threshold_min=threshold)) for grid in grids])
    # By the cells: a note of velocity 0 is not counted, but leaves no rest either.
    shown = np.array([display(grid, config, threshold_min=threshold) for grid in grids])
    all_on = np.all(np.any(shown, axis=1), axis=1) & (notes > 0)
    return {
        'threshold': threshold,
        'points': points,
        'fewest': int(notes.min()),
        'median': float(np.median(notes)),
        'most': int(notes.max()),
        'silent': int(np.sum(notes == 0)),
        'all_on': int(np.sum(all_on)),
        'unusual': int(np.sum((notes < FEWEST_NOTES) | (notes > config.grid.steps))),
    }


def is_playable(found: dict[str, Any]) -> bool:
    """Whether any point that `playability` looked at is neither silent nor all on."""
    return found['silent'] + found['all_on'] < found['points']


def describe_export(over_pad: list[dict[str, Any]], verified: list[dict[str, Any]]) -> str:
    """What `playability`, at some thresholds, and `verify` found, in lines for people."""
    lines = [
        f'Threshold {found["threshold"]:.3g}, {found["points"]} points of the pad: '
        f'{found["fewest"]} to {found["most"]} notes a loop, median {found["median"]:g}; '
        f'{found["silent"]} silent, {found["all_on"]} with a note on every step.'
        for found in over_pad
    ]
    for found in verified:
        if 'not_verified' in found:
            lines.append(f'{found["model"]}: not verified, {found["not_verified"]}.')
        else:
            lines.append(
                f'{found["model"]}: the same as Keras in TF.js {found["tfjs"]} for '
                f'{found["inputs"]} inputs, largest difference {found["largest_difference"]:.2g}.'
            )
    return '\n'.join(lines)
