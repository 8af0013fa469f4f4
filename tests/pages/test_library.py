"""A library's own loops in a page."""

import numpy as np

from melodyvae.pages import library
from melodyvae.pages.library import describe_library
from melodyvae.playing.player import Player, encode


def test_loops_lie_where_the_encoder_puts_them(tiny, tiny_loops):
    player = Player.of(tiny)
    found = describe_library(player, tiny_loops, (-2, 3))
    assert found['files'] == ['a', 'b'] and found['shifts'] == [-2, 0, 3]
    assert found['loops'] == [
        {'file': 0, 'position': 0, 'z': [0.5, -4.0], 'rows': [0], 'steps': [0], 'near': True},
        {'file': 1, 'position': 0, 'z': [0.5, -4.0], 'rows': [1, 1], 'steps': [0, 1], 'near': True},
    ]
    np.testing.assert_allclose(encode(player, tiny_loops)[0], [[0.5, -4.0]] * 2)


def test_of_many_loops_some_are_shown(tiny, tiny_loops):
    many = tiny_loops.take(np.arange(library.MAX_LOOPS + 500) % 2)
    found = describe_library(Player.of(tiny), many, ())
    assert len(found['loops']) == library.MAX_LOOPS
    assert found['total'] == library.MAX_LOOPS + 500
