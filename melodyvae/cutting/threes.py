"""Undeclared bars of three quarter notes, found by what repeats in threes. NumPy only."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from melodyvae.config.settings import GridConfig
from melodyvae.cutting.metres import name_metres
from melodyvae.cutting.voices import Voices
from melodyvae.midi.piece import Metre, Piece

THREES = 'bars of three quarter notes?'  # in remarks
UNSAID = ('', '4/4')  # many programs write 4/4 whatever is played
LENGTHS = (3, 6, 9)  # quarter notes of clips that are whole bars of 3/4, but not of 4/4
NEAR = 1 / 8  # quarter notes
EIGHTH = 0.5  # quarter notes
THREE_PERIODS, FOUR_PERIODS = (3, 6), (2, 4, 8)  # eighth notes
MIN_TURNS = {3: 6, 6: 3, 2: 2, 4: 2, 8: 2}  # repetitions of each period that it takes to score it
MIN_SPREAD = 0.05  # standard deviation of weights, as a share of their mean
MIN_MARGIN = 0.05  # of explained variance: 2 of 1,000 folk tunes in 4/4 have it
MIN_DRUM_MARGIN = 0.1  # 2 of 96 grooves in 4/4 have it
MAX_LENGTH = 2.0  # quarter notes; longer notes weigh no more


def assume_metre(piece: Piece, grid: GridConfig) -> Piece:
    """Returns a piece with the time signature of the grid, if it names no other than 4/4."""
    if not grid.metre or name_metres(piece.metres) not in UNSAID:
        return piece
    numerator, denominator = map(int, grid.metre.split('/'))
    return dataclasses.replace(piece, metres=(Metre(0.0, numerator, denominator),))


def doubt_metres(voices: Voices, pieces: Sequence[Piece], grid: GridConfig) -> list[list[str]]:
    """Finds pieces in 4/4, or in no meter, that seem to be in 3/4 or 6/8.

    Their length says so, or onsets, accents and lengths of notes repeat every three or six eighth
    notes rather than every two, four or eight.

    Returns:
      One list of remarks per piece, mostly empty.
    """
    doubts: list[list[str]] = [[] for _ in pieces]
    if grid.metre or grid.bars == 'start':
        return doubts
    for number in np.unique(voices.piece).tolist():
        piece = pieces[number]
        if name_metres(piece.metres) in UNSAID and (
            any(piece.length - NEAR <= length < piece.length + EIGHTH for length in LENGTHS)
            or _find_margin(voices, number) >= (MIN_DRUM_MARGIN if grid.drum_map else MIN_MARGIN)
        ):
            doubts[number].append(f'{THREES} (--config.grid.metre=3/4)')
    return doubts


def _find_margin(voices: Voices, piece: int) -> float:
    """Returns how much more of the variance of a piece threes explain than fours do."""
    first, last = np.searchsorted(voices.piece, (piece, piece + 1))
    notes, which = voices.notes, slice(voices.first[first], voices.first[last])
    position = notes.start[which] / EIGHTH
    eighth = np.round(position).astype(np.int64)
    is_near = np.abs(position - eighth) * EIGHTH <= NEAR
    weight = notes.velocity[which] * (1 + np.minimum(notes.length[which], MAX_LENGTH))
    weights = np.zeros(eighth[is_near].max(initial=-1) + 1)
    np.maximum.at(weights, eighth[is_near], weight[is_near])
    threes, fours = (
        max(_explain(weights, period) for period in periods)
        for periods in (THREE_PERIODS, FOUR_PERIODS)
    )
    return threes - fours


def _explain(weights: np.ndarray, period: int) -> float:
    """Returns the adjusted R squared of a period: the share of the variance that it explains.

    It is 0 for fewer repetitions than `MIN_TURNS`, or if all weights are nearly equal.
    """
    count = len(weights)
    if count < period * MIN_TURNS[period] or weights.std() < MIN_SPREAD * weights.mean():
        return 0.0
    phase = np.arange(count) % period
    means = np.bincount(phase, weights) / np.bincount(phase)
    unexplained = ((weights - means[phase]) ** 2).sum() / (count - period)
    return max(0.0, 1 - float(unexplained / weights.var(ddof=1)))
