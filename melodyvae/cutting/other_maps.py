"""Drums by other drum maps than General MIDI: of other makers, or octaves away. NumPy only."""

import functools
from collections.abc import Mapping, Sequence

import numpy as np

from melodyvae.cutting.drums import MAX_KIT_PITCH, find_missing
from melodyvae.loops.drum_maps import MAKERS, known_map

OTHER_MAP, READ_BY = 'another drum map?', 'drums read by'  # in remarks
OCTAVES = (-3, -2, -1, 1, 2, 3)  # that kits are shifted by
NO_TIMEKEEPERS = (37, 39, 40, 41, 43, 45, 47, 48, 50)  # rim, clap, electric snare, toms
MIN_ABOVE_KIT = 0.1  # share of notes above the kit, from which a kit without hats is doubtful
MIN_HATS = 1 / 3  # share of the notes of a beat that are its most frequent hi-hat or ride
MIN_REGULAR = 0.75  # share of their distances that are the same
MIN_BACKBEATS = 0.5  # share of the snare hits on beats 2 and 4
ON_BEAT = 0.1  # quarter notes


def translate_drums(
    pitch: np.ndarray,
    start: np.ndarray,
    piece: np.ndarray,
    track: np.ndarray,
    notes: Sequence[int],
    remarks: list[list[str]],
) -> None:
    """Translates drums that follow another drum map than General MIDI, in place.

    A piece is read by another map if it is a beat by that map only: a regular hi-hat or ride, a
    kick, and snares on beats 2 and 4. Otherwise a remark says what seems wrong.

    Args:
      pitch, start, piece, track: `[notes]`; a piece below 0 is left as it is.
      notes: the MIDI note that each drum class is translated to.
      remarks: of the pieces; gets one per piece with another map.
    """
    for number in np.unique(piece[piece >= 0]).tolist():
        which = np.flatnonzero(piece == number)
        doubt = _find_doubt(pitch[which], track[which])
        if not doubt:
            continue
        maps = [
            (name, drums)
            for name, drums in _list_maps().items()
            if _is_beat(pitch[which], start[which], drums)
        ]
        if len(maps) == 1:
            name, drums = maps[0]
            pitch[which] = [notes[drums[each]] for each in pitch[which].tolist()]
            doubt = f'{READ_BY} {name}'
        remarks[number].append(doubt)


@functools.cache
def _list_maps() -> dict[str, Mapping[int, int]]:
    maps = {f'the map of {name}': known_map(name) for name in MAKERS}
    for octaves in OCTAVES:
        way = 'up' if octaves > 0 else 'down'
        maps[f'General MIDI, {12 * abs(octaves)} semitones {way}'] = {
            note + 12 * octaves: row for note, row in known_map('nearest').items()
        }
    return maps


def _find_doubt(pitch: np.ndarray, track: np.ndarray) -> str:
    """Returns why the drums of a piece seem to follow another map; '' if they do not.

    Two of kick, snare and hats are missing though there are several drums, or the hats are missing
    and many notes are above the kit, or a drum that keeps no time is the most frequent one.
    """
    missing = find_missing(pitch)
    pitches, counts = np.unique(pitch, return_counts=True)
    several = len(pitches) + len(np.unique(track)) > 2
    strange = np.mean(pitch > MAX_KIT_PITCH) >= MIN_ABOVE_KIT
    strange |= counts.max() >= MIN_HATS * len(pitch) and pitches[counts.argmax()] in NO_TIMEKEEPERS
    if several and (len(missing) >= 2 or ('hi-hat' in missing and strange)):
        return f'no {" or ".join(missing)} where General MIDI has it: {OTHER_MAP} (--drum_map)'
    return ''


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
    distances = np.round(np.diff(np.sort(start[pitch == pitches[most]])) * 4)
    is_backbeat = (np.abs(beat - 1) <= ON_BEAT) | (np.abs(beat - 3) <= ON_BEAT)
    return bool(
        np.unique(distances, return_counts=True)[1].max() >= MIN_REGULAR * len(distances)
        and is_backbeat.mean() >= MIN_BACKBEATS
    )
