"""Places notes in loops: the loop, the step and the timeshift of each note. NumPy only.

All voices are placed at once. Positions and lengths are in steps from the start of the piece.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np

from melodyvae.config.settings import GridConfig
from melodyvae.cutting.metres import list_metres, name_metres
from melodyvae.cutting.stretches import CLOSE, Stretches, lay_out_stretches
from melodyvae.cutting.voices import Voices
from melodyvae.midi.piece import Piece


@dataclasses.dataclass(frozen=True, slots=True)
class Places:
    """Places of notes in the loops of their voices.

    Notes that are left out have no place, and notes of a clip that repeats have several.
    """

    note: np.ndarray  # `[places]` int64, index of the note
    copied: np.ndarray  # `[places]` bool, whether it is a repetition of a note
    loop: np.ndarray  # `[places]` int64, number of the loop, counted over all voices
    step: np.ndarray  # `[places]` int64 in [0, steps)
    timeshift: np.ndarray  # `[places]` float64, half steps that the note is late, in [-1, 1)
    loops: np.ndarray  # `[voices]` int64, number of loops of each voice, empty ones included
    repeating: np.ndarray  # int64, sorted numbers of the loops that repeat a shorter clip
    metres: list[str]  # one per piece, such as '4/4, 2/4', of its loops
    remarks: list[list[str]]  # one list per piece: what is in no loop


def place_from_start(voices: Voices, pieces: Sequence[Piece], grid: GridConfig) -> Places:
    """Places notes in loops that follow each other from the start of the piece, as devices do.

    A note belongs to the nearest step.
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


def place_on_bars(voices: Voices, pieces: Sequence[Piece], grid: GridConfig) -> Places:
    """Places notes in loops that begin on bar lines.

    The first loop of a voice begins with its first full bar of music; a pickup before it is left
    out. A new loop begins where the time signature changes or a section begins. A last note that
    anticipates the bar line at the end of the piece goes to the first step of the first loop. Bars
    that do not fill a loop repeat until they do: a short clip, or the rest of a longer piece if it
    has enough onsets.

    Args:
      voices, pieces: of at least one note.
      grid: its `bars` is 'metre' or 'fitting'.
    """
    stretches = lay_out_stretches(pieces, voices, grid)
    end, wraps = stretches.find_ends()
    begin, home = stretches.find_begins(end, grid)
    voice, position, stretch = voices.spread(), stretches.position, stretches.stretch
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
    source, within = _repeat_notes(within, period, span)
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
        metres=list(map(name_metres, stretches.list_metres(loops > 0, len(pieces)))),
        remarks=_list_left_out(stretches, pickups, len(pieces), grid),
    )


def _repeat_notes(
    position: np.ndarray, period: np.ndarray, span: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Repeats notes after their period, unless it is 0, until the span of their loop is full.

    Returns the indices of notes, each once, then the copies; and their positions in the loop.
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
    """Finds after how many steps each note repeats; 0 for never.

    Notes repeat in a loop that their bars do not fill, if it is the only one of its voice, or has
    enough onsets. `number` is the loop of each note within its stretch, `loops` counts those of
    each stretch, and `end` has the ends of voices.
    """
    ends = stretches.end.copy()
    ends[stretches.last] = end
    bars = np.ceil((ends - stretches.origin) / stretches.bar - CLOSE)
    last_loop, left_over = np.divmod(bars, np.maximum(stretches.bars, 1))
    is_left_over = number == last_loop[stretch]
    onsets = np.bincount(stretch[is_left_over], minlength=len(loops))
    is_clip = np.add.reduceat(loops, stretches.first) == 1
    repeats = (onsets >= grid.minimum_onsets) | np.repeat(is_clip, stretches.counts())
    return np.where(is_left_over & repeats[stretch], (left_over * stretches.bar)[stretch], 0)


def _list_left_out(
    stretches: Stretches, pickups: np.ndarray, pieces: int, grid: GridConfig
) -> list[list[str]]:
    """Lists what is in no loop, per piece; `pickups` counts notes before the first loop."""
    voices = stretches.voices
    remarks: list[list[str]] = [[] for _ in range(pieces)]
    notes = np.bincount(voices.piece, np.diff(voices.first), minlength=pieces)
    before = np.bincount(voices.piece, pickups, minlength=pieces)
    for number in np.flatnonzero(before).tolist():
        share = f'{before[number]:.0f} of {notes[number]:.0f} notes'
        remarks[number].append(f'before the first full bar, and left out: {share}')
    unfit = stretches.list_metres(stretches.bars == 0, pieces)
    for each, metres in zip(remarks, unfit, strict=True):
        if metres:
            flag = f'--config.grid.bars={"metre" if grid.bars == "fitting" else "start"}'
            each.append(f'bars of {name_metres(metres)} left out ({flag})')
    return remarks
