"""Augmentation: transposed copies that fit the grid, and recombined halves."""

import numpy as np

from melodyvae.config.settings import Config
from melodyvae.loops.loops import Loops
from melodyvae.training.examples import Examples

AT_ONCE = 65536  # loops whose transpositions are tried at a time


def add_transpositions(loops: Loops, examples: Examples, config: Config) -> Examples:
    """Returns the examples, then their copies at every transposition that fits the grid.

    A shift of 0 doubles a loop, as the Original does.
    """
    if not config.data.transpositions:
        return examples  # without a look at all cells
    shifts = np.asarray(config.data.transpositions, np.int16)
    lowest, highest = loops.row_range()
    loop, shift = [examples.loop], [examples.shift]
    for start in range(0, len(examples), AT_ONCE):
        some = examples.loop[start : start + AT_ONCE]
        fits = lowest[some, None] + shifts >= 0
        fits &= highest[some, None] + shifts < loops.grid.rows
        copy, choice = np.nonzero(fits)
        loop.append(some[copy])
        shift.append(shifts[choice].astype(np.int8))
    return Examples(np.concatenate(loop), np.concatenate(shift))


class Recombination:
    """Exchanges halves between loops of one voice, and halves within a loop.

    In a two-bar loop, a half is a bar. The bars of a tune occur in many orders, so the result could
    be in the tune as well.

    Args:
      loops: the library, of an even number of steps.
      training: the examples that halves are taken from, so that no held-out note is trained on.
      share: of the loops, in [0, 1], whose second half is replaced by that of a random loop of the
        same voice, unless too few notes would be left. Then every second loop swaps its halves.
    """

    def __init__(self, loops: Loops, training: Examples, share: float):
        self.loops = loops
        self.share = share
        self.half = loops.grid.steps // 2
        self.voices = int(loops.voice.max(initial=0)) + 1  # of a file, at most
        groups = self._number_groups(training)
        order = np.argsort(groups, kind='stable')
        self.groups = groups[order]
        self.sources = training.loop[order]

    def recombine(
        self, examples: Examples, random: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Returns the cells of a batch of training examples, with halves exchanged at random.

        Returns:
          As `Loops.gather_cells`: `[cells]` of `pattern.NOTE`, and `[cells]` int64 in [0, batch),
          the example that each cell belongs to.
        """
        others = self._draw_loops(examples, random)
        cells, pair = self.loops.gather_cells(
            np.concatenate([examples.loop, others]), np.tile(examples.shift, 2)
        )
        owner, of_other = pair % len(examples), pair >= len(examples)
        wanted = (cells['step'] >= self.half) == of_other
        notes = np.bincount(owner[wanted], minlength=len(examples))
        whole = notes < self.loops.grid.minimum_onsets
        chosen = np.flatnonzero(np.where(whole[owner], ~of_other, wanted))
        cells, owner = cells[chosen], owner[chosen]
        move = np.where(random.random(len(examples)) < 0.5, self.half, 0)
        cells['step'] = (cells['step'] + move[owner]) % (2 * self.half)
        return cells, owner

    def _draw_loops(self, examples: Examples, random: np.random.Generator) -> np.ndarray:
        """Draws the loop that each example's second half is taken from, `[batch]` indices."""
        groups = self._number_groups(examples)
        first, end = (np.searchsorted(self.groups, groups, side) for side in ('left', 'right'))
        others = self.sources[random.integers(first, end)]
        return np.where(random.random(len(others)) < self.share, others, examples.loop)

    def _number_groups(self, examples: Examples) -> np.ndarray:
        """Returns `[examples]` int64, equal for examples of one voice at one transposition."""
        file = self.loops.file[examples.loop].astype(np.int64)
        return (file * self.voices + self.loops.voice[examples.loop]) * 256 + examples.shift
