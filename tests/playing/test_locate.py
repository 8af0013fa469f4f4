"""Where the loops of a file lie."""

import numpy as np
import pytest

from melodyvae.config.presets import preset
from melodyvae.midi.read import read_pieces
from melodyvae.playing.locate import find_heard, locate_loops
from melodyvae.playing.player import Player, encode_pieces
from melodyvae.runs.load import load_player
from melodyvae.system.errors import UserError

import programs


@pytest.fixture(scope='module')
def player(exported):
    return load_player(next(iter(exported('melodyvae_improved')[1])))


def test_a_file_lies_where_encode_puts_it(player):
    path = programs.GOLDEN_MIDI / 'chords.mid'
    found = locate_loops(player, path, 64)
    expected = encode_pieces(player, read_pieces(path).pieces)
    assert found and [loop['position'] for loop in found] == [loop['loop'] for loop in expected]
    np.testing.assert_allclose(
        [loop['z'] for loop in found], [loop['z_mean'] for loop in expected], atol=1e-4
    )
    assert locate_loops(player, path, 1) == found[:1]


def test_silence_is_no_loop(player, tmp_path):
    track = b'\x00\xff\x2f\x00'
    header = b'MThd\x00\x00\x00\x06\x00\x00\x00\x01\x01\xe0'
    content = header + b'MTrk' + len(track).to_bytes(4, 'big') + track
    (tmp_path / 'silent.mid').write_bytes(content)
    with pytest.raises(UserError, match=r'^silent\.mid cannot be used: it has no notes'):
        locate_loops(player, tmp_path / 'silent.mid', 64)


def test_a_loop_is_heard_where_its_notes_are_played(golden_loops):
    config = preset('melodyvae')
    loops = golden_loops.take(np.arange(3)).keep_highest()
    grids = loops.to_dense(np.arange(3))['onset']

    def decode(z):
        onset = grids[z[:, 0].astype(int)].reshape(len(z), -1)
        return [onset] + [np.full_like(onset, 0.5)] * 3

    player = Player(config, decode, None, 0.5)
    at = np.array([[0, 0], [1, 0], [0, 0]], float)  # where the third lies, the first is played
    assert find_heard(player, loops, at).tolist() == [True, True, False]
