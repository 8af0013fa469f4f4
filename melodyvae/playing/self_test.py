"""A few points of the pad with the notes that an export must play there."""

from typing import Any

import numpy as np

from melodyvae.playing.device import select
from melodyvae.playing.latent import z_random
from melodyvae.playing.player import Player, decode
from melodyvae.system.errors import UserError

POINTS = 3
CANDIDATES = 64
ROUNDING = 1e-4  # more than the outputs of two computers differ
VELOCITIES = 2  # MIDI velocities, the same


def make_self_test(player: Player) -> list[dict[str, Any]]:
    """Chooses points at which the notes of an export do not depend on rounding.

    Returns:
      For each of at most 3 points its `z`, and its `notes`: row, step and MIDI velocity of each.
      Points that play the same notes as an earlier one, or none, come last.
    """
    config = player.config
    z = z_random(CANDIDATES, latent=config.model.latent, seed=1)
    z = np.round(np.clip(z, -config.device.pad, config.device.pad), 4)
    notes = _play(player, z)
    moved = _play(player, z, ROUNDING)
    seen: list[Any] = [[]]
    new: list[int] = []
    others: list[int] = []
    for index in range(CANDIDATES):
        if _is_same(notes[index], moved[index]):
            (others if notes[index] in seen else new).append(index)
            seen.append(notes[index])
    chosen = [*new, *others][:POINTS]
    return [{'z': z[index].tolist(), 'notes': notes[index]} for index in chosen]


def run_self_test(player: Player, tests: list[dict[str, Any]], name: object) -> None:
    """Raises a UserError if an export plays other notes than `make_self_test` found.

    The error calls the export `name`.
    """
    if not tests:
        return
    played = _play(player, np.array([test['z'] for test in tests]))
    if not all(_is_same(notes, test['notes']) for notes, test in zip(played, tests, strict=True)):
        raise UserError(
            f'{name} does not play the notes of its self-test: export the model again, or use the '
            f'version of melodyvae that exported it.'
        )


def _play(player: Player, z: np.ndarray, noise: float = 0) -> list[list[Any]]:
    """Returns row, step and MIDI velocity of each note, with noise relative to the onsets."""
    decoded = decode(player, z)
    random = np.random.default_rng(0)
    factors = random.uniform(1 - noise, 1 + noise, decoded['onset'].shape)
    decoded['onset'] = decoded['onset'] * factors
    notes = []
    for index in range(len(z)):
        grid = {name: x[index] for name, x in decoded.items()}
        played = select(grid, player.config, threshold_min=player.threshold)
        velocities = np.rint(played['velocity'] * 127).astype(int)
        notes.append(np.stack([played['row'], played['step'], velocities], axis=1).tolist())
    return notes


def _is_same(ours: list[Any], theirs: list[Any]) -> bool:
    return [note[:2] for note in ours] == [note[:2] for note in theirs] and all(
        abs(our[2] - their[2]) <= VELOCITIES for our, their in zip(ours, theirs, strict=True)
    )
