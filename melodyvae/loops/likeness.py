"""What pieces look like: drums where a melody is asked for, and the other way round. NumPy only."""

from collections.abc import Sequence

import numpy as np

from melodyvae.config.settings import GridConfig
from melodyvae.loops.piece import DRUM_CHANNEL, Piece

KICKS, SNARES, HATS = (35, 36), (37, 38, 39, 40), (42, 44, 46)  # of General MIDI
LOWEST_DRUM, HIGHEST_DRUM = 35, 59  # those that drum kits have; others are percussion
DRUMS_ALONE = 0.9  # share of the notes that begin at times of their own, which drums stay under
PITCHES_OF_MELODY = 5


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
    drums = np.bincount(piece[on_drum_channel], minlength=len(pieces)) > 0
    histogram = np.bincount(piece[~on_drum_channel] * 128 + pitch, minlength=len(pieces) * 128)
    histogram = histogram.reshape(-1, 128)
    others = histogram.any(axis=1)
    like_drums = _are_like_drums(histogram)
    for number in np.flatnonzero(like_drums).tolist():
        starts = pieces[number].notes.start[pieces[number].channel != DRUM_CHANNEL]
        like_drums[number] = len(np.unique(starts)) < DRUMS_ALONE * len(starts)
    if not grid.drum_map:
        return np.where(like_drums | (drums & ~others), 'drums', '').tolist()
    is_melody = ~drums & ~like_drums & ((histogram > 0).sum(axis=1) >= PITCHES_OF_MELODY)
    is_song = drums & others & (grid.voices == 'all')
    return np.where(is_melody, 'melody', np.where(is_song, 'song', '')).tolist()


def _are_like_drums(histogram: np.ndarray) -> np.ndarray:
    """Whether pitches, `[pieces, 128]` counts, are those of a drum kit, `[pieces]` bool."""
    parts = [histogram[:, list(part)].sum(axis=1) for part in (KICKS, SNARES, HATS)]
    total = histogram.sum(axis=1)
    low = histogram[:, LOWEST_DRUM : HIGHEST_DRUM + 1].sum(axis=1)
    return np.all(parts, axis=0) & (2 * sum(parts) >= total) & (low >= 0.9 * total)
