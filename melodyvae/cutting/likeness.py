"""What music looks like: drums where a melody is asked for, and the other way round. NumPy only."""

import re
from collections.abc import Sequence

import numpy as np

from melodyvae.config.settings import GridConfig
from melodyvae.midi.piece import DRUM_CHANNEL, Piece

KICKS, SNARES, HATS = (35, 36), (37, 38, 39, 40), (42, 44, 46, 51, 53, 59)  # of General MIDI
LOWEST_DRUM, HIGHEST_DRUM = 35, 59  # those that drum kits have; others are percussion
IN_KIT = 0.9  # share of the notes that lie there, for drums
DRUMS_ALONE = 0.9  # share of the notes that begin at times of their own, which drums stay under
PITCHES_OF_MELODY = 5
DRUM_NAME = re.compile(r'\b(drums?|drum ?kit|percussion)\b', re.IGNORECASE)


def name_likeness(pieces: Sequence[Piece], grid: GridConfig) -> list[str]:
    """What each piece looks like that the grid is not made for.

    Args:
      pieces: any number.
      grid: for drums if it has a drum map, otherwise for a melody.

    Returns:
      One a piece. For a melody 'drums', where nothing else is in it. For drums 'melody', or 'song'
      where there are drums among other things that are taken for drums too. Otherwise ''.
    """
    piece = np.repeat(np.arange(len(pieces)), [len(each.notes) for each in pieces])
    if not len(piece):
        return [''] * len(pieces)
    on_drum_channel = np.concatenate([each.channel for each in pieces]) == DRUM_CHANNEL
    pitch = np.concatenate([each.notes.pitch for each in pieces])[~on_drum_channel]
    start = np.concatenate([each.notes.start for each in pieces])[~on_drum_channel]
    drums = np.bincount(piece[on_drum_channel], minlength=len(pieces)) > 0
    histogram = count_pitches(pitch, piece[~on_drum_channel], len(pieces))
    others = histogram.any(axis=1)
    like_drums = are_like_drums(histogram, start, piece[~on_drum_channel])
    if not grid.drum_map:
        return np.where(like_drums | (drums & ~others), 'drums', '').tolist()
    is_melody = ~drums & ~like_drums & ((histogram > 0).sum(axis=1) >= PITCHES_OF_MELODY)
    is_song = drums & others & (grid.voices == 'all')
    return np.where(is_melody, 'melody', np.where(is_song, 'song', '')).tolist()


def count_pitches(pitch: np.ndarray, group: np.ndarray, groups: int) -> np.ndarray:
    """How often each group of notes has each pitch, `[groups, 128]` int64.

    Args:
      pitch: `[notes]` integers in [0, 127].
      group: `[notes]` integers from 0.
      groups: how many.
    """
    return np.bincount(group * 128 + pitch, minlength=groups * 128).reshape(groups, 128)


def are_like_drums(histogram: np.ndarray, start: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Whether groups of notes are played on a drum kit, `[groups]` bool.

    Most of their notes are of two of kick, snare and hats at least, and some begin together, as
    those of a bass do not.

    Args:
      histogram: as `count_pitches` gives it.
      start: `[notes]` float64, quarter notes.
      group: `[notes]` integers from 0.
    """
    parts = [histogram[:, list(part)].sum(axis=1) for part in (KICKS, SNARES, HATS)]
    kinds = np.count_nonzero(parts, axis=0)
    least = np.where(kinds == len(parts), 0.5, 0.75)
    found = (kinds >= 2) & (sum(parts) >= least * histogram.sum(axis=1)) & are_in_kit(histogram)
    for number in np.flatnonzero(found).tolist():
        starts = start[group == number]
        found[number] = len(np.unique(starts)) < DRUMS_ALONE * len(starts)
    return found


def are_in_kit(histogram: np.ndarray) -> np.ndarray:
    """Whether groups of notes have few pitches that a drum kit has not, `[groups]` bool."""
    kit = histogram[:, LOWEST_DRUM : HIGHEST_DRUM + 1].sum(axis=1)
    return kit >= IN_KIT * histogram.sum(axis=1)
