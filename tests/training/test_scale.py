"""The pad holds the loops of the library, and they sound as before."""

import numpy as np

from melodyvae.playing.player import Player, decode, encode
from melodyvae.training.scale import scale_to_pad

from runs import all_weights, made_model, small_config


def test_nearly_all_loops_come_to_lie_on_the_pad_and_play_the_same(golden_loops):
    model = made_model(small_config())
    player, pad = Player.of(model), model.config.device.pad
    mean = model.encoder.get_layer('z_mean')
    factor = 3 * pad / np.abs(encode(player, golden_loops)[0]).max()
    for variable in (mean.kernel, mean.bias):
        variable.assign(variable * factor)
    before, spread = encode(player, golden_loops)
    onset = decode(player, before)['onset']
    scale_to_pad(model, golden_loops)
    after, narrow = encode(player, golden_loops)
    before_on, after_on = (np.mean(np.abs(z).max(axis=1) <= pad) for z in (before, after))
    assert before_on < 0.98 <= after_on
    scale = after[0] / before[0]
    np.testing.assert_allclose(after, before * scale[0], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(narrow - spread, 2 * np.log(scale[0]), atol=1e-4)
    np.testing.assert_allclose(decode(player, after)['onset'], onset, atol=1e-4)
    scaled = all_weights(model)
    scale_to_pad(model, golden_loops)  # loops on the pad stay
    np.testing.assert_array_equal(all_weights(model), scaled)
