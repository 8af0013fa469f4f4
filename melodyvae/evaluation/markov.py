"""Measures how surprising loops are to a Markov model of others, in bits per onset. NumPy only.

A note of a melody is its interval from the note before and the time between their onsets. It is
predicted from the four symbols before it. This is one viewpoint of D. Conklin and I. Witten,
"Multiple viewpoint systems for music prediction", Journal of New Music Research 24, 1995, and the
long-term model of M. Pearce, "The construction and evaluation of statistical models of melodic
structure in music perception and composition", 2005 (IDyOM). Orders are blended by method C of I.
Witten and T. Bell, "The zero-frequency problem", IEEE Transactions on Information Theory 37, 1991.
"""

import dataclasses

import numpy as np

from melodyvae.evaluation.melodies import Onsets

ORDER = 4


@dataclasses.dataclass(slots=True)
class _Order:
    """Events of one order: a symbol and its context, the symbols before it.

    Attributes:
      context, event: `[notes]` int64, their numbers, of the reference and of the judged loops.
      valid: `[notes]` bool, whether the loop has enough notes before.
      counts: `[events]` int64, number of each in the reference.
      totals, types: `[contexts]` int64, events and different events of the reference in each.
    """

    context: np.ndarray
    event: np.ndarray
    valid: np.ndarray
    counts: np.ndarray
    totals: np.ndarray
    types: np.ndarray


class MarkovModel:
    """Counts of symbols and of up to `ORDER` symbols before them.

    Args:
      reference: the loops that are counted.
      judged: the loops whose notes are predicted, of the same grid.
    """

    def __init__(self, reference: Onsets, judged: Onsets):
        self.alphabet = reference.alphabet
        files = reference.group[reference.owner[reference.links]]
        self.known = len(files)
        by_file = np.argsort(files, kind='stable')
        names, counts = np.unique(files, return_counts=True)
        parts = np.split(by_file, np.cumsum(counts))[: len(names)]
        self.notes_of = dict(zip(names.tolist(), parts, strict=True))
        symbols = np.concatenate([reference.symbols, judged.symbols])
        ours, theirs = (one.owner[one.links] for one in (reference, judged))
        owner = np.concatenate([ours, len(reference) + theirs])
        place = np.arange(len(owner))
        before = place - np.searchsorted(owner, owner)  # symbols of the loop before each note
        context = np.zeros(len(symbols), np.int64)
        self.orders: list[_Order] = []
        for length in range(ORDER + 1):
            order = self._count_events(context, symbols, before >= length)
            self.orders.append(order)
            # The next order's context is this event, one symbol later.
            _, context = np.unique(np.roll(order.event, 1), return_inverse=True)

    def _count_events(self, context: np.ndarray, symbols: np.ndarray, valid: np.ndarray) -> _Order:
        _, event = np.unique(context * self.alphabet + symbols, return_inverse=True)
        counted = np.arange(len(valid)) < self.known
        counted &= valid
        counts = np.bincount(event[counted], minlength=int(event.max(initial=-1)) + 1)
        totals = np.bincount(context[counted], minlength=int(context.max(initial=-1)) + 1)
        of_context = np.zeros(len(counts), np.int64)
        of_context[event] = context
        types = np.bincount(of_context[counts > 0], minlength=len(totals))
        return _Order(context, event, valid, counts, totals, types)

    def measure_bits(self, notes: np.ndarray) -> np.ndarray:
        """Returns -log2 of the probabilities of some notes, `[notes]` float64.

        Args:
          notes: `[notes]` int64, indices into the symbols of the judged loops.
        """
        at = self.known + notes
        probability = np.full(len(at), 1 / self.alphabet)
        for order in self.orders:
            total, types = order.totals[order.context[at]], order.types[order.context[at]]
            blended = order.counts[order.event[at]] + types * probability
            known = order.valid[at] & (total > 0)
            probability = np.where(known, blended / np.maximum(1, total + types), probability)
        return -np.log2(probability)

    def count(self, files: np.ndarray, sign: int) -> None:
        """Removes the loops of some files from the reference, with a `sign` of -1; 1 undoes it."""
        none = np.zeros(0, np.int64)
        notes = np.concatenate([none, *(self.notes_of.get(x, none) for x in files.tolist())])
        for order in self.orders:
            some = notes[order.valid[notes]]
            events, first, often = np.unique(
                order.event[some], return_index=True, return_counts=True
            )
            contexts = order.context[some[first]]
            before = order.counts[events] > 0
            order.counts[events] += sign * often
            changed = (order.counts[events] > 0) != before
            np.add.at(order.types, contexts[changed], sign)
            np.add.at(order.totals, contexts, sign * often)


def measure_bits(
    judged: Onsets, reference: Onsets, left_out: np.ndarray | None = None
) -> np.ndarray:
    """Returns -log2 of the probability of each note that follows another, `[links]` float64.

    Args:
      judged: the loops.
      reference: other loops.
      left_out: `[judged loops, files]` int64, files that are left out of the reference for each
        loop, numbers as in `reference.group`, -1 for none; nothing is left out if None.
    """
    model = MarkovModel(reference, judged)
    if left_out is None:
        return model.measure_bits(np.arange(len(judged.symbols)))
    owner = judged.owner[judged.links]
    bounds = np.searchsorted(owner, np.arange(len(judged) + 1))
    bits = np.zeros(len(owner))
    for loop, files in enumerate(left_out):
        notes = np.arange(bounds[loop], bounds[loop + 1])
        model.count(files, -1)
        bits[notes] = model.measure_bits(notes)
        model.count(files, 1)
    return bits
