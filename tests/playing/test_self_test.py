import dataclasses

import numpy as np
import pytest

from melodyvae.playing.player import Player, play
from melodyvae.playing.self_test import make_self_test, run_self_test
from melodyvae.system.errors import UserError

import runs


@pytest.fixture(scope='module')
def player():
    return Player.of(runs.made_model(runs.small_config()), runs.THRESHOLD)


def test_a_self_test_holds_three_points_with_what_plays_there(player):
    tests = make_self_test(player)
    assert len(tests) == 3
    for test, played in zip(tests, play(player, np.array([t['z'] for t in tests])), strict=True):
        assert [note[:2] for note in test['notes']] == [
            [note['row'], note['step']] for note in played
        ]
        assert test['notes'] and np.abs(test['z']).max() <= player.config.device.pad
    run_self_test(player, tests, 'mine')


def test_other_notes_are_refused_and_rounding_is_not(player):
    tests = make_self_test(player)
    for test in tests:
        test['notes'][0][2] -= 1
    run_self_test(player, tests, 'mine')
    tests[0]['notes'][0][2] -= 20
    with pytest.raises(UserError, match='mine does not play the notes of its self-test'):
        run_self_test(player, tests, 'mine')


def test_a_silent_model_has_a_self_test_too(player):
    silent = dataclasses.replace(player, threshold=1.0)
    tests = make_self_test(silent)
    assert [test['notes'] for test in tests] == [[], [], []]
    run_self_test(silent, tests, 'mine')
