"""Locates loops on the map of a model, and finds those that play at their places."""

from pathlib import Path
from typing import Any

import numpy as np

from melodyvae.loops.loops import Loops
from melodyvae.midi.read import Unusable, read_pieces
from melodyvae.playing.player import Player, cut_clip, encode, play
from melodyvae.system.errors import UserError

MIN_F1 = 0.95  # of the notes that are heard at a loop's place


def locate_loops(player: Player, path: Path, count: int) -> list[dict[str, Any]]:
    """Encodes the first `count` loops of a MIDI, ABC or MusicXML file that have notes.

    Returns:
      `position`, the number of the loop in the file from 0, and `z`, its z_mean, of each.

    Raises:
      UserError: if the file cannot be read or holds no loop; names it without its folder.
    """
    try:
        pieces = read_pieces(path).pieces
    except Unusable as error:
        raise Unusable(error.reason, path.name) from None
    loops = cut_clip(player.config, pieces)[:count]
    if not loops:
        raise UserError(f'{path.name} cannot be used: it has no notes for this model.')
    z_mean, _ = encode(player, [pattern for _, pattern in loops])
    return [
        {'position': position, 'z': np.round(z.astype(np.float64), 4).tolist()}
        for (position, _), z in zip(loops, z_mean, strict=True)
    ]


def find_heard(player: Player, loops: Loops, z: np.ndarray) -> np.ndarray:
    """Finds the loops that the model plays at their places `z`, `[loops, latent]` floats.

    Returns:
      `[loops]` bool: whether the onset F1 of what is played there is at least 0.95. At the other
      places, it plays something near.
    """
    true = loops.keep_highest() if player.config.device.is_monophonic else loops
    heard = np.zeros(len(true), bool)
    for number, played in enumerate(play(player, z)):
        own = true[number]
        cells, others = (x['row'].astype(np.int64) * 256 + x['step'] for x in (own, played))
        shared = np.isin(others, cells).sum()
        heard[number] = 2 * shared >= MIN_F1 * (len(cells) + len(others))
    return heard
