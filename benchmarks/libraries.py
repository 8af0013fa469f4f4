"""Makes libraries: loops in memory, and folders of MIDI files.

Tunes and songs have the size and structure of the files that the device was measured on: one voice
in about 600 bytes, and ten tracks in about 25 KB. There are twenty pieces of each kind; the files
are copies with another track name. `python -m benchmarks.libraries FOLDER COUNT` writes grooves.
"""

import io
import sys
from collections.abc import Iterable, Iterator
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
DRUMS = 9  # channel
TEMPO = mido.MetaMessage('set_tempo', tempo=500000)
KICK, SNARE, CLOSED, OPEN, CRASH, RIDE = 36, 38, 42, 46, 49, 51
TOMS = (50, 47, 45)  # high to low
GROOVES = {  # steps per bar, and the steps of kicks, snares and cymbals
    'rock': (16, (0, 8, 10), (4, 12), range(0, 16, 2)),
    'house': (16, (0, 4, 8, 12), (4, 12), range(2, 16, 4)),
    'break': (16, (0, 2, 10), (4, 7, 9, 12, 15), range(0, 16, 2)),
    'half time': (16, (0, 6), (8,), range(16)),
    'shuffle': (12, (0, 6), (3, 9), (0, 2, 3, 5, 6, 8, 9, 11)),
}


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
    """Writes `count` MIDI files of one voice."""
    random = np.random.default_rng(0)
    _write_copies(folder, count, [[_make_part(random, 0, 64, 60, (0,))] for _ in range(DISTINCT)])


def write_songs(folder: Path, count: int) -> None:
    """Writes `count` MIDI files of five melodies, three parts of chords, a bass and drums."""
    random = np.random.default_rng(0)
    parts = [
        *((channel, 300, 72 - 5 * channel, (0,)) for channel in range(5)),
        *((channel, 100, 12 * channel, (0, 2, 4)) for channel in (5, 6, 7)),
        (8, 300, 36, (0,)),
        (DRUMS, 150, 36, (0, 3)),
    ]
    songs = [[_make_part(random, *part) for part in parts] for _ in range(DISTINCT)]
    _write_copies(folder, count, songs)


def write_grooves(folder: Path, count: int) -> None:
    """Writes `count` MIDI files of drums: one of `GROOVES`, varied at random.

    Kicks, ghost notes and open hi-hats are random. Each fourth bar ends with a fill. Beats have
    accents, and the snare is late.
    """
    random = np.random.default_rng(0)
    folder.mkdir(parents=True)
    for number in range(count):
        name = list(GROOVES)[number % len(GROOVES)]
        hits = _make_hits(name, random)
        notes = [(tick, tick + TICKS // 12, pitch, loud) for tick, pitch, loud in hits]
        file = mido.MidiFile(ticks_per_beat=TICKS, tracks=[_make_track(notes, DRUMS, TEMPO)])
        file.save(folder / f'{number:03d} {name}.mid')


def _make_hits(name: str, random: np.random.Generator) -> Iterator[tuple[int, int, int]]:
    """Yields tick, pitch and velocity of each hit of a groove."""
    steps, usual, snares, cymbals = GROOVES[name]
    kicks = {*usual, *random.choice(steps, random.integers(0, 3), replace=False).tolist()}
    ghosts = set(random.choice(steps, random.integers(0, 4), replace=False).tolist()) - {*snares}
    open_at = int(random.choice(steps)) if random.random() < 0.5 else -1
    cymbal = RIDE if random.random() < 0.3 else CLOSED
    late = int(random.integers(0, TICKS // 32))

    def hit(bar: int, step: int, pitch: int, loud: int, late: int = 0) -> tuple[int, int, int]:
        tick = (bar * steps + step) * 4 * TICKS // steps + late + int(random.integers(-4, 5))
        accent = 12 if step % (steps // 4) == 0 else 0
        return max(0, tick), pitch, int(np.clip(loud + accent + random.integers(-6, 7), 1, 127))

    for bar in range(8):
        fill_from = steps * 3 // 4 if bar % 4 == 3 else steps
        for step in range(fill_from):
            if step in kicks:
                yield hit(bar, step, KICK, 100)
            if step in snares or step in ghosts:
                yield hit(bar, step, SNARE, 105 if step in snares else 40, late)
            if step in cymbals:
                yield hit(bar, step, OPEN if step == open_at else cymbal, 70)
        for place, step in enumerate(range(fill_from, steps)):
            yield hit(bar, step, TOMS[place % 3], 95, late)
        if bar % 4 == 0:
            yield hit(bar, 0, CRASH, 110)


def _make_part(
    random: np.random.Generator, channel: int, count: int, root: int, above: tuple[int, ...]
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
    return _make_track(zip(*(values.ravel() for values in notes), strict=True), channel, name)


def _make_track(
    notes: Iterable[tuple[int, int, int, int]], channel: int, start: mido.MetaMessage
) -> mido.MidiTrack:
    """Makes a track of notes (start, end, pitch, velocity), in ticks, after a message."""
    events = []
    for begin, end, pitch, velocity in notes:
        events += [(int(begin), 1, int(pitch), int(velocity)), (int(end), 0, int(pitch), 64)]
    track, now = mido.MidiTrack([start]), 0
    for tick, on, note, velocity in sorted(events):
        kind, time = 'note_on' if on else 'note_off', tick - now
        track.append(mido.Message(kind, channel=channel, note=note, velocity=velocity, time=time))
        now = tick
    return track


def _write_copies(folder: Path, count: int, pieces: list[list[mido.MidiTrack]]) -> None:
    folder.mkdir(parents=True)
    tempo, data = mido.MidiTrack([TEMPO]), []
    for tracks in pieces:
        joined = [tempo + tracks[0]] if len(tracks) == 1 else [tempo, *tracks]
        file = mido.MidiFile(type=int(len(joined) > 1), ticks_per_beat=TICKS, tracks=joined)
        written = io.BytesIO()
        file.save(file=written)
        data.append(written.getvalue())
    for number in range(count):
        copy = data[number % len(data)].replace(NAME, b'number %06d' % number)
        (folder / f'{number:06d}.mid').write_bytes(copy)


if __name__ == '__main__':
    write_grooves(Path(sys.argv[1]), int(sys.argv[2]))
