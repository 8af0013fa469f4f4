"""Loops that begin on bar lines. NumPy only, all voices at once.

A stretch is what a voice plays under one time signature: a row of bars, and so of loops that hold
as many whole bars as fit. Positions and lengths are in steps here, from the start of the piece.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np

from melodyvae.config.settings import GridConfig
from melodyvae.loops.metres import bar_length, list_metres, name_metres
from melodyvae.loops.piece import Metre, Piece
from melodyvae.loops.places import Places
from melodyvae.loops.voices import Voices

CLOSE = 1e-6  # steps; what positions differ by that mean the same


@dataclasses.dataclass(frozen=True, slots=True)
class Stretches:
    """Stretches, voice by voice; those of one voice by their start.

    Attributes:
      first: `[voices]` int64, the first stretch of each voice.
      last: `[voices]` int64, the last one, which has no end.
      metre: one a stretch.
      start, end: `[stretches]` float64.
      bar: `[stretches]` float64, length of a bar; but of a loop where a bar is several, and of
        half a bar where a piece has no more.
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


def place_on_bars(
    start: np.ndarray, voices: Voices, pieces: Sequence[Piece], grid: GridConfig
) -> Places:
    """Places notes in loops that begin on bar lines.

    The first loop of a voice begins with its first full bar of music, and a pickup before it is
    left out. Loops are cut anew where the time signature changes. A last note that is early for the
    bar line where the piece ends goes to the first step of the first loop. Bars that do not fill a
    loop repeat until they do: all of a short clip, and what is left over of a longer piece, if it
    has onsets enough.

    Args:
      start: `[notes]` float64, quarter notes, voice by voice.
      voices: of the notes.
      pieces: of the voices.
      grid: the steps; its `bars` is 'metre' or 'fitting'.
    """
    length = np.array([piece.length for piece in pieces])[voices.piece] * grid.steps_per_quarter
    stretches = _lay_out(pieces, voices, length, grid)
    voice = voices.spread()
    position = start * grid.steps_per_quarter
    stretch = _find_stretches(position, voices, stretches)
    end, wraps = _find_ends(position, stretch, voices, stretches, length)
    begin, home = _find_begins(position, stretch, voices, stretches, end)
    stretches.origin[home] = begin
    early = wraps[voice] & (end > begin)[voice] & (position + 0.5 >= end[voice] - CLOSE)
    position[early] -= (end - begin)[voice[early]]
    stretch[early] = home[voice[early]]

    is_pickup = position + 0.5 < begin[voice] - CLOSE
    note = np.flatnonzero(~is_pickup & (stretches.bars[stretch] > 0))
    stretch = stretch[note]
    span = (stretches.bars * stretches.bar)[stretch]
    within = position[note] - stretches.origin[stretch]
    number = np.floor(np.maximum(within + 0.5 + CLOSE, 0) / span).astype(np.int64)
    within -= number * span
    loops = np.zeros(len(stretches.start), np.int64)
    np.maximum.at(loops, stretch, number + 1)
    loop = (np.cumsum(loops) - loops)[stretch] + number
    period = _find_periods(number, stretch, loops, stretches, end, grid)
    source, within = repeat_notes(within, period, span)
    step = np.clip(np.floor(within + 0.5 + CLOSE), 0, grid.steps - 1).astype(np.int64)
    pickups = np.bincount(voice[is_pickup], minlength=len(voices))
    return Places(
        note=note[source],
        copied=np.arange(len(source)) >= len(note),
        loop=loop[source],
        step=step,
        timeshift=(within - step) * 2,
        loops=np.add.reduceat(loops, stretches.first),
        repeating=np.unique(loop[source[len(note) :]]),
        metres=_name_metres(voices, stretches, loops, len(pieces)),
        remarks=_list_left_out(voices, stretches, pickups, len(pieces)),
    )


