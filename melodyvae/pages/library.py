"""The loops of a library as a page holds them: z_mean, and the cells of their notes."""

from typing import Any

import numpy as np

from melodyvae.loops.loops import Loops, choose_evenly
from melodyvae.playing.locate import find_heard
from melodyvae.playing.player import Player, encode

MAX_LOOPS = 3000  # more dots hide each other, and the page compares each with what sounds
MAX_PLAYED = 20_000  # loops that are played to find those that are heard


def describe_library(
    player: Player, loops: Loops, transpositions: tuple[int, ...]
) -> dict[str, Any]:
    """Describes the map of a page, as JSON values.

    Args:
      player: the model, with its encoder.
      loops: at least one; of more than 3,000, those that are heard at their places and some others.
      transpositions: semitones by which training loops were transposed.

    Returns:
      The names, tempos and time signatures of the files; the number of all loops; the
      transpositions; and, for each loop that is shown, its file, its position in the file, its
      z_mean, the rows and steps of its notes, and whether the pad only plays something near it
      there.
    """
    some = loops.take_at_most(MAX_PLAYED)
    z_mean, _ = encode(player, some)
    heard = find_heard(player, some, z_mean)
    order = np.argsort(~heard, kind='stable')  # those that are heard come first
    kept = np.sort(order[choose_shown(int(heard.sum()), len(some))])
    chosen, z_mean, heard = some.take(kept), z_mean[kept], heard[kept]
    return {
        'files': list(loops.files),
        'tempos': list(loops.tempos),
        'metres': list(loops.metres),
        'total': len(loops),
        'shifts': sorted({0, *transpositions}),
        'loops': [
            {
                'file': int(chosen.file[number]),
                'position': int(chosen.position[number]),
                'z': np.round(z_mean[number].astype(np.float64), 4).tolist(),
                'rows': pattern['row'].tolist(),
                'steps': pattern['step'].tolist(),
                'near': not heard[number],
            }
            for number, pattern in enumerate(chosen)
        ],
    }


def choose_shown(heard: int, count: int) -> np.ndarray:
    """Returns indices of at most 3,000 loops: the first ones, which are heard, and others."""
    first = np.arange(min(heard, MAX_LOOPS))
    others = len(first) + choose_evenly(count - len(first), MAX_LOOPS - len(first))
    return np.concatenate([first, others])
