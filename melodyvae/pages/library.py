"""The loops of a library as a page holds them: z_mean, and the cells of their notes."""

from typing import Any

import numpy as np

from melodyvae.loops.loops import Loops
from melodyvae.playing.player import Player, encode

MAX_LOOPS = 3000  # more dots hide each other, and the page compares each with what sounds


def describe_library(
    player: Player, loops: Loops, transpositions: tuple[int, ...]
) -> dict[str, Any]:
    """Describes the map of a page, as JSON values.

    Args:
      player: the model, with its encoder.
      loops: at least one; at most 3,000 are shown, evenly chosen.
      transpositions: semitones by which training loops were transposed.

    Returns:
      The names of the files; the number of all loops; the transpositions; and, for each loop that
      is shown, its file, its position in the file, its z_mean, and the rows and steps of its notes.
    """
    chosen = loops.take_at_most(MAX_LOOPS)
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
