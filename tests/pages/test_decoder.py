"""The decoder in a page: half the bytes, nearly the same numbers."""

import json
import shutil

import keras
import numpy as np
import pytest

import tfjs_export
from melodyvae.pages.decoder import read_decoder
from melodyvae.runs.export import export
from melodyvae.runs.load import load_player
from melodyvae.system.errors import UserError

from runs import make_run


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    run = make_run(tmp_path_factory.mktemp('runs') / 'run')
    return next(iter(export(run, run.path)))


def save_packed(decoder, folder):
    """A packed decoder as a TF.js model folder."""
    folder.mkdir()
    manifest = [{'paths': ['weights.bin'], 'weights': decoder.specs}]
    model = {'modelTopology': decoder.topology, 'weightsManifest': manifest}
    (folder / 'model.json').write_text(json.dumps(model))
    (folder / 'weights.bin').write_bytes(decoder.weights)
    return folder


def test_a_packed_decoder_plays_nearly_what_the_model_plays(folder, tmp_path):
    decoder, player = read_decoder(folder), load_player(folder)
    assert decoder.config == player.config
    assert (decoder.threshold, decoder.timing.tempo) == (player.threshold, player.timing.tempo)
    assert len(decoder.weights) < 0.7 * (folder / 'weights.bin').stat().st_size
    packed = tfjs_export.load_layers_model(save_packed(decoder, tmp_path / 'packed'))
    z = np.random.default_rng(0).normal(size=(64, 2)).astype(np.float32)
    for ours, theirs in zip(packed(z), player.decoder(z), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=0.02)


def test_small_weights_stay_whole_since_they_say_where_loops_lie(folder):
    specs = read_decoder(folder).specs
    halved = {np.prod(spec['shape']) > 4096: 'quantization' in spec for spec in specs}
    assert halved == {True: True, False: False}


def test_weights_that_no_half_can_hold_stay_whole(tmp_path):
    z = keras.Input((2,), name='z')
    hidden = keras.layers.Dense(8)(z)
    outputs = [keras.layers.Dense(768, name=name)(hidden) for name in ('a', 'b', 'c', 'd')]
    model = keras.Model(z, outputs)
    kernel = np.zeros((8, 768), np.float32)
    kernel[0, 0] = 7e4
    model.get_layer('a').set_weights([kernel, np.zeros(768, np.float32)])
    tfjs_export.save_layers_model(model, tmp_path / 'large.model')
    decoder = read_decoder(tmp_path / 'large.model')
    packed = tfjs_export.load_layers_model(save_packed(decoder, tmp_path / 'packed'))
    assert packed.get_layer('a').get_weights()[0][0, 0] == 7e4


def test_what_is_no_decoder_is_refused(folder, tmp_path):
    encoder = folder.parent / 'encoder' / 'melodyvae_improved.encoder'
    with pytest.raises(UserError, match='is not a decoder'):
        read_decoder(encoder)
    with pytest.raises(UserError, match='no such file'):
        read_decoder(tmp_path / 'missing')
    shutil.copytree(folder, tmp_path / 'broken')
    (tmp_path / 'broken' / 'weights.bin').write_bytes(b'')
    with pytest.raises(UserError, match=r'weights\.bin'):
        read_decoder(tmp_path / 'broken')
