"""The judge: what it can and cannot tell apart."""

import numpy as np
import pytest
from tunes import make_loops

from melodyvae.evaluation.judge import choose_black, measure_auc, rank_auc
from melodyvae.evaluation.melodies import take_melodies


def draw(random, rows):
    return take_melodies(
        make_loops(
            [[(step, int(random.choice(rows))) for step in range(0, 32, 2)] for _ in range(200)]
        )
    )


def test_squares_take_turns():
    z = np.array([[0.1, 0.1], [0.6, 0.1], [0.6, 0.6], [-0.1, 0.1]])
    assert choose_black(z).tolist() == [True, False, True, False]


def test_auc_is_the_share_of_pairs_in_order():
    assert rank_auc(np.array([0.0, 1.0]), np.array([2.0, 3.0])) == 1
    assert rank_auc(np.array([1.0]), np.array([1.0])) == 0.5
    assert rank_auc(np.array([0.0, 2.0]), np.array([1.0])) == 0.5


def test_tunes_of_one_kind_are_not_told_apart_and_others_are():
    random = np.random.default_rng(0)
    scale, chromatic = [0, 2, 4, 5, 7, 9, 11], range(24)
    real, black = draw(random, scale), np.arange(200) % 2 == 0
    assert measure_auc(draw(random, scale), black, real) == pytest.approx(0.5, abs=0.12)
    assert measure_auc(draw(random, chromatic), black, real) > 0.9


def test_too_few_are_not_judged():
    same = take_melodies(make_loops([[(0, 1), (4, 2)]] * 200))
    assert measure_auc(same, np.arange(200) % 2 == 0, same) is None
