"""Makes libraries: loops in memory, and folders of MIDI files.

The files have the size and structure of those that the device was measured on: tunes of one voice,
about 600 bytes, and songs of about 25 KB with ten tracks. Every fifth song doubles its bass in
octaves. There are twenty pieces of each kind; the files are copies with another track name.
"""

import io
from collections.abc import Iterable
from pathlib import Path

import mido
import numpy as np

from melodyvae.config.settings import GridConfig
from melodyvae.loops.loops import Loops
from melodyvae.loops.pattern import NOTE

TICKS = 480  # per quarter note
SCALE = np.array([0, 2, 4, 5, 7, 9, 11])
TUNE_NOTES, SONG_NOTES = 64, 300  # per track
DISTINCT = 20  # pieces
NAME = b'number 000000'  # of tracks


def made_loops(grid: GridConfig, count: int) -> Loops:
    """Makes random loops of 14 cells, one per file."""
    random = np.random.default_rng(0)
    cells = np.zeros((count, 14), NOTE)
    address = np.sort(random.random((count, grid.rows * grid.steps)).argsort(axis=1)[:, :14])
    cells['row'], cells['step'] = address // grid.steps, address % grid.steps
    cells['velocity'] = random.integers(40, 128, cells.shape) / 127
    cells['duration'] = random.uniform(0.1, 2, cells.shape)
    cells['timeshift'] = random.uniform(-1, 1, cells.shape)
    files = [(f'made {number}', [(0, pattern)]) for number, pattern in enumerate(cells)]
    return Loops.from_files(files, grid)


def write_tunes(folder: Path, count: int) -> None:
    """Writes `count` MIDI files of one voice, about 600 bytes each."""
    random = np.random.default_rng(0)
    _write_copies(folder, count, [[_melody(random, 0, TUNE_NOTES, 60)] for _ in range(DISTINCT)])


def write_songs(folder: Path, count: int) -> None:
    """Writes `count` MIDI files of ten tracks, about 25 KB each."""
    random = np.random.default_rng(0)
    _write_copies(folder, count, [_song(random, doubled=i % 5 == 0) for i in range(DISTINCT)])


def make_track(
    notes: Iterable[tuple[int, int, int, int]], channel: int, *start: mido.MetaMessage
) -> mido.MidiTrack:
    """Makes a track of notes (start, end, pitch, velocity), in ticks, after other messages."""
    events = []
    for begin, end, pitch, velocity in notes:
        events += [(int(begin), 1, int(pitch), int(velocity)), (int(end), 0, int(pitch), 64)]
    track, now = mido.MidiTrack(start), 0
    for tick, on, note, velocity in sorted(events):
        kind, time = 'note_on' if on else 'note_off', tick - now
        track.append(mido.Message(kind, channel=channel, note=note, velocity=velocity, time=time))
        now = tick
    return track


def _song(random: np.random.Generator, *, doubled: bool) -> list[mido.MidiTrack]:
    melodies = [_melody(random, channel, SONG_NOTES, 72 - 5 * channel) for channel in range(5)]
    chords = [_chords(random, 5 + part, 55 + 4 * part, (0, 2, 4)) for part in range(3)]
    bass = _chords(random, 8, 36, (0, 7) if doubled else (0,))
    # Eighths of hi-hat, and a kick or a snare on the beats.
    eighth = np.arange(SONG_NOTES * 2 // 3)
    pitch = np.stack([np.full(len(eighth), 42), np.where(eighth % 8, 38, 36)], 1)
    hit = np.stack([eighth >= 0, eighth % 2 == 0], 1)
    start = np.repeat(eighth * TICKS // 2, hit.sum(1))
    drums = _play(9, start, np.full(len(start), TICKS // 4), pitch[hit], random)
    return [*melodies, *chords, bass, drums]


def _melody(random: np.random.Generator, channel: int, count: int, middle: int) -> mido.MidiTrack:
    """Makes one note after another, up and down a scale."""
    degree = np.cumsum(random.integers(-2, 3, count)) % 14
    length = random.choice([TICKS // 4, TICKS // 2, TICKS], count, p=[0.5, 0.4, 0.1])
    start = np.cumsum(length) - length
    return _play(channel, start, length, middle + 12 * (degree // 7) + SCALE[degree % 7], random)


def _chords(
    random: np.random.Generator, channel: int, root: int, degrees: tuple[int, ...]
) -> mido.MidiTrack:
    """Makes simultaneous notes: degrees above a root that changes every quarter note."""
    beats = SONG_NOTES // len(degrees)
    degree = random.integers(0, 7, beats)[:, None] + np.array(degrees)
    start = np.repeat(np.arange(beats) * TICKS, len(degrees))
    pitch = root + 12 * (degree // 7) + SCALE[degree % 7]
    return _play(channel, start, np.full(start.size, TICKS // 2), pitch.ravel(), random)


def _play(
    channel: int,
    start: np.ndarray,
    length: np.ndarray,
    pitch: np.ndarray,
    random: np.random.Generator,
) -> mido.MidiTrack:
    """Makes a track of notes that are a little late, with random velocities."""
    begin = start + random.integers(0, TICKS // 24, len(start))
    velocity = random.integers(50, 120, len(start))
    notes = zip(begin, begin + length - TICKS // 24, pitch, velocity, strict=True)
    return make_track(notes, channel, mido.MetaMessage('track_name', name=NAME.decode()))


def _write_copies(folder: Path, count: int, pieces: list[list[mido.MidiTrack]]) -> None:
    folder.mkdir(parents=True)
    data = [_file_bytes(tracks) for tracks in pieces]
    for number in range(count):
        copy = data[number % len(data)].replace(NAME, b'number %06d' % number)
        (folder / f'{number:06d}.mid').write_bytes(copy)


def _file_bytes(tracks: list[mido.MidiTrack]) -> bytes:
    tempo = mido.MidiTrack([mido.MetaMessage('set_tempo', tempo=500000)])
    joined = [tempo + tracks[0]] if len(tracks) == 1 else [tempo, *tracks]
    written = io.BytesIO()
    mido.MidiFile(type=int(len(joined) > 1), ticks_per_beat=TICKS, tracks=joined).save(file=written)
    return written.getvalue()