def repeat_notes(
    position: np.ndarray, period: np.ndarray, span: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Repeats notes until their loop is full.

    Args:
      position: `[notes]` float64, steps from the start of the loop.
      period: `[notes]` float64, steps after which the note comes again; 0 for never.
      span: `[notes]` float64, how many steps of the loop are to be filled.

    Returns:
      `[notes + copies]` int64, indices of notes: each once, then the copies; and where they lie.
    """
    which = np.flatnonzero(period > 0)
    copies = np.ceil(span[which] / period[which] - CLOSE).astype(np.int64) - 1
    source = np.repeat(which, copies)
    turn = np.arange(len(source)) - np.repeat(np.cumsum(copies) - copies, copies) + 1
    later = position[source] + turn * period[source]
    fits = later + 0.5 < span[source] - CLOSE
    return (
        np.concatenate([np.arange(len(position)), source[fits]]),
        np.concatenate([position, later[fits]]),
    )


def _lay_out(
    pieces: Sequence[Piece], voices: Voices, length: np.ndarray, grid: GridConfig
) -> Stretches:
    """The stretches of voices; `length` is `[voices]` float64, of their pieces."""
    metres = [list_metres(piece.metres) for piece in pieces]
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
    half = bar[last] / 2
    halved = last[(first == last) & (length < half + 0.5) & (half % 1 == 0)]
    bar[halved] /= 2
    bars[halved] *= 2
    return Stretches(first, last, metre, start, end, bar, bars, start.copy())


def _find_stretches(position: np.ndarray, voices: Voices, stretches: Stretches) -> np.ndarray:
    """The stretch of each note, `[notes]` int64. A note belongs to what its nearest step does."""
    stretch = stretches.first[voices.spread()]
    for voice in np.flatnonzero(stretches.last > stretches.first).tolist():
        notes = slice(voices.first[voice], voices.first[voice + 1])
        starts = stretches.start[stretches.first[voice] + 1 : stretches.last[voice] + 1]
        stretch[notes] += np.searchsorted(starts - CLOSE, position[notes] + 0.5, 'right')
    return stretch


def _find_ends(
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


def _find_begins(
    position: np.ndarray,
    stretch: np.ndarray,
    voices: Voices,
    stretches: Stretches,
    end: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Where the first loops of voices begin.

    With the first bar that has music; but with the next, if the music begins in the second half of
    that bar, or if the bar has a time signature of its own that is shorter than the next. Bars are
    passed over only as far as the rest of the piece fills a loop.

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
    is_late = earliest - begin >= stretches.bar[home] / 2 - CLOSE
    has_more = np.maximum.reduceat(position, at) + 0.5 >= following
    begin = np.where((is_short | is_late) & has_more, following, begin)
    home = np.where(begin >= stretches.end[home] - CLOSE, after, home)
    loop = stretches.bars[home] * stretches.bar[home]
    enough = np.where(home == stretches.last, end - loop, np.inf)
    return np.maximum(np.minimum(begin, enough), stretches.start[home]), home


def _find_periods(
    number: np.ndarray,
    stretch: np.ndarray,
    loops: np.ndarray,
    stretches: Stretches,
    end: np.ndarray,
    grid: GridConfig,
) -> np.ndarray:
    """After how many steps notes come again, in the loops that their bars do not fill.

    Args:
      number, stretch: `[notes]` int64, the loop of each note, counted in its stretch, and this.
      loops: `[stretches]` int64, how many each has.
      stretches: these.
      end: `[voices]` float64, where voices end.
      grid: how many onsets bars need that are left over of a longer piece.

    Returns:
      `[notes]` float64; 0 for notes that do not come again.
    """
    ends = stretches.end.copy()
    ends[stretches.last] = end
    bars = np.ceil((ends - stretches.origin) / stretches.bar - CLOSE)
    last_loop, left_over = np.divmod(bars, np.maximum(stretches.bars, 1))
    is_left_over = number == last_loop[stretch]
    onsets = np.bincount(stretch[is_left_over], minlength=len(loops))
    is_clip = np.add.reduceat(loops, stretches.first) == 1
    repeats = onsets >= grid.minimum_onsets
    repeats |= np.repeat(is_clip, np.diff(stretches.first, append=len(loops)))
    return np.where(is_left_over & repeats[stretch], (left_over * stretches.bar)[stretch], 0)


def _name_metres(voices: Voices, stretches: Stretches, loops: np.ndarray, pieces: int) -> list[str]:
    """The metres that the loops of each piece are in; `loops` is `[stretches]`, how many."""
    used: list[list[Metre]] = [[] for _ in range(pieces)]
    piece = np.repeat(voices.piece, stretches.last - stretches.first + 1).tolist()
    for number in np.flatnonzero(loops).tolist():
        used[piece[number]].append(stretches.metre[number])
    return list(map(name_metres, used))


def _list_left_out(
    voices: Voices, stretches: Stretches, pickups: np.ndarray, pieces: int
) -> list[list[str]]:
    """What of each piece is in no loop; `pickups` is `[voices]`, notes before the first loop."""
    remarks: list[list[str]] = [[] for _ in range(pieces)]
    notes = np.bincount(voices.piece, np.diff(voices.first), minlength=pieces)
    before = np.bincount(voices.piece, pickups, minlength=pieces)
    for number in np.flatnonzero(before).tolist():
        share = f'{before[number]:.0f} of {notes[number]:.0f} notes'
        remarks[number].append(f'before the first full bar, and left out: {share}')
    unfit: list[list[Metre]] = [[] for _ in range(pieces)]
    piece = np.repeat(voices.piece, stretches.last - stretches.first + 1).tolist()
    for number in np.flatnonzero(stretches.bars == 0).tolist():
        unfit[piece[number]].append(stretches.metre[number])
    for each, metres in zip(remarks, unfit, strict=True):
        if metres:
            each.append(f'bars of {name_metres(metres)} left out (--config.grid.bars)')
    return remarks
