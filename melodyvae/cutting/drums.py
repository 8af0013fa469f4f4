"""Drum detection: which notes are played on a drum kit. NumPy only."""

import re
from collections.abc import Sequence

import numpy as np

from melodyvae.config.settings import GridConfig
from melodyvae.cutting.voices import PieceNotes, join_pieces
from melodyvae.midi.piece import DRUM_CHANNEL, Piece

KICKS, SNARES, HATS = (35, 36), (37, 38, 39, 40), (42, 44, 46, 51, 53, 59)  # General MIDI
ROLAND_HATS = (22, 26)  # their edges
CLICKS = (31, 32, 33, 34, 76, 77)  # sticks, square click, metronome, wood blocks
MIN_KIT_PITCH, MAX_KIT_PITCH = 35, 59  # of a drum kit; others are percussion
MIN_KIT_SHARE = 0.9  # of the notes of a kit that are in this range
MAX_OWN_STARTS = 0.9  # distinct starts per note; a kit has fewer, a bass has more
MIN_MELODY_PITCHES = 5
DRUM_NAME = re.compile(  # of a kit, or of one drum
    r'\b(drums?|drum ?(kit|set)|percussion|schlagzeug|batt?er(ie|ia|ía))\b|ドラム|ударные'
    r'|^(?!.*\bbass\b(?! ?drum)).*\b(kick|snare|(hi-?)?hats?|bd|sd|hh|cymbals?)\b',
    re.IGNORECASE,
)
KIT_NAME = re.compile(  # that says drums whatever the pitches are
    r'ez ?drummer|superior drummer|addictive drums|steven slate|\bbfd|\bdrum ?(kit|set)\b|\btd-\d',
    re.IGNORECASE,
)
CLICK_NAME = re.compile(r'\b(click|metronome)\b', re.IGNORECASE)


def classify_pieces(pieces: Sequence[Piece], grid: GridConfig) -> list[str]:
    """Finds pieces that the grid is not made for; it is for drums if it has a drum map.

    Returns:
      One per piece. For a melody 'drums' if it has nothing else. For drums 'melody', or 'song' if
      notes that are not drums count as drums too. Otherwise ''.
    """
    notes = join_pieces(pieces)
    if not len(notes):
        return [''] * len(pieces)
    is_drum = find_drums(notes, pieces)
    has_drums = np.bincount(notes.piece[is_drum], minlength=len(pieces)) > 0
    rest = np.flatnonzero(~is_drum)
    piece = notes.piece[rest]
    histogram = count_pitches(notes.pitch[rest], piece, len(pieces))
    is_kit = are_like_drums(histogram, notes.start[rest], piece)  # with a track per drum
    others = histogram.any(axis=1) & ~is_kit
    if not grid.drum_map:
        has_notes = np.bincount(notes.piece, minlength=len(pieces)) > 0
        return np.where(has_notes & ~others, 'drums', '').tolist()
    is_melody = ~has_drums & others & ((histogram > 0).sum(axis=1) >= MIN_MELODY_PITCHES)
    is_song = has_drums & others & (grid.voices == 'all')
    return np.where(is_melody, 'melody', np.where(is_song, 'song', '')).tolist()


def find_drums(notes: PieceNotes, pieces: Sequence[Piece]) -> np.ndarray:
    """Finds drums, `[notes]` bool: by channel 10, the name of the track, or their pitches."""
    piece, track, channel, voice = notes.number_voices()
    histogram = count_pitches(notes.pitch, voice, len(piece))
    drums = (channel == DRUM_CHANNEL) | are_like_drums(histogram, notes.start, voice)
    drums |= _are_named(KIT_NAME, ~drums, piece, track, pieces)
    drums |= _are_named(DRUM_NAME, ~drums & are_in_kit(histogram), piece, track, pieces)
    return drums[voice]


def find_clicks(notes: PieceNotes, pieces: Sequence[Piece]) -> np.ndarray:
    """Finds a metronome among drums, `[notes]` bool; a piece with nothing else keeps it."""
    piece, track, _, voice = notes.number_voices()
    histogram = count_pitches(notes.pitch, voice, len(piece))
    clicks = histogram[:, CLICKS].sum(axis=1) == histogram.sum(axis=1)
    has_few = (histogram > 0).sum(axis=1) <= 2
    clicks |= _are_named(CLICK_NAME, ~clicks & has_few, piece, track, pieces)
    has_others = np.bincount(piece[~clicks], minlength=len(pieces)) > 0
    return (clicks & has_others[piece])[voice]


def _are_named(
    name: re.Pattern[str],
    some: np.ndarray,
    piece: np.ndarray,
    track: np.ndarray,
    pieces: Sequence[Piece],
) -> np.ndarray:
    """Finds voices, among some, whose track has such a name; all arrays are `[voices]`."""
    named = np.zeros(len(some), bool)
    for number in np.flatnonzero(some).tolist():
        text = pieces[piece[number]].track_names[track[number]]
        named[number] = name.search(text) is not None
    return named


def find_missing(pitch: np.ndarray) -> list[str]:
    """Returns those of kick, snare and hi-hat that no note is, by General MIDI."""
    parts = {'kick': KICKS, 'snare': SNARES, 'hi-hat': HATS + ROLAND_HATS}
    return [name for name, pitches in parts.items() if not np.isin(pitch, pitches).any()]


def count_pitches(pitch: np.ndarray, group: np.ndarray, groups: int) -> np.ndarray:
    """Counts how often each group of notes has each pitch, `[groups, 128]`."""
    return np.bincount(group * 128 + pitch, minlength=groups * 128).reshape(groups, 128)


def are_like_drums(histogram: np.ndarray, start: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Finds groups of notes that look like a drum kit, `[groups]` bool.

    Most of their notes are at least two of kick, snare and hats, and some begin together, unlike
    those of a bass. `histogram` is as returned by `count_pitches` for the notes and groups.
    """
    parts = [histogram[:, list(part)].sum(axis=1) for part in (KICKS, SNARES, HATS)]
    kinds = np.count_nonzero(parts, axis=0)
    min_share = np.where(kinds == len(parts), 0.5, 0.75)
    found = (kinds >= 2) & (sum(parts) >= min_share * histogram.sum(axis=1)) & are_in_kit(histogram)
    if found.any():
        which = np.flatnonzero(found[group])
        group, start = group[which], start[which]
        order = np.lexsort((start, group))
        group, start = group[order], start[order]
        is_new = (np.diff(group, prepend=-1) != 0) | (np.diff(start, prepend=-1) != 0)
        counts = np.bincount(group, minlength=len(found))
        found &= np.bincount(group[is_new], minlength=len(found)) < MAX_OWN_STARTS * counts
    return found


def are_in_kit(histogram: np.ndarray) -> np.ndarray:
    """Finds groups of notes with few pitches outside a drum kit, `[groups]` bool."""
    kit = histogram[:, MIN_KIT_PITCH : MAX_KIT_PITCH + 1].sum(axis=1)
    return kit >= MIN_KIT_SHARE * histogram.sum(axis=1)
