"""The three devices' numbers: forward pass, losses, gradients, Adam steps, decoder grid."""

import numpy as np
import pytest
import tensorflow as tf

from melodyvae.config.presets import preset
from melodyvae.model import losses
from melodyvae.model.networks import build_encoder
from melodyvae.model.optimizer import build_optimizer
from melodyvae.model.vae import MelodyVAE
from melodyvae.training.schedules import anneal_beta

import golden_files
import golden_weights

SYSTEMS = {
    'melodyvae_improved': ('augment0', 1e-4),
    'melodyvae_original': ('augment0', 2e-3),
    'rhythmvae': ('greedy', 1e-4),
}


class Golden:
    """One system's golden numbers and a model with the golden weights."""

    def __init__(self, name: str):
        patterns, self.adam_tolerance = SYSTEMS[name]
        self.numbers = golden_files.read(f'{name}.model.json')
        self.config = preset(name, 'js')
        self.model = MelodyVAE(self.config)
        self.variables = golden_weights.lay_weights(self.model, self.numbers)
        self.x = golden_weights.golden_batch(
            self.numbers, golden_files.read(f'{name}.patterns.{patterns}.json'), self.config
        )
        self.noise = golden_weights.golden_noise(self.numbers)

    def forward(self):
        """(z_mean, z_log_var, feature losses, kl) with the golden noise."""
        x = self.model.flatten(self.x)
        z_mean, z_log_var = self.model.encoder(x, training=False)
        z = z_mean + tf.exp(0.5 * z_log_var) * self.noise
        kl = losses.kl_divergence(losses.posterior(z_mean, z_log_var))
        return z_mean, z_log_var, self.model.feature_losses(x, z, training=False), kl

    def total(self, epoch: int):
        *_, feature_losses, kl = self.forward()
        training = self.config.training
        self.model.beta.assign(anneal_beta(epoch, training.kl_annealing_epochs, training.beta))
        return self.model.weigh_losses(feature_losses, kl)


@pytest.fixture(scope='module', params=SYSTEMS)
def golden(request):
    return Golden(request.param)


def test_forward_pass(golden):
    z_mean, z_log_var, *_ = golden.forward()
    np.testing.assert_allclose(z_mean, golden.numbers['z_mean'], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(z_log_var, golden.numbers['z_log_var'], rtol=1e-5, atol=1e-6)
    z = z_mean + tf.exp(0.5 * z_log_var) * golden.noise
    decoded = golden.model.decoder(z, training=False)
    for ours, theirs in zip(decoded, golden.numbers['decoded'], strict=True):
        assert np.mean(ours) == pytest.approx(theirs['mean'], rel=1e-5, abs=1e-6)
        assert np.std(ours) == pytest.approx(theirs['std'], rel=1e-4)
        np.testing.assert_allclose(ours[0], theirs['first_pattern'], rtol=1e-5, atol=1e-6)


def test_losses(golden):
    *_, feature_losses, kl = golden.forward()
    ours = {name: float(np.mean(loss)) for name, loss in feature_losses.items()}
    assert ours | {'kl': float(np.mean(kl))} == pytest.approx(
        golden.numbers['unweighted_losses'], rel=1e-5
    )
    for epoch, total in golden.numbers['total_loss_by_epoch'].items():
        assert float(golden.total(int(epoch))) == pytest.approx(total, rel=1e-5)


def test_gradients(golden):
    variables = [golden.variables[g['name']] for g in golden.numbers['gradients']]
    with tf.GradientTape() as tape:
        total = golden.total(epoch=4)
    gradients = tape.gradient(total, variables)
    for ours, theirs in zip(gradients, golden.numbers['gradients'], strict=True):
        norm = theirs['l2']
        assert np.linalg.norm(ours) == pytest.approx(norm, rel=1e-4, abs=1e-7), theirs['name']
        # A sum cancels: what counts is its error beside the gradient's size.
        assert np.sum(ours, dtype=np.float64) == pytest.approx(
            theirs['sum'], rel=1e-3, abs=1e-3 * norm + 1e-7
        ), theirs['name']
    assert len(variables) == len(golden.model.trainable_variables)


def test_decoder_grid(golden):
    grid = golden.numbers['decoder_grid']
    decoded = golden.model.decoder(np.array(grid['z'], np.float32), training=False)
    means = np.array([np.mean(output, axis=1) for output in decoded])
    largest = np.array([np.max(output, axis=1) for output in decoded])
    np.testing.assert_allclose(means, np.array(grid['mean']), atol=1e-5)
    np.testing.assert_allclose(largest, np.array(grid['max']), atol=1e-5)


def test_five_adam_steps(golden):  # the last, since it changes the weights
    optimizer = build_optimizer(golden.config)
    variables = golden.model.trainable_variables
    path = []
    for _ in range(5):
        with tf.GradientTape() as tape:
            total = golden.total(epoch=4)
        optimizer.apply(tape.gradient(total, variables), variables)
        path.append(float(total))
    path.append(float(golden.total(epoch=4)))
    theirs = [*golden.numbers['adam_losses'], golden.numbers['loss_after_adam']]
    assert path == pytest.approx(theirs, rel=golden.adam_tolerance)


def test_kernels_start_as_narrow_as_in_tfjs():
    encoder = build_encoder(preset('melodyvae_improved', 'js'))
    kernel = encoder.get_layer('encoder_merged_dense').kernel
    assert np.std(kernel) == pytest.approx(0.88 * np.sqrt(2 / sum(kernel.shape)), rel=0.01)
