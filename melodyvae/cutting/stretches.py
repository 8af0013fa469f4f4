"""Stretches of bars, and where the music of a voice begins and ends in them. NumPy only.

A stretch is what a voice plays under one time signature, and in one section of written music: a row
of bars, and so of loops that hold as many whole bars as fit. Positions and lengths are in steps
here, from the start of the piece.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np

from melodyvae.config.settings import GridConfig
from melodyvae.cutting.metres import bar_length, list_metres
from melodyvae.cutting.voices import Voices
from melodyvae.midi.piece import Metre, Piece

CLOSE = 1e-6  # steps; what positions differ by that mean the same
USUAL = 0.75  # share of the bars that begin with a note, from which one that does not is a pickup


@dataclasses.dataclass(frozen=True, slots=True)
class Stretches:
    """Stretches, voice by voice; those of one voice by their start.

    Attributes:
      first: `[voices]` int64, the first stretch of each voice.
      last: `[voices]` int64, the last one, which has no end.
      metre: one a stretch.
      start, end: `[stretches]` float64.
      bar: `[stretches]` float64, length of a bar; but of a loop where a bar is several, and of
        half or a quarter of a bar where a piece has no more.
      bars: `[stretches]` float64, how many bars a loop holds; 0 where they do not fit.
      origin: `[stretches]` float64, where the first loop begins.
    """

    first: np.ndarray
    last: np.ndarray
    metre: list[Metre]
    start: np.ndarray
    end: np.ndarray
    bar: np.ndarray
    bars: np.ndarray
    origin: np.ndarray

    def find_bars(self, position: np.ndarray, stretch: np.ndarray) -> np.ndarray:
        """Where the bars begin that positions lie in, float64."""
        start, bar = self.start[stretch], self.bar[stretch]
        return start + np.floor((position - start + CLOSE) / bar) * bar


def lay_out_stretches(
    pieces: Sequence[Piece], voices: Voices, length: np.ndarray, grid: GridConfig
) -> Stretches:
    """The stretches of voices; `length` is `[voices]` float64, of their pieces."""
    metres = [list_metres(piece.metres, piece.sections) for piece in pieces]
    per_voice = [metres[piece] for piece in voices.piece.tolist()]
    metre = [each for several in per_voice for each in several]
    last = np.cumsum([len(several) for several in per_voice]) - 1
    start = np.array([each.start for each in metre]) * grid.steps_per_quarter
    end = np.append(start[1:], np.inf)
    end[last] = np.inf
    bar = np.array([bar_length(each) for each in metre]) * grid.steps_per_quarter
    bar[bar % grid.steps == 0] = grid.steps
    bars = np.floor(grid.steps / bar + CLOSE)
    if grid.bars == 'fitting':
        bars[np.abs(bars * bar - grid.steps) > CLOSE] = 0
    first = np.append(0, last[:-1] + 1)
    for _ in range(2):
        half = bar[last] / 2
        halved = last[(first == last) & (length < half + 0.5) & (half % 1 == 0)]
        bar[halved] /= 2
        bars[halved] *= 2
    return Stretches(first, last, metre, start, end, bar, bars, start.copy())


def find_stretches(position: np.ndarray, voices: Voices, stretches: Stretches) -> np.ndarray:
    """The stretch of each note, `[notes]` int64. A note belongs to what its nearest step does."""
    stretch = stretches.first[voices.spread()]
    for voice in np.flatnonzero(stretches.last > stretches.first).tolist():
        notes = slice(voices.first[voice], voices.first[voice + 1])
        starts = stretches.start[stretches.first[voice] + 1 : stretches.last[voice] + 1]
        stretch[notes] += np.searchsorted(starts - CLOSE, position[notes] + 0.5, 'right')
    return stretch


def find_ends(
    position: np.ndarray,
    stretch: np.ndarray,
    voices: Voices,
    stretches: Stretches,
    length: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Where voices end: with the last bar of the piece or, if it is later, of their music.

    Args:
      position, stretch: of the notes.
      voices, stretches: these.
      length: `[voices]` float64, of the piece.

    Returns:
      `[voices]` float64, the bar line; and `[voices]` bool, whether the last notes are early for
      it, and nothing is in the bar that would follow.
    """
    last, at = stretches.last, voices.first[:-1]
    latest = np.maximum.reduceat(position, at)
    line = stretches.find_bars(latest + 0.5, last)
    full = stretches.find_bars(length, last)
    wraps = (latest < line - CLOSE) & (full <= line + CLOSE)
    wraps &= np.maximum.reduceat(stretch, at) == last
    return np.maximum(np.where(wraps, line, line + stretches.bar[last]), full), wraps


