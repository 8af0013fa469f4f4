"""Locates the loops of a file on the map of a model."""

from pathlib import Path
from typing import Any

import numpy as np

from melodyvae.midi.read import Unusable, read_pieces
from melodyvae.playing.player import Player, cut_clip, encode
from melodyvae.system.errors import UserError


def locate_loops(player: Player, path: Path, most: int) -> list[dict[str, Any]]:
    """Encodes the loops of a file that have notes.

    Args:
      player: the model; it needs an encoder.
      path: MIDI, ABC or MusicXML.
      most: the maximum of loops that are encoded.

    Returns:
      `position`, the number of the loop in the file from 0, and `z`, its z_mean, of each.

    Raises:
      UserError: if the file cannot be read or holds no loop; names it without its folder.
    """
    try:
        pieces = read_pieces(path).pieces
    except Unusable as error:
        raise Unusable(error.reason, path.name) from None
    loops = cut_clip(player.config, pieces)[:most]
    if not loops:
        raise UserError(f'{path.name} cannot be used: it has no notes for this model.')
    z_mean, _ = encode(player, [pattern for _, pattern in loops])
    return [
        {'position': position, 'z': np.round(z.astype(np.float64), 4).tolist()}
        for (position, _), z in zip(loops, z_mean, strict=True)
    ]
