"""New loops, pieced together from those of a library. NumPy only.

A piece may go on as any loop does that has come to the same place by the same last onsets, as in
G. Assayag and S. Dubnov, "Using factor oracles for machine improvisation", 2004; which of all such
loops is scored best is found by A. Viterbi's algorithm, 1967.
"""

import numpy as np

from melodyvae.loops.loops import Loops

CONTEXT = (
    3  # onsets that two loops must share before one goes on as the other: a bar seldom stays whole
)
MOST_LOOPS = 8192  # that are pieced together; of a larger library, as many, evenly chosen
_MIX = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio: spreads what it multiplies


class Composer:
    """Finds the loop that scores best among all that can be pieced together.

    Args:
      loops: of the library, at least one.
    """

    def __init__(self, loops: Loops):
        loops = loops.take_at_most(MOST_LOOPS)
        self._steps = loops.grid.steps
        self._count = len(loops)
        cells, owner = loops.gather_cells(np.arange(len(loops)))
        place = owner * self._steps + cells['step']
        order = np.argsort(place, kind='stable')
        self._cells, self._place = cells[order], place[order]
        self._groups = [_Groups(context) for context in _find_contexts(self._sum_rows(loops))]

    def compose(self, scores: np.ndarray) -> np.ndarray:
        """The best loop.

        Args:
          scores: `[rows, steps]` float32, what a note in each cell is worth over none.

        Returns:
          `[cells]` of `pattern.NOTE`, step by step: each cell with the values that it has where it
          is taken from.
        """
        worth = scores[self._cells['row'], self._cells['step']]
        worth = np.bincount(self._place, worth, self._count * self._steps)
        by_step = worth.reshape(self._count, self._steps).T
        best = np.zeros((self._steps + 1, self._count))
        for step, groups in enumerate(self._groups):
            best[step + 1] = groups.find_best(best[step])[groups.of] + by_step[step]
        loop = int(np.argmax(best[-1]))
        path = np.zeros(self._steps, np.int64)
        for step in reversed(range(self._steps)):
            path[step] = loop
            loop = self._groups[step].trace(best[step], loop)
        begin, end = (
            np.searchsorted(self._place, path * self._steps + np.arange(self._steps), side)
            for side in ('left', 'right')
        )
        return np.concatenate(
            [self._cells[a:b] for a, b in zip(begin.tolist(), end.tolist(), strict=True)]
        )

    def _sum_rows(self, loops: Loops) -> np.ndarray:
        """`[loops, steps]` uint64: a number for the rows that begin at each step, 0 for none."""
        numbers = np.random.default_rng(0).integers(1, 2**63, loops.grid.rows, np.uint64)
        sums = np.zeros(self._count * self._steps, np.uint64)
        np.add.at(sums, self._place, numbers[self._cells['row']])
        return sums.reshape(self._count, self._steps)


class _Groups:
    """At a step, loops that came there alike.

    Attributes:
      of: `[loops]` number of each loop's group.
    """

    def __init__(self, context: np.ndarray):
        _, self.of = np.unique(context, return_inverse=True)
        self._order = np.argsort(self.of, kind='stable')
        self._begin = np.searchsorted(self.of[self._order], np.arange(self.of.max() + 1))

    def find_best(self, scores: np.ndarray) -> np.ndarray:
        """The best score of each group, of `[loops]`."""
        return np.maximum.reduceat(scores[self._order], self._begin)

    def trace(self, scores: np.ndarray, loop: int) -> int:
        """The loop that a loop goes on from: itself, unless another of its group scores better."""
        group = self.of[loop]
        end = self._begin[group + 1] if group + 1 < len(self._begin) else len(self._order)
        members = self._order[self._begin[group] : end]
        best = int(members[np.argmax(scores[members])])
        return loop if scores[loop] == scores[best] else best


def _find_contexts(symbols: np.ndarray) -> list[np.ndarray]:
    """By step, `[loops]` uint64: equal where the last onsets, and when they were, are equal."""
    count = len(symbols)
    last = np.zeros((CONTEXT, count), np.uint64)
    since, before = np.zeros(count, np.uint64), np.zeros(count, np.uint64)
    contexts = []
    for symbol in symbols.T:
        context = np.zeros(count, np.uint64)
        for value in (*last, since, before):
            context = (context ^ value) * _MIX
        contexts.append(context)
        begins = symbol > 0
        last = np.where(begins, np.vstack([last[1:], symbol]), last)
        before = np.where(begins, since, before)
        since = np.where(begins, np.uint64(1), since + np.uint64(1))
    return contexts
