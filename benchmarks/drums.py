"""Drum grooves to compare RhythmVAE on, made from a seed: `python -m benchmarks.drums FOLDER`.

No drum recordings come with the packages that this needs. Each file is a groove of eight bars: one
of the patterns below, with kicks, ghost notes and open hi-hats of its own, a fill at the end of
every second phrase, accents on the beats, and a snare that is late throughout.
"""

import argparse
from collections.abc import Collection
from pathlib import Path

import mido
import numpy as np

from benchmarks.libraries import TICKS

CHANNEL = 9
BARS = 8
KICK, SNARE, CLOSED, OPEN, CRASH, RIDE = 36, 38, 42, 46, 49, 51
TOMS = (50, 47, 45)  # high to low

# Each: steps a bar; the bar's kicks, snares and cymbals, as step numbers.
PATTERNS: dict[str, tuple[int, tuple[int, ...], tuple[int, ...], Collection[int]]] = {
    'rock': (16, (0, 8, 10), (4, 12), range(0, 16, 2)),
    'house': (16, (0, 4, 8, 12), (4, 12), range(2, 16, 4)),
    'break': (16, (0, 2, 10), (4, 7, 9, 12, 15), range(0, 16, 2)),
    'half time': (16, (0, 6), (8,), range(16)),
    'shuffle': (12, (0, 6), (3, 9), (0, 2, 3, 5, 6, 8, 9, 11)),
}

Hit = tuple[int, int, int]  # tick, pitch, velocity


def write_grooves(folder: Path, count: int, seed: int = 0) -> None:
    """Writes `count` MIDI files of eight bars of drums."""
    random = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    for number in range(count):
        name = list(PATTERNS)[number % len(PATTERNS)]
        path = folder / f'{number:03d} {name}.mid'
        mido.MidiFile(ticks_per_beat=TICKS, tracks=[_track(_groove(name, random))]).save(path)


def _groove(name: str, random: np.random.Generator) -> list[Hit]:
    steps, kicks, snares, cymbals = PATTERNS[name]
    own_kicks = {*kicks, *random.choice(steps, random.integers(0, 3), replace=False).tolist()}
    ghosts = set(random.choice(steps, random.integers(0, 4), replace=False).tolist()) - {*snares}
    open_at = int(random.choice(steps)) if random.random() < 0.5 else -1
    cymbal = RIDE if random.random() < 0.3 else CLOSED
    late = int(random.integers(0, TICKS // 32))
    hits: list[Hit] = []
    for bar in range(BARS):
        fill_from = steps * 3 // 4 if bar % 4 == 3 else steps
        for step in range(fill_from):
            if step in own_kicks:
                hits.append(_hit(bar, step, steps, KICK, 100, 0, random))
            if step in snares or step in ghosts:
                loud = 105 if step in snares else 40
                hits.append(_hit(bar, step, steps, SNARE, loud, late, random))
            if step in cymbals:
                pitch = OPEN if step == open_at else cymbal
                hits.append(_hit(bar, step, steps, pitch, 70, 0, random))
        for place, step in enumerate(range(fill_from, steps)):
            hits.append(_hit(bar, step, steps, TOMS[place % 3], 95, late, random))
        if bar % 4 == 0:
            hits.append(_hit(bar, 0, steps, CRASH, 110, 0, random))
    return hits


def _hit(
    bar: int, step: int, steps: int, pitch: int, loud: int, late: int, random: np.random.Generator
) -> Hit:
    """Louder on the beats; a little early or late, and a little louder or softer."""
    tick = (bar * steps + step) * 4 * TICKS // steps + late + int(random.integers(-4, 5))
    accent = 12 if step % (steps // 4) == 0 else 0
    return max(0, tick), pitch, int(np.clip(loud + accent + random.integers(-6, 7), 1, 127))


def _track(hits: list[Hit]) -> mido.MidiTrack:
    events = [(tick, 1, pitch, velocity) for tick, pitch, velocity in hits]
    events += [(tick + TICKS // 12, 0, pitch, 0) for tick, pitch, _ in hits]
    track = mido.MidiTrack([mido.MetaMessage('set_tempo', tempo=500000)])
    now = 0
    for tick, _, pitch, velocity in sorted(events):
        message = mido.Message('note_on', channel=CHANNEL, note=pitch, velocity=velocity)
        track.append(message.copy(time=tick - now))
        now = tick
    return track


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('folder', type=Path, help='a new folder')
    parser.add_argument('--count', type=int, default=100, help='grooves')
    chosen = parser.parse_args()
    if chosen.folder.exists():
        parser.error(f'{chosen.folder} exists: name a new folder.')
    write_grooves(chosen.folder, chosen.count)


if __name__ == '__main__':
    main()
