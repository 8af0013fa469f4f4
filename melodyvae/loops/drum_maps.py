"""Drum maps: CSV files with the columns note and class. Needs no NumPy."""

import csv
import functools
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from melodyvae.config.devices import DRUM_CLASSES
from melodyvae.system.errors import UserError

BY_LETTERS = {name.replace(' ', '').replace('-', ''): name for name in DRUM_CLASSES}
FOLDER = Path(__file__).with_name('drum_maps')
MAKERS = ('Addictive Drums 2', 'Superior Drummer')
"""The maps of other makers that drums are recognized by; their sources are the makers' keymaps."""


@functools.cache
def known_map(name: str) -> Mapping[int, int]:
    """Returns the map of a CSV file in `drum_maps/`: MIDI notes to numbers of `DRUM_CLASSES`.

    'strict' and 'greedy' are RhythmVAE_M4L's maps of General MIDI. 'device' is what its patch
    plays: other toms and another rim. 'nearest' has every drum of General MIDI (35 to 81), and
    those of Roland's kits, in the class whose note on the device sounds most like it: a ride keeps
    time as a closed hi-hat, and a crash rings as an open one.
    """
    return parse_map(read_drum_map(FOLDER / f'{name}.csv'))


def list_drum_notes(name: str) -> list[int]:
    """Returns the note that each drum class is played back with."""
    drums = known_map(name)
    return [next(note for note in drums if drums[note] == row) for row in range(len(DRUM_CLASSES))]


def parse_map(entries: Iterable[str]) -> dict[int, int]:
    """Parses entries of the setting `grid.drum_classes`, such as '36 kick'."""
    pairs = [entry.split(' ', 1) for entry in entries]
    return {int(note): DRUM_CLASSES.index(name) for note, name in pairs}


def read_drum_map(path: Path) -> tuple[str, ...]:
    """Reads a drum map as entries of the setting `grid.drum_classes`, in the order of the file.

    Raises:
      UserError: if the file cannot be read, or a line is not a MIDI note and a drum class.
    """
    try:
        text = path.read_text(encoding='utf-8-sig')
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f'{path} cannot be read: name a CSV file with a drum map.') from error
    separator = ';' if ';' in text.partition('\n')[0] else ','
    rows = csv.DictReader(text.splitlines(), delimiter=separator, skipinitialspace=True)
    if not {'note', 'class'} <= set(rows.fieldnames or ()):
        raise UserError(f'{path} is not a drum map: its first line must be "note,class".')
    classes: dict[int, str] = {}
    for row in rows:
        note, name = ((row[column] or '').strip() for column in ('note', 'class'))
        wrong = f'{path}, line {rows.line_num}: '
        if not (note.isascii() and note.isdecimal() and int(note) < 128):
            raise UserError(f'{wrong}{note!r} is not a MIDI note: use a number from 0 to 127.')
        name = BY_LETTERS.get(re.sub('[^a-z]', '', name.lower()), name)
        if name not in DRUM_CLASSES:
            raise UserError(f'{wrong}{name!r} is not one of {", ".join(DRUM_CLASSES)}.')
        if classes.setdefault(int(note), name) != name:
            raise UserError(f'{wrong}note {note} has two classes: keep one of the lines.')
    if not classes:
        raise UserError(f'{path} has no notes: write one note and its class per line.')
    return tuple(f'{note} {name}' for note, name in classes.items())
