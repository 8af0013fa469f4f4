"""A library's own loops as a page holds them: where they lie, and the cells of their notes."""

from typing import Any

import numpy as np

from melodyvae.loops.loops import Loops
from melodyvae.playing.player import Player, encode

MOST_LOOPS = 3000  # more dots only hide one another, and each is compared with what sounds


def describe_library(
    player: Player, loops: Loops, transpositions: tuple[int, ...]
) -> dict[str, Any]:
    """The map of a page, as JSON values.

    Args:
      player: the model, with its encoder.
      loops: at least one; of more than 3000, as many, evenly chosen.
      transpositions: semitones by which training loops were copied.

    Returns:
      The names of the files; how many loops there are in all; the semitones by which they may be
      moved; and of each loop that is shown its file, its position within that, its z_mean, and the
      rows and steps of its notes.
    """
    chosen = loops.take_at_most(MOST_LOOPS)
    z_mean, _ = encode(player, chosen)
    return {
        'files': list(loops.files),
        'total': len(loops),
        'shifts': sorted({0, *transpositions}),
        'loops': [
            {
                'file': int(chosen.file[number]),
                'position': int(chosen.position[number]),
                'z': np.round(z_mean[number].astype(np.float64), 4).tolist(),
                'rows': pattern['row'].tolist(),
                'steps': pattern['step'].tolist(),
            }
            for number, pattern in enumerate(chosen)
        ],
    }
