"""note-seq, the project's data model of music between files and loops, imported late."""

import functools
import warnings
from types import ModuleType

DRUM_CHANNEL = 9  # counted from 0
DEFAULT_TEMPO = 120.0  # quarter notes a minute, of a file that names none


@functools.cache
def note_seq() -> ModuleType:
    """The package note-seq, imported when it is needed: it takes a second or two."""
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')  # its audio side looks for programs that MIDI does without
        import note_seq
    return note_seq
