"""Key switches: notes that choose how a sampled instrument plays, and do not sound. NumPy only."""

import numpy as np

from melodyvae.midi.piece import Notes

MAX_SHARE = 0.25  # of the notes of a voice
MIN_GAP = 12  # semitones between key switches and the notes of the part
MAX_PITCH, MAX_SURE_PITCH = 36, 24  # of key switches below the part
MIN_PART_PITCH = 48  # of a part above key switches that have the loudness of notes
MAX_VELOCITY = 2 / 127  # of key switches by loudness
MIN_DISTANCE = 3  # semitones from such key switches to the part
MAX_AHEAD = 0.5  # quarter notes that a key switch comes before its note


def find_key_switches(notes: Notes, voice: np.ndarray) -> np.ndarray:
    """Finds key switches in voices.

    They are few, and outside the range of the part: with a velocity of 1 or 2; or very low; or low,
    and each just before a note of the part.

    Args:
      notes: of all voices.
      voice: `[notes]` int64.

    Returns:
      `[notes]` bool.
    """
    found = np.zeros(len(notes), bool)
    candidates = (notes.pitch <= MAX_PITCH) | (notes.velocity <= MAX_VELOCITY)
    for number in np.unique(voice[candidates]).tolist():
        which = np.flatnonzero(voice == number)
        if np.count_nonzero(candidates[which]) > MAX_SHARE * len(which):
            continue
        pitch, start = notes.pitch[which], notes.start[which]
        switches = _find_silent(pitch, notes.velocity[which]) | _find_low(pitch, start)
        found[which] = switches
    return found


def _find_silent(pitch: np.ndarray, velocity: np.ndarray) -> np.ndarray:
    """Finds notes of velocity 1 or 2 outside the range of the others, `[notes]` bool."""
    is_silent = velocity <= MAX_VELOCITY
    part = pitch[~is_silent]
    is_outside = (pitch <= part.min() - MIN_DISTANCE) | (pitch >= part.max() + MIN_DISTANCE)
    return is_silent & is_outside


def _find_low(pitch: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Finds low notes an octave or more below the others, `[notes]` bool."""
    is_low = pitch <= MAX_PITCH
    part = pitch[~is_low]
    nothing = np.zeros(len(pitch), bool)
    if not is_low.any() or part.min() < MIN_PART_PITCH:
        return nothing
    if part.min() - pitch[is_low].max() < MIN_GAP:
        return nothing
    if pitch[is_low].max() <= MAX_SURE_PITCH:
        return is_low
    starts = np.sort(start[~is_low])
    following = np.searchsorted(starts, start[is_low])
    ahead = np.append(starts, np.inf)[following] - start[is_low]
    return is_low if np.all((ahead > 0) & (ahead <= MAX_AHEAD)) else nothing
