"""Notes out of files: each by the reader that its suffix names."""

import collections
import dataclasses
import typing
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from melodyvae.config.settings import GridConfig
from melodyvae.errors import UserError
from melodyvae.loops.pattern import Notes, join_notes, pitch_rows
from melodyvae.midi import fast
from melodyvae.midi.abc_notation import read_tune_book
from melodyvae.midi.exact import read_midi
from melodyvae.midi.musicxml import read_musicxml
from melodyvae.midi.note_sequence import DEFAULT_TEMPO, DRUM_CHANNEL

if typing.TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence


MIDI_SUFFIXES = ('.mid', '.midi')
ABC_SUFFIXES = ('.abc',)
XML_SUFFIXES = ('.xml', '.musicxml', '.mxl')
LONGEST_PIECE = 1_000_000  # quarter notes; a damaged file can claim to last for years


class Unusable(UserError):
    """A file or NoteSequence that gives no notes; `reason` says why in a few words."""

    def __init__(self, reason: str, name: Path | str = 'The NoteSequence'):
        super().__init__(f'{name} cannot be used: {reason}.')
        self.reason = reason


def read_notes(path: Path, grid: GridConfig) -> Notes:
    """The notes of a MIDI, ABC or MusicXML file, as its suffix says.

    Args:
      path: the file. The tunes of an ABC book follow one another, each from a new loop on.
      grid: says which channels, drums and tempo changes count.

    Returns:
      At least one note.

    Raises:
      Unusable: if the file cannot be read, or holds nothing for the grid.
    """
    return read_notes_and_rejected(path, grid)[0]


def read_notes_and_rejected(path: Path, grid: GridConfig) -> tuple[Notes, list[str]]:
    """`read_notes`, and one reason for every tune of an ABC book that had to be left out."""
    rejected: list[str] = []
    try:
        suffix = path.suffix.lower()
        if suffix in MIDI_SUFFIXES:
            notes = _midi_notes(path, grid)
        elif suffix in ABC_SUFFIXES:
            notes, rejected = _abc_notes(path, grid)
        else:
            notes = notes_of(read_note_sequence(path), grid)
        if notes.start.max() > LONGEST_PIECE:
            raise Unusable(f'damaged (it claims to last {notes.start.max():.0f} quarter notes)')
        if grid.drum_map and not (pitch_rows(notes.pitch, grid) >= 0).any():
            raise Unusable('no drums')
        return notes, rejected
    except Unusable as error:
        raise Unusable(error.reason, path) from error
    except OSError as error:
        raise Unusable(_unreadable(error), path) from error


def read_note_sequence(path: Path) -> 'NoteSequence':
    """A MIDI or MusicXML file as note-seq's NoteSequence; see `exact` and `musicxml`.

    Raises:
      Unusable: if the file cannot be read.
    """
    suffix = path.suffix.lower()
    if suffix not in (*MIDI_SUFFIXES, *XML_SUFFIXES):
        raise Unusable('its name does not end like that of MIDI, ABC or MusicXML', path)
    read = read_midi if suffix in MIDI_SUFFIXES else read_musicxml
    try:
        return read(path)
    except Exception as error:  # parsers raise whatever damaged bytes lead to
        raise Unusable(_unreadable(error), path) from error


def notes_of(sequence: 'NoteSequence', grid: GridConfig) -> Notes:
    """The notes of a NoteSequence.

    Args:
      sequence: positions are its quantised steps, if it is quantised to steps per quarter note;
        otherwise its seconds, counted in beats along its tempos. `instrument` is taken for the
        MIDI channel.
      grid: says which channels and tempo changes count.

    Returns:
      At least one note, in the order of the NoteSequence.

    Raises:
      Unusable: if no note is left, or there are several tempos and the grid allows one.
    """
    ignored = set(grid.ignored_channels)
    kept = [
        note
        for note in sequence.notes
        if note.instrument not in ignored and not (note.is_drum and DRUM_CHANNEL in ignored)
    ]
    if not kept:
        raise Unusable('only drums' if sequence.notes else 'no notes')
    steps_per_quarter = sequence.quantization_info.steps_per_quarter
    if steps_per_quarter:
        start = np.array([note.quantized_start_step for note in kept]) / steps_per_quarter
        end = np.array([note.quantized_end_step for note in kept]) / steps_per_quarter
    else:
        start = _beats([note.start_time for note in kept], sequence)
        end = _beats([note.end_time for note in kept], sequence)
    pitch = np.array([note.pitch for note in kept])
    velocity = np.clip([note.velocity for note in kept], 0, 127)
    return _notes(pitch, velocity, start, end, [t.qpm for t in sequence.tempos], grid)


