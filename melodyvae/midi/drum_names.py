"""Drums of General MIDI: their names, and their places on the staff."""

import re

_NAMES = (
    'acoustic-bass-drum bass-drum-1 side-stick acoustic-snare hand-clap electric-snare '
    'low-floor-tom closed-hi-hat high-floor-tom pedal-hi-hat low-tom open-hi-hat low-mid-tom '
    'hi-mid-tom crash-cymbal-1 high-tom ride-cymbal-1 chinese-cymbal ride-bell tambourine '
    'splash-cymbal cowbell crash-cymbal-2 vibraslap ride-cymbal-2 hi-bongo low-bongo '
    'mute-hi-conga open-hi-conga low-conga high-timbale low-timbale high-agogo low-agogo cabasa '
    'maracas short-whistle long-whistle short-guiro long-guiro claves hi-wood-block '
    'low-wood-block mute-cuica open-cuica mute-triangle open-triangle'
)
_PITCHES = {name.replace('-', ''): pitch for pitch, name in enumerate(_NAMES.split(), start=35)}
_PITCHES |= dict.fromkeys(('kick', 'kickdrum', 'bassdrum'), 36)
_PITCHES |= dict.fromkeys(('snare', 'snaredrum'), 38)
_PITCHES |= dict.fromkeys(('hihat', 'hihats', 'hat', 'closedhat'), 42)
_PITCHES |= {'clap': 39, 'openhat': 46, 'floortom': 41, 'tom': 45}
_PITCHES |= {'crash': 49, 'crashcymbal': 49, 'ride': 51, 'ridecymbal': 51}


def find_drum(name: str) -> int | None:
    """Returns the MIDI pitch of a drum by its name in General MIDI, or a common shorter one."""
    return _PITCHES.get(re.sub(r'[^a-z0-9]', '', name.lower()))


# General MIDI drums by their places on the staff of a drum kit: Norman Weinberg, "Guidelines for
# Drumset Notation", Percussive Notes, 1994.
STAFF_DRUMS = {
    'D4': 44,
    'E4': 35,
    'F4': 36,
    'G4': 41,
    'A4': 43,
    'B4': 45,
    'C5': 38,
    'D5': 47,
    'E5': 48,
    'F5': 51,
    'G5': 42,
    'A5': 49,
    'B5': 52,
    'C6': 55,
}
