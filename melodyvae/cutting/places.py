"""Places notes in loops: the loop, the step and the timeshift of each note. NumPy only."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from melodyvae.config.settings import GridConfig
from melodyvae.cutting.metres import list_metres, name_metres
from melodyvae.cutting.voices import Voices
from melodyvae.midi.piece import Piece


@dataclasses.dataclass(frozen=True, slots=True)
class Places:
    """Places of notes in the loops of their voices.

    Attributes:
      note: `[places]` int64, index of the note. Notes that are left out are missing; notes of a
        clip that repeats occur several times.
      copied: `[places]` bool, whether it is a repetition of a note.
      loop: `[places]` int64, number of the loop, counted over all voices.
      step: `[places]` int64 in [0, steps).
      timeshift: `[places]` float64, half steps that the note is late, in [-1, 1).
      loops: `[voices]` int64, how many loops each voice has, empty ones included.
      repeating: `[loops]` int64, numbers of the loops that repeat a shorter clip, sorted.
      metres: one per piece, such as '4/4, 2/4', of its loops.
      remarks: one list per piece: what is in no loop.
    """

    note: np.ndarray
    copied: np.ndarray
    loop: np.ndarray
    step: np.ndarray
    timeshift: np.ndarray
    loops: np.ndarray
    repeating: np.ndarray
    metres: list[str]
    remarks: list[list[str]]


def place_from_start(voices: Voices, pieces: Sequence[Piece], grid: GridConfig) -> Places:
    """Places notes in loops that follow each other from the start of the piece, as devices do.

    Args:
      voices: the notes.
      pieces: of the voices.
      grid: the steps. A note belongs to the nearest one.
    """
    position = voices.notes.start * grid.steps_per_quarter
    step = np.maximum((position + 0.5).astype(np.int64), 0)
    number = step // grid.steps
    loops = np.zeros(len(voices), np.int64)
    if len(voices):
        loops = np.maximum.reduceat(number, voices.first[:-1]) + 1
    return Places(
        note=np.arange(len(position)),
        copied=np.zeros(len(position), bool),
        loop=(np.cumsum(loops) - loops)[voices.spread()] + number,
        step=step % grid.steps,
        timeshift=(position - step) * 2,
        loops=loops,
        repeating=np.zeros(0, np.int64),
        metres=[name_metres(list_metres(piece.metres)) for piece in pieces],
        remarks=[[] for _ in pieces],
    )
