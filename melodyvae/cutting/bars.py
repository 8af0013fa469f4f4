"""Places notes in loops that begin on bar lines. NumPy only, all voices at once.

Positions and lengths are in steps from the start of the piece.
"""

from collections.abc import Sequence

import numpy as np

from melodyvae.config.settings import GridConfig
from melodyvae.cutting.metres import name_metres
from melodyvae.cutting.places import Places
from melodyvae.cutting.stretches import (
    CLOSE,
    Stretches,
    find_begins,
    find_ends,
    find_stretches,
    lay_out_stretches,
)
from melodyvae.cutting.voices import Voices
from melodyvae.midi.piece import Metre, Piece


def place_on_bars(voices: Voices, pieces: Sequence[Piece], grid: GridConfig) -> Places:
    """Places notes in loops that begin on bar lines.

    The first loop of a voice begins with its first full bar of music; a pickup before it is left
    out. A new loop begins where the time signature changes or a section begins. A last note that
    anticipates the bar line at the end of the piece goes to the first step of the first loop. Bars
    that do not fill a loop repeat until they do: a short clip, or the rest of a longer piece if it
    has enough onsets.

    Args:
      voices: the notes.
      pieces: of the voices.
      grid: the steps; its `bars` is 'metre' or 'fitting'.
    """
    length = np.array([piece.length for piece in pieces])[voices.piece] * grid.steps_per_quarter
    stretches = lay_out_stretches(pieces, voices, length, grid)
    voice = voices.spread()
    position = voices.notes.start * grid.steps_per_quarter
    stretch = find_stretches(position, voices, stretches)
    end, wraps = find_ends(position, stretch, voices, stretches, length)
    begin, home = find_begins(position, stretch, voices, stretches, end, grid)
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
        remarks=_list_left_out(voices, stretches, pickups, len(pieces), grid),
    )


def repeat_notes(
    position: np.ndarray, period: np.ndarray, span: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Repeats notes until their loop is full.

    Args:
      position: `[notes]` float64, steps from the start of the loop.
      period: `[notes]` float64, steps after which the note repeats; 0 for never.
      span: `[notes]` float64, number of steps of the loop to fill.

    Returns:
      `[notes + copies]` int64, indices of notes: each once, then the copies; and their positions.
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


def _find_periods(
    number: np.ndarray,
    stretch: np.ndarray,
    loops: np.ndarray,
    stretches: Stretches,
    end: np.ndarray,
    grid: GridConfig,
) -> np.ndarray:
    """Finds after how many steps notes repeat, in loops that their bars do not fill.

    Args:
      number, stretch: `[notes]` int64, the loop of each note within its stretch, and the stretch.
      loops: `[stretches]` int64, number of loops.
      stretches: all.
      end: `[voices]` float64, the ends of voices.
      grid: has the minimum of onsets in the last bars of a longer piece.

    Returns:
      `[notes]` float64; 0 for notes that do not repeat.
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
    """Names the metres of the loops of each piece; `loops` is `[stretches]`, their number."""
    used: list[list[Metre]] = [[] for _ in range(pieces)]
    piece = np.repeat(voices.piece, stretches.last - stretches.first + 1).tolist()
    for number in np.flatnonzero(loops).tolist():
        used[piece[number]].append(stretches.metre[number])
    return list(map(name_metres, used))


def _list_left_out(
    voices: Voices, stretches: Stretches, pickups: np.ndarray, pieces: int, grid: GridConfig
) -> list[list[str]]:
    """Lists what is in no loop, per piece; `pickups` is `[voices]`, notes before the first loop."""
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
            flag = f'--config.grid.bars={"metre" if grid.bars == "fitting" else "start"}'
            each.append(f'bars of {name_metres(metres)} left out ({flag})')
    return remarks
