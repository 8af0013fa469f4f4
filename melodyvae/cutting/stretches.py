"""Stretches of bars, and where the music of a voice begins and ends in them. NumPy only.

A stretch is the consecutive bars of a voice with one time signature, within one section of written
music. It is cut into loops of as many whole bars as fit. Positions and lengths are in steps from
the start of the piece.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np

from melodyvae.config.settings import GridConfig
from melodyvae.cutting.metres import bar_length, list_metres
from melodyvae.cutting.voices import Voices
from melodyvae.midi.piece import Metre, Piece

CLOSE = 1e-6  # steps; positions that differ by less are equal
USUAL = 0.75  # minimum share of bars with a downbeat, for a first bar without one to be a pickup


@dataclasses.dataclass(frozen=True, slots=True)
class Stretches:
    """Stretches, voice by voice, in order; arrays are `[stretches]` float64 if nothing is said."""

    voices: Voices
    position: np.ndarray  # `[notes]` float64
    stretch: np.ndarray  # `[notes]` int64, the stretch of the nearest step of each note
    length: np.ndarray  # `[voices]` float64, of the piece
    first: np.ndarray  # `[voices]` int64, the first stretch of each voice
    last: np.ndarray  # `[voices]` int64, the last one, which ends at infinity
    metre: list[Metre]  # one per stretch
    start: np.ndarray
    end: np.ndarray
    # The length of a bar. If a bar is several loops long, the length of a loop; if a piece is
    # shorter than half a bar, half or a quarter of a bar.
    bar: np.ndarray
    bars: np.ndarray  # number of bars per loop; 0 if they do not fit
    origin: np.ndarray  # where the first loop begins

    def counts(self) -> np.ndarray:
        """Returns the number of stretches of each voice, `[voices]` int64."""
        return self.last - self.first + 1

    def find_bars(self, position: np.ndarray, stretch: np.ndarray) -> np.ndarray:
        """Returns the starts of the bars of some positions, float64."""
        start, bar = self.start[stretch], self.bar[stretch]
        return start + np.floor((position - start + CLOSE) / bar) * bar

    def list_metres(self, which: np.ndarray, pieces: int) -> list[list[Metre]]:
        """Lists the meters of some stretches per piece; `which` is `[stretches]` bool."""
        metres: list[list[Metre]] = [[] for _ in range(pieces)]
        piece = np.repeat(self.voices.piece, self.counts())
        for number in np.flatnonzero(which).tolist():
            metres[piece[number]].append(self.metre[number])
        return metres

    def find_ends(self) -> tuple[np.ndarray, np.ndarray]:
        """Finds the ends of voices: the last bar of the piece or, if later, of their music.

        Returns:
          `[voices]` float64, the bar line; and `[voices]` bool, whether the last notes anticipate
          it and the bar that follows has no others.
        """
        last, at = self.last, self.voices.first[:-1]
        latest = np.maximum.reduceat(self.position, at)
        line = self.find_bars(latest + 0.5, last)
        full = self.find_bars(self.length, last)
        wraps = (latest < line - CLOSE) & (full <= line + CLOSE)
        wraps &= np.maximum.reduceat(self.stretch, at) == last
        return np.maximum(np.where(wraps, line, line + self.bar[last]), full), wraps

    def find_begins(self, end: np.ndarray, grid: GridConfig) -> tuple[np.ndarray, np.ndarray]:
        """Finds the starts of the first loops of voices, which end at `end`.

        The first loop begins with the first bar that has music. It begins with the next bar instead
        if the first one is a pickup: the music begins in its second half; or it begins with a rest,
        unlike the other bars, whose number is even (see `_find_late_pickups`); or the bar has its
        own, shorter time signature. Bars are skipped only if the rest of the piece fills a loop.

        Returns:
          `[voices]` float64, the bar lines; and `[voices]` int64, their stretches.
        """
        at = self.voices.first[:-1]
        earliest = np.minimum.reduceat(self.position, at)
        home = np.minimum.reduceat(self.stretch, at)
        begin = self.find_bars(earliest + 0.5, home)
        following = np.minimum(begin + self.bar[home], self.end[home])
        after = np.minimum(home + 1, self.last)
        is_short = (begin <= self.start[home] + CLOSE) & (following >= self.end[home] - CLOSE)
        is_short &= following - begin < self.bar[after] - CLOSE
        has_more = np.maximum.reduceat(self.position, at) + 0.5 >= following
        is_late = earliest - begin >= self.bar[home] / 2 - CLOSE
        eighth = grid.steps_per_quarter / 2
        begins_with_rest = has_more & ~is_late & (earliest - begin > eighth - 0.5)
        begins_with_rest &= self.first == self.last
        if begins_with_rest.any():
            is_late |= self._find_late_pickups(following, end, begins_with_rest)
        begin = np.where((is_short | is_late) & has_more, following, begin)
        home = np.where(begin >= self.end[home] - CLOSE, after, home)
        loop = self.bars[home] * self.bar[home]
        enough = np.where(home == self.last, end - loop, np.inf)
        return np.maximum(np.minimum(begin, enough), self.start[home]), home

    def _find_late_pickups(
        self, following: np.ndarray, end: np.ndarray, candidates: np.ndarray
    ) -> np.ndarray:
        """Finds voices, among candidates, whose first bar begins with a rest and is a pickup.

        Music has an even number of bars without the pickup, and most of its bars begin with a note.
        A last bar with only its first note counts as the end of the bar before. `following` is the
        second bar line of each voice, and `end` the last one.
        """
        voice = self.voices.spread()
        which = np.flatnonzero(candidates[voice])
        voice, bar = voice[which], self.bar[self.last]
        after = self.position[which] + 0.5 - following[voice] + CLOSE
        number = np.floor(after / bar[voice]).astype(np.int64)
        is_downbeat = after - number * bar[voice] < 1
        count = np.zeros(len(candidates), np.int64)
        np.maximum.at(count, voice[~is_downbeat], number[~is_downbeat] + 1)
        with_downbeat = is_downbeat & (number >= 0) & (number < count[voice])
        downbeats = np.unique(voice[with_downbeat] * (count.max() + 1) + number[with_downbeat])
        downbeats = np.bincount(downbeats // (count.max() + 1), minlength=len(count))
        is_usual = downbeats / np.maximum(count, 1) >= USUAL
        to_end = np.round((end - following) / bar).astype(np.int64)
        return candidates & (count % 2 == 0) & (to_end % 2 == 0) & is_usual


def lay_out_stretches(pieces: Sequence[Piece], voices: Voices, grid: GridConfig) -> Stretches:
    """Lists the stretches of voices of pieces."""
    metres = [list_metres(piece.metres, piece.sections) for piece in pieces]
    per_voice = [metres[piece] for piece in voices.piece.tolist()]
    metre = [each for several in per_voice for each in several]
    last = np.cumsum([len(several) for several in per_voice]) - 1
    first = np.append(0, last[:-1] + 1)
    start = np.array([each.start for each in metre]) * grid.steps_per_quarter
    end = np.append(start[1:], np.inf)
    end[last] = np.inf
    length = np.array([piece.length for piece in pieces])[voices.piece] * grid.steps_per_quarter
    bar = np.array([bar_length(each) for each in metre]) * grid.steps_per_quarter
    bar[bar % grid.steps == 0] = grid.steps
    bars = np.floor(grid.steps / bar + CLOSE)
    if grid.bars == 'fitting':
        bars[np.abs(bars * bar - grid.steps) > CLOSE] = 0
    for _ in range(2):
        half = bar[last] / 2
        halved = last[(first == last) & (length < half + 0.5) & (half % 1 == 0)]
        bar[halved] /= 2
        bars[halved] *= 2
    position = voices.notes.start * grid.steps_per_quarter
    stretch = first[voices.spread()]
    for voice in np.flatnonzero(last > first).tolist():
        notes = slice(voices.first[voice], voices.first[voice + 1])
        starts = start[first[voice] + 1 : last[voice] + 1]
        stretch[notes] += np.searchsorted(starts - CLOSE, position[notes] + 0.5, 'right')
    return Stretches(
        voices, position, stretch, length, first, last, metre, start, end, bar, bars, start.copy()
    )
