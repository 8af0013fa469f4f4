"""What a side of a split consists of: loops, each with a transposition."""

import dataclasses

import numpy as np

from melodyvae.loops.loops import Loops, choose_evenly


@dataclasses.dataclass(frozen=True, slots=True)
class Examples:
    """Loops, each with a transposition: what a side of the split consists of.

    Attributes:
      loop: `[examples]` int32, index of the loop.
      shift: `[examples]` int8, semitones.
    """

    loop: np.ndarray
    shift: np.ndarray

    def __len__(self) -> int:
        return len(self.loop)

    def take(self, which: np.ndarray) -> 'Examples':
        """The examples at an index or a mask."""
        return Examples(self.loop[which], self.shift[which])

    def take_at_most(self, count: int) -> 'Examples':
        """All examples or, where there are more than `count`, as many, evenly chosen."""
        return self if len(self) <= count else self.take(choose_evenly(len(self), count))


def take_examples(loops: Loops, examples: Examples) -> Loops:
    """One side of a split as loops of its own, each transposed as its example says."""
    return loops.take(examples.loop, examples.shift)
