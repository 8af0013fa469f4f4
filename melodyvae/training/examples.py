"""The loops that are trained on or held out, with their transpositions."""

import dataclasses

import numpy as np

from melodyvae.loops.loops import Loops, choose_evenly


@dataclasses.dataclass(frozen=True, slots=True)
class Examples:
    """The loops of one side of a split, each with a transposition.

    Attributes:
      loop: `[examples]` int32, index of the loop.
      shift: `[examples]` int8, semitones.
    """

    loop: np.ndarray
    shift: np.ndarray

    def __len__(self) -> int:
        return len(self.loop)

    def take(self, which: np.ndarray) -> 'Examples':
        """Returns the examples at indices or a mask."""
        return Examples(self.loop[which], self.shift[which])

    def take_at_most(self, count: int) -> 'Examples':
        """Returns all examples or, if there are more than `count`, so many evenly chosen ones."""
        return self if len(self) <= count else self.take(choose_evenly(len(self), count))


def take_examples(loops: Loops, examples: Examples) -> Loops:
    """Returns one side of a split as loops, each transposed as its example says."""
    return loops.take(examples.loop, examples.shift)
