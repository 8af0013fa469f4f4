"""Makes drum grooves: `python -m benchmarks.drums FOLDER COUNT`.

Each file is a groove of eight bars: one of the patterns below with random kicks, ghost notes and
open hi-hats, a fill at the end of every fourth bar, accents on the beats, and a late snare.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import mido
import numpy as np

from benchmarks.libraries import TICKS, make_track

KICK, SNARE, CLOSED, OPEN, CRASH, RIDE = 36, 38, 42, 46, 49, 51
TOMS = (50, 47, 45)  # high to low

# Steps per bar, and the steps of kicks, snares and cymbals.
PATTERNS = {
    'rock': (16, (0, 8, 10), (4, 12), range(0, 16, 2)),
    'house': (16, (0, 4, 8, 12), (4, 12), range(2, 16, 4)),
    'break': (16, (0, 2, 10), (4, 7, 9, 12, 15), range(0, 16, 2)),
    'half time': (16, (0, 6), (8,), range(16)),
    'shuffle': (12, (0, 6), (3, 9), (0, 2, 3, 5, 6, 8, 9, 11)),
}


def write_grooves(folder: Path, count: int) -> None:
    """Writes `count` MIDI files of eight bars of drums into a new folder."""
    random = np.random.default_rng(0)
    folder.mkdir(parents=True)
    for number in range(count):
        name = list(PATTERNS)[number % len(PATTERNS)]
        hits = _groove(name, random)
        notes = [(tick, tick + TICKS // 12, pitch, loud) for tick, pitch, loud in hits]
        track = make_track(notes, 9, mido.MetaMessage('set_tempo', tempo=500000))
        path = folder / f'{number:03d} {name}.mid'
        mido.MidiFile(ticks_per_beat=TICKS, tracks=[track]).save(path)


def _groove(name: str, random: np.random.Generator) -> Iterator[tuple[int, int, int]]:
    """Yields tick, pitch and velocity of each hit."""
    steps, usual, snares, cymbals = PATTERNS[name]
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


if __name__ == '__main__':
    write_grooves(Path(sys.argv[1]), int(sys.argv[2]))
