"""Notes out of files, and patterns into MIDI files."""

import collections
import dataclasses
import math
import typing
from collections.abc import Sequence
from pathlib import Path

import mido
import numpy as np

from melodyvae import fast_midi, note_sequences
from melodyvae.config import GridConfig
from melodyvae.errors import UserError
from melodyvae.files import new_file
from melodyvae.note_sequences import DEFAULT_TEMPO, DRUM_CHANNEL
from melodyvae.pattern import Notes, joined_notes, pattern_notes, pitch_rows

if typing.TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

MIDI_SUFFIXES = ('.mid', '.midi')
ABC_SUFFIXES = ('.abc',)
XML_SUFFIXES = ('.xml', '.musicxml', '.mxl')

LONGEST_PIECE = 1_000_000  # quarter notes; a damaged file can claim to last for years
TICKS_PER_QUARTER = 960  # of what is written
SLOWEST, FASTEST = 4, 1000  # tempos that can be written


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
    """A MIDI or MusicXML file as note-seq's NoteSequence; see `note_sequences`.

    Raises:
      Unusable: if the file cannot be read.
    """
    suffix = path.suffix.lower()
    if suffix not in (*MIDI_SUFFIXES, *XML_SUFFIXES):
        raise Unusable('its name does not end like that of MIDI, ABC or MusicXML', path)
    read = note_sequences.read_midi if suffix in MIDI_SUFFIXES else note_sequences.read_musicxml
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


def counted(reasons: Sequence[str]) -> str:
    """Reasons with how often each is given, the most frequent first."""
    counts = collections.Counter(reasons).most_common()
    return ', '.join(f'{count} x {reason}' if count > 1 else reason for reason, count in counts)


def _midi_notes(path: Path, grid: GridConfig) -> Notes:
    with open(path, 'rb', buffering=0) as file:  # noqa: PTH123 - half the time of `read_bytes`
        ticks = fast_midi.parse(file.read(), grid)
    if ticks is None:
        return notes_of(read_note_sequence(path), grid)
    if not len(ticks.pitch):
        raise Unusable('only drums' if ticks.some_ignored else 'no notes')
    quarter = ticks.ticks_per_quarter
    start, end = ticks.start / quarter, ticks.end / quarter
    return _notes(ticks.pitch, ticks.velocity, start, end, ticks.tempos, grid)


def _abc_notes(path: Path, grid: GridConfig) -> tuple[Notes, list[str]]:
    tunes, rejected = note_sequences.read_tune_book(path)
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
        known = f'no tune that note-seq can read ({counted(rejected)})'
        raise Unusable(known if rejected else 'no tune in it (each begins with a line "X:")')
    return joined_notes(pieces), rejected


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
    )


def _unreadable(error: Exception) -> str:
    text = getattr(error, 'strerror', None) or str(error) or 'it ends too early'
    return f'unreadable ({" ".join(text.split()).rstrip(".")})'


