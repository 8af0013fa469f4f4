"""Makes tunes in the manner of folk dances and airs: a small grammar with a seed.

A tune has parts A and B of 8 bars. A part is a question and an answer of 4 bars each. Both begin
with the same motif, and each ends with a cadence, on the fifth and on the tonic. A motif walks by
steps between tones of the chord of its bar. All of it is made here: no tune is copied.
"""

import random
from pathlib import Path

import mido

TICKS = 480  # per quarter note
MODES = {
    'major': (0, 2, 4, 5, 7, 9, 11),
    'dorian': (0, 2, 3, 5, 7, 9, 10),
    'mixolydian': (0, 2, 4, 5, 7, 9, 10),
    'minor': (0, 2, 3, 5, 7, 8, 10),
}
# Chords of 4 bars, as scale degrees of their roots.
QUESTIONS = ((0, 0, 3, 4), (0, 3, 0, 4), (0, 5, 3, 4), (0, 0, 4, 4), (0, 6, 0, 4))
ANSWERS = ((0, 3, 4, 0), (0, 5, 4, 0), (3, 0, 4, 0), (0, 6, 4, 0))
# Rhythms of a bar, in eighths.
KINDS = {
    'reels': ((1,) * 8, (2, 1, 1, 1, 1, 1, 1), (1, 1, 1, 1, 2, 1, 1), (1, 1, 2, 1, 1, 2)),
    'polkas': ((2, 1, 1, 2, 2), (1, 1, 1, 1, 2, 2), (2, 2, 2, 1, 1), (2, 2, 1, 1, 2)),
    'hornpipes': ((1.5, 0.5, 1.5, 0.5, 1.5, 0.5, 1.5, 0.5), (1.5, 0.5, 2, 1.5, 0.5, 2)),
    'airs': ((3, 1, 2, 2), (4, 2, 2), (3, 1, 4), (2, 2, 3, 1), (2, 2, 2, 2)),
}
ENDINGS = ((2, 2, 4), (1, 1, 2, 4), (2, 1, 1, 4))
TEMPOS = {'reels': 112, 'polkas': 120, 'hornpipes': 96, 'airs': 80}
PER_KIND = 24

Note = tuple[float, int]  # length in eighths, degree of the scale from the lowest tonic


def write_tunes(folder: Path, seed: int) -> None:
    """Writes the tunes as MIDI files, in one folder per kind."""
    choose = random.Random(seed)
    for kind in KINDS:
        (folder / kind).mkdir(parents=True)
        for number in range(PER_KIND):
            notes, mode, tonic = _make_tune(choose, kind)
            _write(
                folder / kind / f'{number + 1:02} in {mode}.mid', notes, mode, tonic, kind, choose
            )


def _make_tune(choose: random.Random, kind: str) -> tuple[list[Note], str, int]:
    mode, tonic = choose.choice(list(MODES)), choose.choice((48, 50, 52, 53, 55))
    low = _make_part(choose, kind, choose.choice((0, 2, 4)))
    high = _make_part(choose, kind, choose.choice((5, 7, 9)))
    return low + high, mode, tonic


def _make_part(choose: random.Random, kind: str, start: int) -> list[Note]:
    rhythms = [choose.choice(KINDS[kind]) for _ in range(2)]
    motif = [_walk(choose, rhythms[0], chord=0, start=start)]
    motif.append(_walk(choose, rhythms[1], chord=choose.choice((0, 3, 5)), start=motif[0][-1][1]))
    half, whole = choose.choice(QUESTIONS), choose.choice(ANSWERS)
    question = _walk(choose, rhythms[0], half[2], motif[1][-1][1])
    answer = _walk(choose, rhythms[1], whole[2], motif[1][-1][1])
    ending = choose.choice(ENDINGS)
    return [
        *motif[0], *motif[1], *question, *_end(choose, ending, question[-1][1], 4),
        *motif[0], *motif[1], *answer, *_end(choose, ending, answer[-1][1], 0),
    ]  # fmt: skip


def _walk(choose: random.Random, rhythm: tuple[float, ...], chord: int, start: int) -> list[Note]:
    """Walks through a bar: on a beat to the nearest tone of the chord, between by steps."""
    notes: list[Note] = []
    at, direction, place = start, choose.choice((-1, 1)), 0.0
    for length in rhythm:
        if place % 2 == 0:
            at = _find_near(choose, at + choose.choice((0, 0, direction, 2 * direction)), chord)
        else:
            at += direction if choose.random() < 0.75 else -2 * direction
        if not -2 <= at <= 12:
            direction = -1 if at > 12 else 1
            at += 3 * direction
        elif choose.random() < 0.2:
            direction = -direction
        notes.append((length, at))
        place += length
    return notes


def _find_near(choose: random.Random, degree: int, chord: int) -> int:
    """Returns the tone of a chord that is nearest to a degree."""
    tones = [d for d in range(-3, 14) if (d - chord) % 7 in (0, 2, 4)]
    return min(tones, key=lambda tone: (abs(tone - degree), choose.random()))


def _end(choose: random.Random, rhythm: tuple[float, ...], start: int, goal: int) -> list[Note]:
    """Steps to the tone of a cadence that is nearest."""
    goals = [degree for degree in range(-3, 14) if (degree - goal) % 7 == 0]
    last = min(goals, key=lambda degree: abs(degree - start))
    side = 1 if start >= last else -1
    steps = [last + side * (len(rhythm) - 1 - number) for number in range(len(rhythm))]
    return list(zip(rhythm, steps, strict=True))


def _write(
    path: Path, notes: list[Note], mode: str, tonic: int, kind: str, choose: random.Random
) -> None:
    scale, events, place = MODES[mode], [], 0.0
    for length, degree in notes:
        pitch = tonic + 12 * (degree // 7) + scale[degree % 7]
        accent = 14 if place % 8 == 0 else 7 if place % 4 == 0 else 0 if place % 2 == 0 else -8
        velocity = max(1, min(127, 88 + accent + choose.randint(-6, 6)))
        start = round(place * TICKS / 2)
        end = start + round((0.95 if length > 1 else 0.85) * length * TICKS / 2)
        events += [(start, 1, pitch, velocity), (end, 0, pitch, 0)]
        place += length
    write_events(path, events, TEMPOS[kind])


def write_events(
    path: Path, events: list[tuple[int, int, int, int]], tempo: float, channel: int = 0
) -> None:
    """Writes events (tick, 1 for on or 0 for off, pitch, velocity) as a MIDI file."""
    track = mido.MidiTrack([mido.MetaMessage('set_tempo', tempo=mido.bpm2tempo(tempo))])
    track.append(mido.MetaMessage('time_signature', numerator=4, denominator=4))
    now = 0
    for tick, on, pitch, velocity in sorted(events):
        kind = 'note_on' if on else 'note_off'
        message = {'channel': channel, 'note': pitch, 'velocity': velocity, 'time': tick - now}
        track.append(mido.Message(kind, **message))
        now = tick
    mido.MidiFile(ticks_per_beat=TICKS, tracks=[track]).save(path)
