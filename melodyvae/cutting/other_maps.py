"""Drums by other drum maps than General MIDI: of other makers, or octaves away. NumPy only."""

import functools
from collections.abc import Mapping, Sequence

import numpy as np

from melodyvae.cutting.drums import MAX_KIT_PITCH, find_missing
from melodyvae.cutting.voices import PieceNotes
from melodyvae.loops.drum_maps import MAKERS, known_map

OTHER_MAP, READ_BY = 'another drum map?', 'drums read by'  # in remarks
OCTAVES = (-3, -2, -1, 1, 2, 3)  # that kits are shifted by
NO_TIMEKEEPERS = (37, 39, 40, 41, 43, 45, 47, 48, 50)  # rim, clap, electric snare, toms
MAX_TIME = 0.5  # quarter notes between the hits of a drum that keeps time
MIN_ABOVE_KIT = 0.1  # share of notes above the kit, from which a kit without hats is doubtful
MIN_HATS = 1 / 3  # share of the notes of a beat that are its most frequent hi-hat or ride
MIN_REGULAR = 0.75  # share of their distances that are the same
MIN_BACKBEATS = 0.5  # share of the snare hits on beats 2 and 4
ON_BEAT = 0.1  # quarter notes


def translate_drums(
    notes: PieceNotes, takes: np.ndarray, targets: Sequence[int], remarks: list[list[str]]
) -> np.ndarray:
    """Translates drums that follow another drum map than General MIDI.

    A piece of several drums is doubtful if, by General MIDI, it lacks two of kick, snare and hats;
    or if it lacks the hats, and many notes are above the kit or another drum keeps time. It is read
    by another map if it is a beat by that map only: a regular hi-hat or ride, a kick, and snares on
    beats 2 and 4. Otherwise it gets a remark. It only gets a remark, too, if the sole reason is a
    drum that keeps time, since that may be a crash.

    Args:
      notes, takes: all notes, and `[notes]` bool, those to look at.
      targets: the MIDI note that each drum class is translated to.
      remarks: of the pieces; gets one per piece with another map.

    Returns:
      The pitches of all notes.
    """
    translated = notes.pitch.copy()
    for number in np.unique(notes.piece[takes]).tolist():
        which = np.flatnonzero(takes & (notes.piece == number))
        pitch, start = notes.pitch[which], notes.start[which]
        if len(np.unique(pitch)) + len(np.unique(notes.track[which])) <= 2:
            continue
        missing = find_missing(pitch)
        lacks_hats = 'hi-hat' in missing
        is_above = lacks_hats and np.mean(pitch > MAX_KIT_PITCH) >= MIN_ABOVE_KIT
        is_strange = len(missing) >= 2 or is_above
        if not (is_strange or (lacks_hats and _has_odd_timekeeper(pitch, start))):
            continue
        maps = [
            (name, drums)
            for name, drums in _list_maps().items()
            if is_strange and _is_beat(pitch, start, drums)
        ]
        if len(maps) == 1:
            name, drums = maps[0]
            translated[which] = [targets[drums[each]] for each in pitch.tolist()]
            remarks[number].append(f'{READ_BY} {name}')
        else:
            names = ' or '.join(missing)
            remarks[number].append(
                f'no {names} where General MIDI has it: {OTHER_MAP} (--drum_map)'
            )
    return translated


@functools.cache
def _list_maps() -> dict[str, Mapping[int, int]]:
    maps = {f'the map of {name}': known_map(name) for name in MAKERS}
    for octaves in OCTAVES:
        way = 'up' if octaves > 0 else 'down'
        maps[f'General MIDI, {12 * abs(octaves)} semitones {way}'] = {
            note + 12 * octaves: row for note, row in known_map('nearest').items()
        }
    return maps


def _has_odd_timekeeper(pitch: np.ndarray, start: np.ndarray) -> bool:
    """Returns whether the most frequent drum of a piece without hi-hats keeps time."""
    pitches, counts = np.unique(pitch, return_counts=True)
    most = pitches[counts.argmax()]
    share, distance = _find_pulse(start[pitch == most])
    keeps_time = share >= MIN_REGULAR and distance <= MAX_TIME
    return counts.max() >= MIN_HATS * len(pitch) and bool(keeps_time or most in NO_TIMEKEEPERS)


def _find_pulse(start: np.ndarray) -> tuple[float, float]:
    """Finds the most frequent distance between hits: its share, and its length in quarter notes."""
    distances = np.round(np.diff(np.sort(start)) * 4) / 4
    values, counts = np.unique(distances, return_counts=True)
    if not len(values):
        return 0.0, np.inf
    return counts.max() / len(distances), float(values[counts.argmax()])


def _is_beat(pitch: np.ndarray, start: np.ndarray, drums: Mapping[int, int]) -> bool:
    """Returns whether all notes are in a drum map, and make a beat by it."""
    if not drums.keys() >= set(pitch.tolist()):
        return False
    kick, snare, hat = 0, 1, 2
    row = np.array([drums[each] for each in pitch.tolist()])
    beat = start[row == snare] % 4
    pitches, counts = np.unique(pitch, return_counts=True)
    most = counts.argmax()
    if drums[int(pitches[most])] != hat or counts[most] < MIN_HATS * len(pitch):
        return False
    if not (row == kick).any() or not len(beat):
        return False
    is_backbeat = (np.abs(beat - 1) <= ON_BEAT) | (np.abs(beat - 3) <= ON_BEAT)
    share, _ = _find_pulse(start[pitch == pitches[most]])
    return share >= MIN_REGULAR and is_backbeat.mean() >= MIN_BACKBEATS