def write_midi(
    patterns: Sequence[np.ndarray],
    grid: GridConfig,
    path: Path,
    *,
    tempo: float = DEFAULT_TEMPO,
    overwrite: bool = False,
) -> None:
    """Writes patterns, one after another, as a MIDI file.

    Melodies go to channel 1, drums to channel 10 (as people count them). A note that is early on
    the very first step would begin before the file does: then one loop of silence is put in front,
    whole, so that bars stay bars and what is written reads back as the same loops. A note ends at
    the latest where the next of its pitch begins, since MIDI could not tell their ends apart.

    Args:
      patterns: `[cells]` of `NOTE` each. MIDI velocity is floor(127 * velocity), as the devices
        play it, but at least 1, since 0 ends a note.
      grid: gives pitches and the length of a step.
      path: the file to write.
      tempo: quarter notes a minute, from 4 to 1000.
      overwrite: replace an existing file.

    Raises:
      UserError: if the file exists, or the tempo cannot be written.
    """
    notes, length = _played(patterns, grid)
    if not SLOWEST <= tempo <= FASTEST:
        raise UserError(f'A tempo of {tempo:g} cannot be written: use {SLOWEST} to {FASTEST}.')
    channel = DRUM_CHANNEL if grid.drum_map else 0
    events = []
    for pitch, velocity, start, end in notes:
        events.append((end, 'note_off', pitch, 0))
        events.append((start, 'note_on', pitch, velocity))
    # At one tick notes end before others begin: 'note_off' sorts before 'note_on'.
    events.sort()
    track = mido.MidiTrack(
        [
            mido.MetaMessage('set_tempo', tempo=mido.bpm2tempo(tempo)),
            mido.MetaMessage('time_signature', numerator=4, denominator=4),
            mido.Message('program_change', channel=channel, program=0),
        ]
    )
    now = 0
    for tick, kind, pitch, velocity in events:
        track.append(
            mido.Message(kind, channel=channel, note=pitch, velocity=velocity, time=tick - now)
        )
        now = tick
    track.append(mido.MetaMessage('end_of_track', time=max(length - now, 0)))
    file = mido.MidiFile(type=0, ticks_per_beat=TICKS_PER_QUARTER, tracks=[track])
    with new_file(path, overwrite=overwrite) as temporary:
        file.save(temporary)


def patterns_to_sequence(
    patterns: Sequence[np.ndarray], grid: GridConfig, *, tempo: float = DEFAULT_TEMPO
) -> 'NoteSequence':
    """Patterns as the NoteSequence of the file that `write_midi` writes."""
    notes, length = _played(patterns, grid)
    seconds = 60 / tempo / TICKS_PER_QUARTER
    sequence = note_sequences.note_seq().NoteSequence(ticks_per_quarter=TICKS_PER_QUARTER)
    sequence.tempos.add(qpm=tempo)
    sequence.time_signatures.add(numerator=4, denominator=4)
    for pitch, velocity, start, end in notes:
        sequence.notes.add(
            pitch=pitch,
            velocity=velocity,
            start_time=start * seconds,
            end_time=end * seconds,
            instrument=DRUM_CHANNEL if grid.drum_map else 0,
            is_drum=bool(grid.drum_map),
        )
    sequence.total_time = length * seconds
    return sequence


def _played(patterns: Sequence[np.ndarray], grid: GridConfig) -> tuple[list[list[int]], int]:
    """Notes as pitch, velocity, start and end tick, by pitch and start; and the length in ticks."""
    if not len(patterns):
        return [], 0
    loop = grid.steps / grid.steps_per_quarter
    pieces = [pattern_notes(pattern, grid) for pattern in patterns]
    notes = joined_notes(
        [dataclasses.replace(p, start=p.start + number * loop) for number, p in enumerate(pieces)]
    )
    start = np.round(notes.start * TICKS_PER_QUARTER)
    lead_in = (
        loop
        * TICKS_PER_QUARTER
        * math.ceil(max(0, -start.min(initial=0)) / (loop * TICKS_PER_QUARTER))
    )
    start = np.round(start + lead_in).astype(int)
    end = start + np.maximum(1, np.round(notes.length * TICKS_PER_QUARTER)).astype(int)
    # The little more keeps velocities that came from MIDI: 127 * float32(100 / 127) is below 100.
    velocity = np.clip(np.floor(notes.velocity * 127 + 1e-3), 1, 127).astype(int)
    played = np.stack([notes.pitch, velocity, start, end], axis=1)
    played = played[np.lexsort((end, start, notes.pitch))]
    following = np.flatnonzero(played[1:, 0] == played[:-1, 0])
    played[following, 3] = np.minimum(played[following, 3], played[following + 1, 2])
    played = played[played[:, 3] > played[:, 2]]
    return played.tolist(), round(lead_in + len(patterns) * loop * TICKS_PER_QUARTER)