def find_begins(
    position: np.ndarray,
    stretch: np.ndarray,
    voices: Voices,
    stretches: Stretches,
    end: np.ndarray,
    grid: GridConfig,
) -> tuple[np.ndarray, np.ndarray]:
    """Where the first loops of voices begin.

    With the first bar that has music; but with the next, if the music begins in the second half of
    that bar, or later than in the others of a voice that is pairs of bars without it, or if the bar
    has a time signature of its own that is shorter than the next. Bars are passed over only as far
    as the rest of the piece fills a loop.

    Returns:
      `[voices]` float64, the bar lines; and `[voices]` int64, the stretches that they are in.
    """
    at = voices.first[:-1]
    earliest = np.minimum.reduceat(position, at)
    home = np.minimum.reduceat(stretch, at)
    begin = stretches.find_bars(earliest + 0.5, home)
    following = np.minimum(begin + stretches.bar[home], stretches.end[home])
    after = np.minimum(home + 1, stretches.last)
    is_short = (begin <= stretches.start[home] + CLOSE) & (following >= stretches.end[home] - CLOSE)
    is_short &= following - begin < stretches.bar[after] - CLOSE
    has_more = np.maximum.reduceat(position, at) + 0.5 >= following
    is_late = earliest - begin >= stretches.bar[home] / 2 - CLOSE
    eighth = grid.steps_per_quarter / 2
    begins_with_rest = has_more & ~is_late & (earliest - begin > eighth - 0.5)
    begins_with_rest &= stretches.first == stretches.last
    if begins_with_rest.any():
        is_late |= _find_late_pickups(position, voices, stretches, following, end, begins_with_rest)
    begin = np.where((is_short | is_late) & has_more, following, begin)
    home = np.where(begin >= stretches.end[home] - CLOSE, after, home)
    loop = stretches.bars[home] * stretches.bar[home]
    enough = np.where(home == stretches.last, end - loop, np.inf)
    return np.maximum(np.minimum(begin, enough), stretches.start[home]), home


def _find_late_pickups(
    position: np.ndarray,
    voices: Voices,
    stretches: Stretches,
    following: np.ndarray,
    end: np.ndarray,
    candidates: np.ndarray,
) -> np.ndarray:
    """Of voices whose first bar begins with a rest, those of which that bar is a pickup.

    Music goes in pairs of bars: without a pickup their number is even. Most other bars begin with a
    note, and a last bar that holds nothing else ends the one before.

    Args:
      position: `[notes]` float64, of the notes.
      voices, stretches: these.
      following, end: `[voices]` float64, the second bar line, and that where the voice ends.
      candidates: `[voices]` bool, those to look at; each has one stretch.

    Returns:
      `[voices]` bool.
    """
    voice = voices.spread()
    which = np.flatnonzero(candidates[voice])
    voice, last = voice[which], stretches.last
    bar = stretches.bar[last]
    after = position[which] + 0.5 - following[voice] + CLOSE
    number = np.floor(after / bar[voice]).astype(np.int64)
    is_downbeat = after - number * bar[voice] < 1
    count = np.zeros(len(candidates), np.int64)
    np.maximum.at(count, voice[~is_downbeat], number[~is_downbeat] + 1)
    with_downbeat = is_downbeat & (number >= 0) & (number < count[voice])
    downbeats = np.unique(voice[with_downbeat] * (count.max() + 1) + number[with_downbeat])
    share = np.bincount(downbeats // (count.max() + 1), minlength=len(count)) / np.maximum(count, 1)
    to_end = np.round((end - following) / bar).astype(np.int64)
    return candidates & (count % 2 == 0) & (to_end % 2 == 0) & (share >= USUAL)
