"""Bars of three quarter notes that files do not declare."""

import dataclasses

import numpy as np
import pytest

from melodyvae.config.presets import preset
from melodyvae.cutting.cut import cut_pieces
from melodyvae.cutting.threes import THREES

from pieces import make_piece

OWN, DRUMS = preset('melodyvae').grid, preset('drums').grid


def play_bars(bar, bars, loud, length=1.0, step=0.5):
    """Eighths on and below middle C, louder on some of the eighths of each bar."""
    random = np.random.default_rng(bars)
    count = round(bar / step) * bars
    return [
        (60 - number % 5, 0.8 if number * step % bar in loud else random.uniform(0.4, 0.55))
        + (number * step, length if number * step % bar == 0 else step)
        for number in range(count)
    ]


WALTZ, JIG = (play_bars(3, 8, [0]), play_bars(3, 8, [0, 1.5]))
MARCH, REEL = play_bars(4, 6, [0, 2]), play_bars(4, 6, [0])


def remarks(rows, grid=OWN, metres=(), length=None, channel=0):
    piece = make_piece(rows, metres=metres, length=length, channel=channel)
    return [x for x in cut_pieces([piece], grid).remarks[0] if THREES in x]


@pytest.mark.parametrize('rows', [WALTZ, JIG, play_bars(3, 4, [0])])
@pytest.mark.parametrize('metres', [(), [(0, 4, 4)]])
def test_accents_in_threes_are_doubted_unless_the_file_declares_them(rows, metres):
    (remark,) = remarks(rows, metres=metres)
    assert remark.endswith('(--config.grid.metre=3/4)')
    assert remarks(rows, metres=[(0, 3, 4)]) == []
    assert remarks(rows, preset('melodyvae_improved').grid) == []
    assert remarks(rows, dataclasses.replace(OWN, metre='3/4')) == []


def beat(*bar):
    """Eight bars of drums, at most one per eighth note."""
    return [(pitch, 0.8, number / 2, 0.1) for number, pitch in enumerate(bar * 8) if pitch]


def test_onsets_in_threes_are_doubted_without_accents():
    assert remarks([(60 + n, 0.7, n / 2, 0.5) for n in range(24) if n % 6 in (0, 2, 3, 5)])


def test_drums_in_threes_are_doubted():
    assert remarks(beat(36, None, 42, 38, None, 42), DRUMS, channel=9)
    assert remarks(beat(36, None, 38, 42, 36, 36, 38, None), DRUMS, channel=9) == []


@pytest.mark.parametrize(
    'rows',
    [
        MARCH,
        REEL,
        play_bars(4, 6, []),
        [(60, 0.7, n / 2, 0.5) for n in range(48)],  # all alike
        play_bars(4, 6, [0, 1.5, 3]),  # 3 + 3 + 2
    ],
)
def test_other_accents_are_not(rows):
    assert remarks(rows) == []


def test_a_clip_that_is_six_quarters_long_is_doubted():
    two_bars = play_bars(3, 2, [])
    assert len(remarks(two_bars)) == len(remarks(two_bars, length=5.9)) == 1
    assert remarks(two_bars, length=8) == remarks(two_bars[:4]) == []
    assert remarks(two_bars, length=8.2) == []  # a note that rings on after two bars of 4/4
    beat = [(42, 0.5, number / 2, 0.25) for number in range(12)]
    assert len(remarks(beat, DRUMS, channel=9, length=6)) == 1


def test_the_setting_cuts_files_without_another_time_signature():
    grid = dataclasses.replace(OWN, metre='3/4')
    pieces = [make_piece(WALTZ), make_piece(WALTZ, metres=[(0, 4, 4)])]
    cut = cut_pieces([*pieces, make_piece(WALTZ, metres=[(0, 6, 8)])], grid)
    assert cut.metres == ['3/4', '3/4', '6/8']
    assert cut.loops.tolist() == [4, 4, 4]
    assert cut.cells['step'].max() == 22
