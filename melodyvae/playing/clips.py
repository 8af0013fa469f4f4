"""Patterns into MIDI files."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import mido
import numpy as np

from melodyvae.config.settings import GridConfig
from melodyvae.loops.pattern import learned_pitches, pattern_notes
from melodyvae.midi.note_sequence import note_seq
from melodyvae.midi.piece import (
    DEFAULT_TEMPO,
    DRUM_CHANNEL,
    MAX_TEMPO,
    MIN_TEMPO,
    Notes,
    join_notes,
)
from melodyvae.playing.timing import COMMON, count_bar
from melodyvae.system.atomic import new_file
from melodyvae.system.errors import UserError

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

TICKS_PER_QUARTER = 960  # of what is written
CLOSE = 1e-5  # half steps; timeshifts that differ by less count as equal


def write_midi(
    patterns: Sequence[np.ndarray],
    grid: GridConfig,
    path: str | Path,
    *,
    tempo: float = DEFAULT_TEMPO,
    overwrite: bool = False,
) -> None:
    """Writes patterns, one after another, as a MIDI clip; see `write_clip`.

    Args:
      patterns: `[cells]` of `NOTE` each. MIDI velocity is floor(127 * velocity), as the devices
        play it, but at least 1, since 0 ends a note.
      grid: gives the length of a step, and pitches: those that are read as the same rows.
      path, tempo, overwrite, and what is raised: as in `write_clip`.
    """
    pieces = [make_learned_notes(pattern, grid) for pattern in patterns]
    write_clip(
        pieces,
        path,
        loop=grid.steps / grid.steps_per_quarter,
        drums=bool(grid.drum_map),
        tempo=tempo,
        overwrite=overwrite,
    )


def make_learned_notes(pattern: np.ndarray, grid: GridConfig) -> Notes:
    """Returns the notes of a pattern as clips have them, so that they are read as the same pattern.

    Pitches are those of `learned_pitches`. A device that counts in seconds may round a note halfway
    between two steps to the wrong one, so such a note is moved one tick toward its own step.
    """
    if grid.single_tempo:
        halfway = np.abs(np.abs(pattern['timeshift']) - 1) < CLOSE
        pattern = pattern.copy()
        pattern['timeshift'][halfway] *= 1 - 2 * grid.steps_per_quarter / TICKS_PER_QUARTER
    return pattern_notes(pattern, grid, learned_pitches(grid))


def write_clip(
    pieces: Sequence[Notes],
    path: str | Path,
    *,
    loop: float,
    drums: bool,
    tempo: float = DEFAULT_TEMPO,
    metre: str = COMMON,
    overwrite: bool = False,
) -> None:
    """Writes loops, one after another, as a MIDI file that lasts exactly as long as they do.

    Melodies go to channel 1, drums to channel 10 (as people count them). A note that is early for
    the first step starts at 0 and keeps its length. A clip repeats: a note that is late on the last
    step sounds at the beginning. A note ends at the latest with the file, and where the next of its
    pitch begins, since MIDI could not tell their ends apart.

    Args:
      pieces: the notes of each loop, counted from its own beginning.
      path: the file to write; its name without the suffix is the name of the track.
      loop: quarter notes per loop.
      drums: whether the notes are drums.
      tempo: quarter notes per minute, from 4 to 1000.
      metre: the time signature, such as '3/4'.
      overwrite: replace an existing file.

    Raises:
      UserError: if the file exists, or the tempo cannot be written.
    """
    if not MIN_TEMPO <= tempo <= MAX_TEMPO:
        raise UserError(f'A tempo of {tempo:g} cannot be written: use {MIN_TEMPO} to {MAX_TEMPO}.')
    notes, length = _played(pieces, loop)
    channel = DRUM_CHANNEL if drums else 0
    numerator, denominator = map(int, metre.split('/'))
    events = []
    for pitch, velocity, start, end in notes:
        events.append((end, 'note_off', pitch, 0))
        events.append((start, 'note_on', pitch, velocity))
    # At one tick notes end before others begin: 'note_off' sorts before 'note_on'.
    events.sort()
    # A file's name may not be valid text.
    name = Path(path).stem.encode('utf-8', 'replace').decode('utf-8')
    track = mido.MidiTrack(
        [
            mido.MetaMessage('track_name', name=name),
            mido.MetaMessage('set_tempo', tempo=mido.bpm2tempo(tempo)),
            mido.MetaMessage('time_signature', numerator=numerator, denominator=denominator),
            mido.Message('program_change', channel=channel, program=0),
        ]
    )
    now = 0
    for tick, kind, pitch, velocity in events:
        sent = {'note': pitch, 'velocity': velocity, 'time': tick - now}
        track.append(mido.Message(kind, channel=channel, **sent))
        now = tick
    track.append(mido.MetaMessage('end_of_track', time=length - now))
    file = mido.MidiFile(type=0, ticks_per_beat=TICKS_PER_QUARTER, tracks=[track], charset='utf-8')
    with new_file(path, overwrite=overwrite) as temporary:
        file.save(temporary)


def patterns_to_sequence(
    patterns: Sequence[np.ndarray], grid: GridConfig, *, tempo: float = DEFAULT_TEMPO
) -> 'NoteSequence':
    """Patterns as the NoteSequence of the file that `write_midi` writes."""
    pieces = [make_learned_notes(pattern, grid) for pattern in patterns]
    notes, length = _played(pieces, grid.steps / grid.steps_per_quarter)
    drums = bool(grid.drum_map)
    seconds = 60 / tempo / TICKS_PER_QUARTER
    sequence = note_seq().NoteSequence(ticks_per_quarter=TICKS_PER_QUARTER)
    sequence.tempos.add(qpm=tempo)
    sequence.time_signatures.add(numerator=4, denominator=4)
    for pitch, velocity, start, end in notes:
        sequence.notes.add(
            pitch=pitch,
            velocity=velocity,
            start_time=start * seconds,
            end_time=end * seconds,
            instrument=DRUM_CHANNEL if drums else 0,
            is_drum=drums,
        )
    sequence.total_time = length * seconds
    return sequence


def fit_bars(notes: Notes, grid: GridConfig, step: float, metre: str) -> float:
    """Returns the length of the clip of a loop in quarter notes: whole bars, without a silent end.

    If loops begin on bars, what follows the last whole bar of a loop is silent. `step` is in
    quarter notes, too.
    """
    loop = grid.steps * step
    bars = loop // count_bar(metre) * count_bar(metre)
    latest = notes.start.max(initial=0) + step / 2
    return bars if grid.bars != 'start' and bars > latest else loop


def _played(pieces: Sequence[Notes], loop: float) -> tuple[list[list[int]], int]:
    """Returns pitch, velocity, start and end tick of notes, by pitch and start; and all ticks."""
    length = round(len(pieces) * loop * TICKS_PER_QUARTER)
    if not pieces:
        return [], length
    notes = join_notes(
        [dataclasses.replace(p, start=p.start + number * loop) for number, p in enumerate(pieces)]
    )
    start = np.round(notes.start * TICKS_PER_QUARTER).astype(int)
    # An early downbeat starts at 0: at the end of the clip, it would be missing when Live launches
    # the clip, and ports would read it as a note of the next loop. Late notes wrap.
    start = np.maximum(start, 0) % length
    end = start + np.maximum(1, np.round(notes.length * TICKS_PER_QUARTER)).astype(int)
    # The little more keeps velocities that came from MIDI: 127 * float32(100 / 127) is below 100.
    velocity = np.clip(np.floor(notes.velocity * 127 + 1e-3), 1, 127).astype(int)
    played = np.stack([notes.pitch, velocity, start, np.minimum(end, length)], axis=1)
    played = played[np.lexsort((end, start, notes.pitch))]
    following = np.flatnonzero(played[1:, 0] == played[:-1, 0])
    played[following, 3] = np.minimum(played[following, 3], played[following + 1, 2])
    played = played[played[:, 3] > played[:, 2]]
    return played.tolist(), length
