"""Encoders and decoders as the settings of a model ask for them."""

import keras
import numpy as np
import pytest

from melodyvae.config.settings import Config
from melodyvae.model.networks import build_decoder, build_encoder
from melodyvae.model.vae import MelodyVAE

from runs import small_config


def small(**settings) -> Config:
    """The Improved preset, narrow, with some settings of its model."""
    config = small_config()
    for name, value in settings.items():
        setattr(config.model, name, value)
    return config.validate()


def layer_names(model: keras.Model, kind: type[keras.Layer]) -> list[str]:
    return [layer.name for layer in model.layers if isinstance(layer, kind)]


def units(model: keras.Model) -> dict[str, int]:
    return {x.name: x.units for x in model.layers if isinstance(x, keras.layers.Dense)}


def test_the_decoder_starts_with_as_many_blocks_as_configured():
    plain, deep = build_decoder(small()), build_decoder(small(decoder_depth=3))
    more = {'decoder_shared_2_dense': 16, 'decoder_shared_3_dense': 16}
    assert units(deep) == units(plain) | more
    assert not set(more) & set(units(plain))
    for kind in (keras.layers.BatchNormalization, keras.layers.LeakyReLU, keras.layers.Dropout):
        assert len(layer_names(deep, kind)) == len(layer_names(plain, kind)) + 2
    for head in plain.output_names:
        assert deep.get_layer(f'decoder_{head}_dense').kernel.shape == (16, 8)
    chain = [deep.get_layer(f'decoder_shared{n}_dense').kernel.shape for n in ('', '_2', '_3')]
    assert chain == [(2, 16), (16, 16), (16, 16)]


def test_one_encoder_branch_sees_all_features():
    encoder = build_encoder(small(one_encoder_branch=True))
    merged = {'encoder_all_dense': 8, 'encoder_merged_dense': 8}
    assert units(encoder) == merged | {'z_mean': 2, 'z_log_var': 2}
    assert encoder.get_layer('encoder_all_dense').kernel.shape == (4 * 768, 8)
    assert encoder.get_layer('encoder_merged_dense').kernel.shape == (8, 8)
    random = np.random.default_rng(0)
    x = [random.uniform(size=(1, 768)).astype('f4') for _ in range(4)]
    z_mean = np.array(encoder(x)[0])
    for i in range(4):
        changed = [*x[:i], 1 - x[i], *x[i + 1 :]]
        assert np.any(np.array(encoder(changed)[0]) != z_mean)


def test_normalization_is_in_every_block_or_none():
    for build in (build_encoder, build_decoder):
        plain, without = build(small()), build(small(normalization=False))
        blocks = layer_names(plain, keras.layers.LeakyReLU)
        assert len(layer_names(plain, keras.layers.BatchNormalization)) == len(blocks)
        assert not layer_names(without, keras.layers.BatchNormalization)
        assert layer_names(without, keras.layers.LeakyReLU) == blocks


def test_dropout_can_be_left_to_the_encoder():
    config = small(dropout=0.5, decoder_dropout=False)
    encoder, decoder = build_encoder(config), build_decoder(config)
    assert len(layer_names(encoder, keras.layers.Dropout)) == 5
    assert not layer_names(decoder, keras.layers.Dropout)
    assert layer_names(build_decoder(small(dropout=0.5)), keras.layers.Dropout)
    silent = small(dropout=0.0, decoder_dropout=True)
    assert not layer_names(build_decoder(silent), keras.layers.Dropout)


def test_the_decoder_s_first_block_is_spread_over_the_pad():
    spread = 0.7
    config = small(z_spread=spread, decoder_hidden=4096, decoder_depth=2)
    plain, wide = build_decoder(small(decoder_hidden=4096)), build_decoder(config)
    first = wide.get_layer('decoder_shared_dense')
    kernel, bias = np.array(first.kernel), np.array(first.bias)
    assert kernel.std() == pytest.approx(spread, rel=0.05)
    assert np.abs(kernel).max() > 2.5 * spread  # not truncated
    assert -3 * spread <= bias.min() < -2.9 * spread
    assert 2.9 * spread < bias.max() <= 3 * spread
    assert bias.std() == pytest.approx(3 * spread / 3**0.5, rel=0.05)
    for name in ('decoder_shared_2_dense', 'decoder_onset_dense'):  # the others start as ever
        layer = wide.get_layer(name)
        assert not np.any(layer.bias)
        assert np.array(layer.kernel).std() < 0.1
    start = plain.get_layer('decoder_shared_dense')
    assert not np.any(start.bias)
    assert np.array(start.kernel).std() == pytest.approx((2 / 4098) ** 0.5, rel=0.05)


def test_all_notes_start_on_the_grid(golden_loops):
    config = small(timeshift_from_zero=True)
    model = MelodyVAE(config)
    z = np.random.default_rng(0).normal(size=(50, 2)).astype('f4')
    *others, timeshift = model.decoder(z)
    assert not np.any(timeshift)
    assert all(np.ptp(np.array(x)) > 0 for x in others)
    model.compile(run_eagerly=True)  # faster for few steps
    model.fit(golden_loops.to_dense(np.arange(8)), batch_size=8, epochs=2, verbose=0)
    assert np.any(model.decoder(z)[-1])  # and can leave it
    assert np.any(build_decoder(small())(z)[-1])
    port = small_config('melodyvae_original', 'js')  # without timeshift
    port.model.timeshift_from_zero = True
    assert len(build_decoder(port).outputs) == 3


def test_pads_of_earlier_runs_load():
    model = MelodyVAE(small(), anchors=7)
    loaded = MelodyVAE.from_config(model.get_config())
    assert loaded.decoder.get_layer('nearness').units == 7