def count_reasons(reasons: Sequence[str]) -> str:
    """Reasons with how often each is given, the most frequent first."""
    counts = collections.Counter(reasons).most_common()
    return ', '.join(f'{count} x {reason}' if count > 1 else reason for reason, count in counts)


def _midi_notes(path: Path, grid: GridConfig) -> Notes:
    with open(path, 'rb', buffering=0) as file:  # noqa: PTH123 - half the time of `read_bytes`
        ticks = fast.parse(file.read(), grid)
    if ticks is None:
        return notes_of(read_note_sequence(path), grid)
    if not len(ticks.pitch):
        raise Unusable('only drums' if ticks.some_ignored else 'no notes')
    quarter = ticks.ticks_per_quarter
    start, end = ticks.start / quarter, ticks.end / quarter
    return _notes(ticks.pitch, ticks.velocity, start, end, ticks.tempos, grid)


def _abc_notes(path: Path, grid: GridConfig) -> tuple[Notes, list[str]]:
    tunes, rejected = read_tune_book(path)
    pieces, begin = [], 0  # in loops
    for tune in tunes:
        try:
            notes = notes_of(tune, grid)
        except Unusable as error:
            rejected.append(error.reason)
            continue
        start = notes.start + begin * grid.steps / grid.steps_per_quarter
        pieces.append(dataclasses.replace(notes, start=start))
        begin = 1 + int(start.max() * grid.steps_per_quarter + 0.5) // grid.steps
    if not pieces:
        known = f'no tune that can be read ({count_reasons(rejected)})'
        raise Unusable(known if rejected else 'no tune in it (each begins with a line "X:")')
    return join_notes(pieces), rejected


def _beats(seconds: list[float], sequence: 'NoteSequence') -> np.ndarray:
    """Seconds as quarter notes, rounded to undo what adding up seconds left of floating point."""
    tempos = sorted((tempo.time, tempo.qpm) for tempo in sequence.tempos)
    times = np.array([0, *(time for time, _ in tempos)])
    rates = np.array([DEFAULT_TEMPO, *(qpm for _, qpm in tempos)]) / 60
    beats = np.concatenate([[0], np.cumsum(np.diff(times) * rates[:-1])])
    index = np.searchsorted(times, seconds, side='right') - 1
    return np.round(beats[index] + (np.array(seconds) - times[index]) * rates[index], 9)


def _notes(
    pitch: np.ndarray,
    velocity: np.ndarray,
    start: np.ndarray,
    end: np.ndarray,
    tempos: Sequence[float],
    grid: GridConfig,
) -> Notes:
    """Notes from MIDI velocities, positions in quarter notes, and tempos a minute."""
    if grid.single_tempo:
        if len(tempos) > 1:
            raise Unusable('several tempos')
        # The devices count in seconds, and floating point decides on which side of the border a
        # note falls that is just half way between two steps. Move those that fall on the early one.
        quarter = 60 / (tempos[0] if len(tempos) else DEFAULT_TEMPO)
        unit = quarter / grid.steps_per_quarter
        step = np.floor((quarter * start + unit * 0.5) / unit)
        start = start - 1e-7 * (step < np.floor(start * grid.steps_per_quarter + 0.5))
    return Notes(
        pitch=pitch.astype(np.int16),
        velocity=velocity.astype(np.float32) / 127,
        start=start,
        length=end - start,
        tempo=tempos[0] if len(tempos) else DEFAULT_TEMPO,
    )


def _unreadable(error: Exception) -> str:
    text = getattr(error, 'strerror', None) or str(error) or 'it ends too early'
    return f'unreadable ({" ".join(text.split()).rstrip(".")})'
