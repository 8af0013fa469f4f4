"""Segments of a library, and what follows what."""

import numpy as np
import pytest

from melodyvae.config.settings import GridConfig
from melodyvae.loops.loops import Loops
from melodyvae.loops.pattern import NOTE
from melodyvae.training.compose import BACK_OFF, FORBIDDEN, cut_segments
from melodyvae.training.statistics import match_halves

GRID = GridConfig(rows=12, steps=8, steps_per_quarter=2, minimum_onsets=1)


def line(rows):
    """A loop with a note per step, or none where its row is None."""
    return np.array(
        [(row, step, 0.5, 0.25, 0) for step, row in enumerate(rows) if row is not None], NOTE
    )


def cut(*lines, kept=0):
    return cut_segments(Loops.from_files([('a', list(enumerate(map(line, lines))))], GRID), kept)


def test_segments_are_beats_of_the_library():
    first, second = [0, 2, 4, 5, 7, 9, 11, 9], [0, 2, 5, 4, 7, 9, 0, 2]
    found = cut(first, second)
    assert found.bounds.tolist() == [0, 2, 4, 6, 8] and found.places == 4
    loops = Loops.from_files([('a', [(0, line(first)), (1, line(second))])], GRID)
    onset = loops.to_dense(np.arange(2))['onset'] > 0
    for place in range(4):
        for loop in range(2):
            kind = found.of[place][loop]
            segment = onset[loop][:, 2 * place : 2 * place + 2]
            assert (found.on[place][kind] == segment).all()
        for kind, (loop, step) in enumerate(found.source[place]):
            assert (found.on[place][kind] == onset[loop, :, step].T).all()
    assert found.of[0][0] == found.of[0][1]  # the same beat


def test_what_followed_is_likelier_and_all_adds_up():
    found = cut([0, 2, 4, 5, 7, 9, 11, 9], [4, 2, 0, 2, 7, 5, 4, 2])
    for place in range(4):
        after = (place + 1) % 4
        chances = np.exp(found.follow[place].astype(float))
        allowed = found.follow[place] > FORBIDDEN
        np.testing.assert_allclose((chances * allowed).sum(axis=1), 1, atol=1e-5)
        for loop in range(2):
            row = found.follow[place][found.of[place][loop]]
            assert row.argmax() == found.of[after][loop]
            assert np.exp(row.max()) > 1 / (1 + BACK_OFF) - 1e-6


def test_wider_leaps_than_the_library_has_are_forbidden():
    found = cut([0, 1, 2, 3, 2, 1, 0, 1], [9, 10, 11, 10, 9, 10, 11, 10])
    low, high = found.of[0][0], found.of[1][1]
    assert found.follow[0][low, high] == FORBIDDEN
    assert found.follow[0][low, found.of[1][0]] > FORBIDDEN


def test_halves_can_be_compared():
    found = cut([0, 2, 4, 5, 0, 2, 4, 5], [4, 5, 7, 9, 4, 6, 7, 9], [7, 5, None, 2, 7, 5, 4, 2])
    kinds = np.stack(found.of, axis=1)
    same = match_halves(found.half_kind, kinds)
    assert same.tolist() == [[True, True], [False, True], [True, False]]
    same = match_halves(found.half_rhythm, kinds)
    assert same.tolist() == [[True, True], [True, True], [True, False]]


def test_few_loops_lend_halves_of_segments():
    found = cut([0, 2, 4, 5, 7, 9, 11, 7], [1, 3, 5, 7, 9, 11, 9, 7])
    beats = [on.argmax(axis=0).tolist() for on in found.on[0]]
    assert [0, 3] in beats and [1, 2] in beats
    crossed = beats.index([0, 3])
    assert found.source[0][crossed].tolist() == [[0, 1], [0, 1]]
    assert found.prior[0][crossed] < found.prior[0][found.of[0][0]]
    wide = cut([0, 1, 0, 1, 0, 1, 0, 1], [9, 10, 9, 10, 9, 10, 9, 10])
    assert [0, 10] not in [on.argmax(axis=0).tolist() for on in wide.on[0]]


@pytest.mark.parametrize('steps', [7, 5, 2])
def test_any_length_can_be_cut(steps):
    grid = GridConfig(rows=12, steps=steps, steps_per_quarter=2, minimum_onsets=1)
    loops = Loops.from_files([('a', [(0, line([0, 2, 4, 5, 7, 9, 11][:steps]))])], grid)
    found = cut_segments(loops, 1)
    assert found.bounds[-1] == steps
    assert [len(of) for of in found.of] == [1] * found.places


def test_segments_of_kept_loops_stay(monkeypatch, golden_loops):
    monkeypatch.setattr('melodyvae.training.compose.MAX_KINDS', 5)
    found = cut_segments(golden_loops, 20)
    for of in found.of:
        assert (of[:20] >= 0).all()
    assert any((of < 0).any() for of in found.of)
