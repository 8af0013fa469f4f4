"""Pickups: the same tune gives the same loops, whatever is before its first bar."""

import mido
import pytest

from melodyvae.config.presets import preset
from melodyvae.ingest.batch import read_batch
from melodyvae.ingest.find import inspect_file

OWN = preset('melodyvae').grid
METRES = {'4/4': 8, '3/4': 6, '6/8': 6, '2/4': 4, '5/8': 5}  # eighths a bar
LETTERS = 'DEFGAB'
PITCHES = dict(zip('CDEFGAB', (60, 62, 64, 65, 67, 69, 71), strict=True))


def tune(eighths):
    """Letters of the eighths of eight bars: a C on each downbeat, and nowhere else."""
    return [['C', *(LETTERS[(bar + place) % 6] for place in range(1, eighths))] for bar in range(8)]


def write_midi(path, metre, bars, pickup, *, padded):
    """The pickup in a bar that begins with silence, or in a short bar of its own."""
    numerator, denominator = map(int, metre.split('/'))
    track = mido.MidiTrack()

    def sign(beats, time=0):
        track.append(
            mido.MetaMessage('time_signature', numerator=beats, denominator=denominator, time=time)
        )

    rest = 0
    if padded:
        sign(numerator)
        rest = 240 * (len(bars[0]) - len(pickup))
    else:
        sign(len(pickup) * denominator // 8)
    notes = [letter for bar in [pickup, *bars] for letter in bar]
    for number, letter in enumerate(notes):
        if number == len(pickup) and not padded:
            sign(numerator)
        pitch = PITCHES[letter]
        track.append(mido.Message('note_on', note=pitch, velocity=90, time=rest))
        track.append(mido.Message('note_off', note=pitch, time=240))
        rest = 0
    mido.MidiFile(ticks_per_beat=480, tracks=[track]).save(path)


def write_abc(path, metre, bars, pickup):
    music = '|'.join(''.join(bar) for bar in [pickup, *bars])
    path.write_text(f'X:1\nM:{metre}\nL:1/8\nK:C\n{music}|\n')


def read(path):
    """The loops as `(step, row)`, and the report of a file."""
    batch = read_batch([inspect_file(str(path), path.name)], OWN)
    loops = list(batch.loops)
    return [
        sorted(zip(loop['step'].tolist(), loop['row'].tolist(), strict=True)) for loop in loops
    ], batch.reports[0]


@pytest.mark.parametrize(
    ('metre', 'length'),
    [(metre, n) for metre, eighths in METRES.items() for n in range(1, eighths)],
)
def test_a_pickup_of_any_length_is_left_out_in_notation_and_in_midi(tmp_path, metre, length):
    bars, pickup = tune(METRES[metre]), ['G'] * length
    write_abc(tmp_path / 'a.abc', metre, bars, pickup)
    write_midi(tmp_path / 'padded.mid', metre, bars, pickup, padded=True)
    names = ['a.abc', 'padded.mid']
    if length * int(metre[-1]) % 8 == 0:  # whole beats
        write_midi(tmp_path / 'short.mid', metre, bars, pickup, padded=False)
        names.append('short.mid')
    found = [read(tmp_path / name) for name in names]
    in_loop = 16 // METRES[metre]
    written = [''.join(map(''.join, bars[at : at + in_loop])) for at in range(0, 8, in_loop)]
    for loops, report in found:
        assert report.metre == metre
        assert len(loops) == len(written)
        for loop, letters in zip(loops, written, strict=True):
            rows = [PITCHES[letter] - 48 for letter in letters]
            assert [step for step, _ in loop[: len(rows)]] == list(range(0, 2 * len(rows), 2))
            moved = {row - wanted for (_, row), wanted in zip(loop, rows, strict=False)}
            assert len(moved) == 1
