"""Undeclared bars of three quarter notes, found by lengths and accents. NumPy only."""

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
MIN_BEATS = 8  # that accents are compared in
MIN_SCORE, MIN_MARGIN = 1.5, 1.0  # of the accents in threes: about a standard deviation
MAX_LENGTH = 2.0  # quarter notes; longer notes weigh no more


def assume_metre(piece: Piece, grid: GridConfig) -> Piece:
    """Returns a piece with the time signature of the grid, if it names no other than 4/4."""
    if not grid.metre or name_metres(piece.metres) not in UNSAID:
        return piece
    numerator, denominator = map(int, grid.metre.split('/'))
    return dataclasses.replace(piece, metres=(Metre(0.0, numerator, denominator),))


def doubt_metres(voices: Voices, pieces: Sequence[Piece], grid: GridConfig) -> list[list[str]]:
    """Finds pieces in 4/4, or in no meter, that seem to be in 3/4 or 6/8.

    Their length says so, or in melodies the accents: loud and long notes begin every third beat.

    Returns:
      One list of remarks per piece, mostly empty.
    """
    doubts: list[list[str]] = [[] for _ in pieces]
    if grid.metre or grid.bars == 'start':
        return doubts
    for number in np.unique(voices.piece).tolist():
        piece = pieces[number]
        if name_metres(piece.metres) in UNSAID and (
            np.ceil(piece.length - NEAR) in LENGTHS
            or (not grid.drum_map and _has_accents_in_threes(voices, number))
        ):
            doubts[number].append(f'{THREES} (--config.grid.metre=3/4)')
    return doubts


def _has_accents_in_threes(voices: Voices, piece: int) -> bool:
    first, last = np.searchsorted(voices.piece, (piece, piece + 1))
    notes, which = voices.notes, slice(voices.first[first], voices.first[last])
    start = notes.start[which]
    beat = np.round(start).astype(np.int64)
    is_near = np.abs(start - beat) <= NEAR
    weight = notes.velocity[which] * (1 + np.minimum(notes.length[which], MAX_LENGTH))
    weights = np.zeros(beat[is_near].max(initial=-1) + 1)
    np.maximum.at(weights, beat[is_near], weight[is_near])
    threes, twos, fours = (_score_period(weights, period) for period in (3, 2, 4))
    return threes >= max(MIN_SCORE, twos + MIN_MARGIN, fours + MIN_MARGIN)


def _score_period(weights: np.ndarray, period: int) -> float:
    """Returns by how many standard errors each first beat of a period outweighs the others.

    Args:
      weights: `[beats]` float64.
      period: beats.
    """
    count = len(weights)
    if count < MIN_BEATS or not weights.std():
        return 0.0
    is_first = np.arange(count) % period == 0
    error = weights.std() * np.sqrt(count / (is_first.sum() * (~is_first).sum()))
    return float((weights[is_first].mean() - weights[~is_first].mean()) / error)
