"""Makes grooves of drums: patterns of steps by style, with ghost notes, swing and fills."""

import random
from pathlib import Path

from models.tunes import TICKS, write_events

KICK, SNARE, CLAP, CLOSED, OPEN, LOW, HIGH, RIDE = 36, 38, 39, 42, 46, 45, 50, 51
# Probabilities of the 16 steps of a bar: digits are ninths, '.' is 0, 'x' is 1.
STYLES: dict[str, tuple[float, float, dict[int, tuple[str, ...]]]] = {
    'house': (
        122,
        0.0,
        {
            KICK: ('x...x...x...x...',),
            CLAP: ('....x.......x...', '....x.......x..2'),
            CLOSED: ('x.x.x.x.x.x.x.x.', '6363636363636363', '..5...5...5...5.'),
            OPEN: ('..x...x...x...x.', '......x.......x.'),
        },
    ),
    'techno': (
        132,
        0.0,
        {
            KICK: ('x...x...x...x...', 'x...x...x..3x...'),
            CLAP: ('....7.......7...', '............x...'),
            CLOSED: ('xxxxxxxxxxxxxxxx', '.x.x.x.x.x.x.x.x'),
            OPEN: ('..x...x...x...x.',),
            LOW: ('...3..3....3..3.', '................'),
        },
    ),
    'hip-hop': (
        92,
        0.25,
        {
            KICK: ('x.....4.x.4.....', 'x..4....4.x....3', 'x.x.......x.4...'),
            SNARE: ('....x..1....x..1', '....x.......x.2.'),
            CLOSED: ('x.x.x.x.x.x.x.x.', 'x.x.x2x.x.x.x2x2'),
            OPEN: ('..............3.', '................'),
        },
    ),
    'breakbeat': (
        138,
        0.0,
        {
            KICK: ('x.x.......x.....', 'x.x.......xx....', 'x.........x..4..'),
            SNARE: ('....x..3.3..x..3', '....x..x.x..x...', '....x..3....x.3.'),
            CLOSED: ('x.x.x.x.x.x.x.x.',),
            RIDE: ('x.x.x.x.x.x.x.x.', '................'),
            OPEN: ('..........4.....', '................'),
        },
    ),
    'funk': (
        104,
        0.1,
        {
            KICK: ('x.4..3.x..x..4..', 'x..x..4...x..4..', 'x.x....3..x...4.'),
            SNARE: ('.1..x.2.13..x.2.', '....x..2.2..x..2'),
            CLOSED: ('xxxxxxxxxxxxxxxx', 'x.xxx.xxx.xxx.xx'),
            OPEN: ('..............4.', '......3.........'),
        },
    ),
    'half time': (
        140,
        0.0,
        {
            KICK: ('x.....4....4....', 'x..4......x.....', 'x...........4.4.'),
            SNARE: ('........x.......', '........x......2'),
            CLOSED: ('x.x.x.x.x.x.x.x.', 'x.x.xxx.x.x.x3x3', 'xx.xx.xxx.xx.xxx'),
            OPEN: ('...........4....', '................'),
        },
    ),
}
PER_STYLE = 16
FILL = 0.35  # share of clips that end with a fill


def write_grooves(folder: Path, seed: int) -> None:
    """Writes clips of 4 bars as MIDI files, in one folder per style."""
    choose = random.Random(seed)
    for style, (tempo, swing, parts) in STYLES.items():
        (folder / style).mkdir(parents=True)
        for number in range(PER_STYLE):
            patterns = {drum: choose.choice(options) for drum, options in parts.items()}
            events = _play(choose, patterns, swing)
            write_events(folder / style / f'{number + 1:02}.mid', events, tempo, channel=9)


def _play(
    choose: random.Random, patterns: dict[int, str], swing: float
) -> list[tuple[int, int, int, int]]:
    late = {drum: choose.randint(-4, 8) for drum in patterns}  # ticks: the feel of a drummer
    events = []
    fill = choose.random() < FILL
    for bar in range(4):
        for step in range(16):
            if fill and bar == 3 and step >= 12:
                hits = {choose.choice((SNARE, LOW, HIGH)): 80 + 8 * (step - 12)}
            else:
                hits = _hit(choose, patterns, step)
            for drum, velocity in hits.items():
                start = (16 * bar + step) * TICKS // 4 + late.get(drum, 0)
                start += round(swing * TICKS / 4) if step % 2 else 0
                start = max(0, start + choose.randint(-3, 3))
                events += [(start, 1, drum, velocity), (start + TICKS // 8, 0, drum, 0)]
    return events


def _hit(choose: random.Random, patterns: dict[int, str], step: int) -> dict[int, int]:
    hits = {}
    for drum, pattern in patterns.items():
        sign = pattern[step]
        chance = 1.0 if sign == 'x' else 0.0 if sign == '.' else int(sign) / 9
        if choose.random() < chance:
            accent = 12 if step % 4 == 0 else 4 if step % 2 == 0 else -10
            ghost = -35 if chance < 0.4 and drum == SNARE else 0
            hits[drum] = max(20, min(127, 96 + accent + ghost + choose.randint(-7, 7)))
    return hits
