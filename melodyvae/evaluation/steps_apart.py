"""Whether a loop is new, a variation of a library's loop, or a copy. NumPy only.

What counts is on how many steps it differs from the nearest loop of the library.
"""

import dataclasses
from collections.abc import Sequence
from typing import Literal

import numpy as np

from melodyvae.config.settings import Config
from melodyvae.evaluation.melodies import take_rhythms
from melodyvae.loops.loops import Loops

MAX_VARIATION = 2  # steps that a variation differs on
MAX_COPIES = 0.25  # of the clips that `choose_clips` chooses, as far as there are others
AT_ONCE = 1 << 24  # steps compared in one go


@dataclasses.dataclass(frozen=True, slots=True)
class Origin:
    """Where a loop comes from.

    Attributes:
      kind: 'copy' if no step differs from the nearest loop of the library, 'variation' if one or
        two do, otherwise 'new'.
      nearest: the name of that loop, as in 'riff.mid, loop 2'.
    """

    kind: Literal['new', 'variation', 'copy']
    nearest: str

    def __str__(self) -> str:
        return 'new' if self.kind == 'new' else f'{self.kind} of {self.nearest}'


def find_origins(patterns: Sequence[np.ndarray], library: Loops, config: Config) -> list[Origin]:
    """Compares patterns with a library.

    Args:
      patterns: `[cells]` of `pattern.NOTE` each; some may be empty.
      library: at least one loop.
      config: a device that plays one note per step is compared with the highest ones.
    """
    if config.device.is_monophonic:
        library = library.keep_highest()
    loops = Loops.from_files([('played', list(enumerate(patterns)))], library.grid)
    return [
        Origin(
            'new' if steps > MAX_VARIATION else 'variation' if steps else 'copy',
            f'{library.files[library.file[loop]]}, loop {library.position[loop] + 1}',
        )
        for loop, steps in zip(*find_nearest(loops, library), strict=True)
    ]


def find_nearest(loops: Loops, library: Loops) -> tuple[np.ndarray, np.ndarray]:
    """Finds the loop of a library that differs from each loop on the fewest steps.

    A step differs unless the same rows begin on it. Velocities, durations and timeshifts do not
    count.

    Args:
      loops: any number; some may be empty.
      library: at least one, of the same grid.

    Returns:
      Index of the nearest loop of the library, `[loops]` int64, the first of several; and the
      steps that differ, `[loops]` int64, 0 for a copy.
    """
    ours, theirs = (take_rhythms(one).lay_out() for one in (loops, library))
    # Small numbers compare faster than sums of rows.
    _, numbers = np.unique(np.concatenate([ours, theirs]), return_inverse=True)
    numbers = numbers.reshape(-1, loops.grid.steps).astype(np.int32)
    ours, theirs = numbers[: len(ours)], np.ascontiguousarray(numbers[len(ours) :].T)
    nearest, apart = np.zeros((2, len(ours)), np.int64)
    at_once = max(1, AT_ONCE // theirs.size)
    for start in range(0, len(ours), at_once):
        some = slice(start, start + at_once)
        differ = np.zeros((len(ours[some]), theirs.shape[1]), np.int16)
        for step, row in enumerate(theirs):
            differ += ours[some, step, None] != row
        nearest[some], apart[some] = differ.argmin(axis=1), differ.min(axis=1)
    return nearest, apart


def choose_clips(
    patterns: Sequence[np.ndarray], origins: Sequence[Origin], count: int
) -> list[int]:
    """Chooses clips that differ from each other, at most a quarter of them copies.

    Args:
      patterns: `[cells]` of `pattern.NOTE` each; silent ones are not chosen.
      origins: of each.
      count: how many to choose, at most.

    Returns:
      Indices, in order. Further copies are among them only if nothing else is left.
    """
    seen: set[bytes] = set()
    different: list[int] = []
    spare: list[int] = []
    copies = 0
    for index, (pattern, origin) in enumerate(zip(patterns, origins, strict=True)):
        onsets = np.sort(pattern['row'].astype(np.int64) * 256 + pattern['step']).tobytes()
        if not len(pattern) or onsets in seen:
            continue
        seen.add(onsets)
        copies += origin.kind == 'copy'
        is_spare = origin.kind == 'copy' and copies > MAX_COPIES * count
        (spare if is_spare else different).append(index)
    return sorted((different + spare)[:count])
