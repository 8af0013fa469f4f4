"""Batch normalization in the dense layer before it, and what that is good for."""

import numpy as np
import pytest

import tfjs_export
from melodyvae.model.vae import build_decoder, build_encoder
from melodyvae.playing.fold import fold_normalization
from melodyvae.playing.latent import z_random
from tfjs_export.verify import apply_in_tfjs

import runs


def normalized_model(name):
    """A model whose batch normalization has statistics and scales, as after training."""
    model = runs.made_model(runs.small_config(name))
    random = np.random.default_rng(3)
    for half in (model.encoder, model.decoder):
        for weight in half.weights:
            if weight.name in ('gamma', 'moving_variance'):
                weight.assign(random.uniform(0.3, 2, weight.shape))
            elif weight.name in ('beta', 'moving_mean'):
                weight.assign(random.normal(0, 0.5, weight.shape))
    return model


def kinds(model):
    return [type(layer).__name__ for layer in model.layers]


@pytest.mark.parametrize('name', ['melodyvae_improved', 'melodyvae_original'])
def test_a_folded_model_gives_the_same_numbers(name):
    model = normalized_model(name)
    sparse = np.random.default_rng(0).random((40, *model.encoder.inputs[0].shape[1:])) < 0.03
    patterns = [sparse.astype(np.float32)] * len(model.encoder.inputs)
    for half, build, inputs in (
        (model.decoder, build_decoder, z_random(40).astype(np.float32)),
        (model.encoder, build_encoder, patterns),
    ):
        before = half.get_weights()
        folded = fold_normalization(half, model.config, build)
        assert 'BatchNormalization' in kinds(half)
        assert 'BatchNormalization' not in kinds(folded)
        for ours, theirs in zip(half(inputs), folded(inputs), strict=True):
            np.testing.assert_allclose(ours, theirs, atol=1e-5)
        for old, kept in zip(before, half.get_weights(), strict=True):
            np.testing.assert_array_equal(old, kept)


def test_a_model_without_batch_normalization_is_left_alone():
    config = runs.small_config('melodyvae')
    decoder = runs.made_model(config).decoder
    assert fold_normalization(decoder, config, build_decoder) is decoder


def test_what_the_device_bends_plays_on_where_it_would_be_no_number(tmp_path):
    model, noise = normalized_model('rhythmvae'), np.random.default_rng(1)
    folded = fold_normalization(model.decoder, model.config, build_decoder)
    folders = [
        tfjs_export.save_layers_model(decoder, tmp_path / name)
        for name, decoder in (('folded', folded), ('unfolded', model.decoder))
    ]
    for folder in folders:
        weights = np.fromfile(folder / 'weights.bin', '<f4')
        # As the device's "bend": the same noise on every weight, whatever it is.
        bent = weights + noise.normal(0, 0.5, weights.shape)
        bent.astype('<f4').tofile(folder / 'weights.bin')
    z = z_random(10).astype(np.float32)
    _, outputs = apply_in_tfjs([(folder, [z]) for folder in folders], '1.7.4', 60)
    assert [bool(np.isfinite(one).all()) for one in outputs] == [True, False]
