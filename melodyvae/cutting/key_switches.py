"""Key switches: notes that choose how a sampled instrument plays, and do not sound. NumPy only."""

import numpy as np

from melodyvae.midi.piece import Notes

MAX_SHARE = 0.25  # of the notes of a voice that are low
MAX_SILENT_SHARE = 0.5  # of those that are silent
MIN_GAP = 12  # semitones between key switches and the notes of the part
MAX_PITCH, MAX_SURE_PITCH = 36, 27  # of key switches below the part
MIN_PART_PITCH = 48  # of a part above key switches that have the loudness of notes
LOWEST_PITCH = 21  # of a piano; no part has lower ones
MAX_VELOCITY = 2 / 127  # of key switches by loudness
MIN_DISTANCE = 3  # semitones from such key switches to the part
MAX_AHEAD = 0.5  # quarter notes that a key switch comes before its note


def find_key_switches(notes: Notes, voice: np.ndarray) -> np.ndarray:
    """Finds key switches in voices, `[notes]` bool; `voice` is `[notes]` int64.

    They are few, and outside the range of the part: with a velocity of 1 or 2; or very low; or low,
    and each just before a note of the part. Below the range of a piano, a bass has them too.
    """
    found = np.zeros(len(notes), bool)
    candidates = (notes.pitch <= MAX_PITCH) | (notes.velocity <= MAX_VELOCITY)
    for number in np.unique(voice[candidates]).tolist():
        which = np.flatnonzero(voice == number)
        pitch, start = notes.pitch[which], notes.start[which]
        silent = _find_silent(pitch, notes.velocity[which])
        found[which[silent]] = True
        found[which[~silent]] = _find_low(pitch[~silent], start[~silent])
    return found


def _find_silent(pitch: np.ndarray, velocity: np.ndarray) -> np.ndarray:
    """Finds notes of velocity 1 or 2 outside the range of the others, `[notes]` bool."""
    is_silent = velocity <= MAX_VELOCITY
    if is_silent.mean() > MAX_SILENT_SHARE:
        return np.zeros(len(pitch), bool)
    part = pitch[~is_silent]
    is_outside = (pitch <= part.min() - MIN_DISTANCE) | (pitch >= part.max() + MIN_DISTANCE)
    return is_silent & is_outside


def _find_low(pitch: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Finds low notes an octave or more below the others, `[notes]` bool."""
    for max_pitch, min_part_pitch in ((MAX_PITCH, MIN_PART_PITCH), (LOWEST_PITCH - 1, 0)):
        is_low = pitch <= max_pitch
        if not 0 < np.count_nonzero(is_low) <= MAX_SHARE * len(pitch):
            continue
        part, highest = pitch[~is_low], pitch[is_low].max()
        if part.min() < min_part_pitch or part.min() - highest < MIN_GAP:
            continue
        starts = np.sort(start[~is_low])
        following = np.searchsorted(starts, start[is_low])
        ahead = np.append(starts, np.inf)[following] - start[is_low]
        if highest <= MAX_SURE_PITCH or np.all((ahead > 0) & (ahead <= MAX_AHEAD)):
            return is_low
    return np.zeros(len(pitch), bool)
