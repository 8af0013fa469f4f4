"""The pad holds the loops of the library, and they sound as before."""

import numpy as np
import pytest

from melodyvae.model.vae import MelodyVAE
from melodyvae.playing.player import Player, decode, encode
from melodyvae.training.scale import scale_to_pad

from runs import made_model, small_config


@pytest.fixture
def wide(golden_loops) -> MelodyVAE:
    """A model whose loops lie farther out than its pad reaches."""
    model = made_model(small_config())
    z = encode(Player.of(model), golden_loops)[0]
    mean = model.encoder.get_layer('z_mean')
    factor = 3 * model.config.device.pad / np.abs(z).max()
    for variable in (mean.kernel, mean.bias):
        variable.assign(variable * factor)
    return model


def test_nearly_all_loops_lie_on_the_pad_and_play_the_same(wide, golden_loops):
    player = Player.of(wide)
    before, spread = encode(player, golden_loops)
    onset = decode(player, before)['onset']
    scale_to_pad(wide, golden_loops)
    after, narrow = encode(player, golden_loops)
    before_on, after_on = (
        np.mean(np.abs(z).max(axis=1) <= wide.config.device.pad) for z in (before, after)
    )
    assert before_on < 0.98 <= after_on
    scale = after[0] / before[0]
    np.testing.assert_allclose(after, before * scale[0], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(narrow - spread, 2 * np.log(scale[0]), atol=1e-4)
    np.testing.assert_allclose(decode(player, after)['onset'], onset, atol=1e-4)


def test_loops_on_the_pad_stay(wide, golden_loops):
    scale_to_pad(wide, golden_loops)
    before = [variable.numpy() for variable in wide.weights]
    scale_to_pad(wide, golden_loops)
    for variable, value in zip(wide.weights, before, strict=True):
        np.testing.assert_array_equal(variable, value)
