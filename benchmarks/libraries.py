"""Makes libraries: loops in memory, and folders of MIDI files.

The files have the size and structure of those that the device was measured on: tunes of one voice,
about 600 bytes, and songs of about 25 KB with ten tracks. There are twenty pieces of each kind; the
files are copies with another track name.
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
    _write_copies(folder, count, [[_make_part(random, 0, 64, 60)] for _ in range(DISTINCT)])


def write_songs(folder: Path, count: int) -> None:
    """Writes `count` MIDI files of ten tracks, about 25 KB each."""
    random = np.random.default_rng(0)
    _write_copies(folder, count, [_make_song(random) for _ in range(DISTINCT)])


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


def _make_song(random: np.random.Generator) -> list[mido.MidiTrack]:
    """Makes five melodies, three parts of chords, a bass and drums."""
    melodies = [_make_part(random, channel, 300, 72 - 5 * channel) for channel in range(5)]
    chords = [_make_part(random, channel, 100, 12 * channel, (0, 2, 4)) for channel in (5, 6, 7)]
    return [
        *melodies,
        *chords,
        _make_part(random, 8, 300, 36),
        _make_part(random, 9, 150, 36, (0, 3)),
    ]


def _make_part(
    random: np.random.Generator, channel: int, count: int, root: int, above: tuple[int, ...] = (0,)
) -> mido.MidiTrack:
    """Makes one chord after another, up and down a scale: notes `above` each degree.

    Notes are a little late, and have random velocities.
    """
    degree = np.add.outer(np.cumsum(random.integers(-2, 3, count)) % 14, above)
    length = random.choice([TICKS // 4, TICKS // 2, TICKS], (count, 1), p=[0.5, 0.4, 0.1])
    late = random.integers(0, TICKS // 24, degree.shape)
    begin = np.cumsum(length)[:, None] - length + late
    pitch = root + 12 * (degree // 7) + SCALE[degree % 7]
    velocity = random.integers(50, 120, degree.shape)
    notes = [begin, begin + length - TICKS // 24, pitch, velocity]
    name = mido.MetaMessage('track_name', name=NAME.decode())
    return make_track(zip(*(values.ravel() for values in notes), strict=True), channel, name)


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
