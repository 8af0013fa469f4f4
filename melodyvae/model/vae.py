"""The variational autoencoder as a Keras model: how encoder and decoder are trained."""

import contextlib
import random
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Self

import keras
import tensorflow as tf
from keras import ops

from melodyvae.config import Config, resolve_config
from melodyvae.model import losses
from melodyvae.model.checks import check_grids, refuse_targets, require_float32_tensorflow
from melodyvae.model.loop_model import LoopModel
from melodyvae.model.metrics import MeanOfEach
from melodyvae.model.networks import (
    build_anchor_decoder,
    build_decoder,
    build_encoder,
    build_pad_decoder,
)
from melodyvae.model.notes import CELL, lay_out
from melodyvae.system.errors import UserError


@keras.saving.register_keras_serializable('melodyvae')
class MelodyVAE(LoopModel):
    """Encoder, decoder and a `train_step` for the weighted loss of the features.

    Args:
      config: the system, or the name of its preset. It determines the layers, the loss weights,
        whether dropout and batch normalization act during training, and the seed of all of it. The
        model keeps a copy.
      anchors, tiles: of a model with a pad, see `build_pad_decoder`; 0 for a decoder that is
        trained.

    Attributes:
      encoder: `encoder.predict` takes a list of one `[batch, rows * steps]` float32 per feature, in
        the config's order (made by `flatten`), and returns z_mean and z_log_var, `[batch, latent]`
        float32 each.
      decoder: `decoder.predict` takes z, `[batch, latent]` float32, and returns a list of one
        `[batch, rows * steps]` float32 per feature: onset and velocity in [0, 1], duration in half
        notes, timeshift from -1 to 1 in half steps.
      beta: the weight of the KL divergence, a variable.

    `fit`, `evaluate` and `predict` take a dict of the config's features, `[batch, rows, steps]`
    float32 each, as returned by `Loops.to_dense`. `fit` and `evaluate` also take `training_data`.
    The losses in their logs are means over the loops: `loss`, which is minimized, is the weighted
    sum of the features' losses plus beta times `kl`; `objective` is the same with a beta of 1;
    `onset_loss` and so on are unweighted.

    A subclass can add losses: it names them, with their weights, in `extra_loss_weights`, and
    returns them from `extra_losses`. They are minimized and logged like those of the features. To
    be saved and loaded, it is registered, accepts the arguments above, and builds its own layers in
    `__init__`. This one tells the most common pitch class of a loop from z:

        @keras.saving.register_keras_serializable()
        class KeyClassifier(melodyvae.MelodyVAE):
            extra_loss_weights = {'key': 0.5}

            def __init__(self, *args, **kwargs):
                super().__init__(*args, **kwargs)
                self.key = keras.layers.Dense(12)
                self.key.build((None, self.config.model.latent))

            def extra_losses(self, x, z, training):
                onsets = keras.ops.reshape(x[0], (-1, 2, 12, self.config.grid.steps))
                key = keras.ops.argmax(keras.ops.sum(onsets, (1, 3)), -1)
                return {'key': keras.losses.sparse_categorical_crossentropy(key, self.key(z), True)}
    """

    extra_loss_weights: ClassVar[Mapping[str, float]] = {}

    def __init__(self, config: Config | str, anchors: int = 0, tiles: int = 0, **kwargs: Any):
        require_float32_tensorflow()
        super().__init__(**kwargs)
        if self.dtype_policy.name != 'float32':
            raise UserError('MelodyVAE computes in float32: leave dtype= out.')
        self.config = resolve_config(config)
        self.anchors, self.tiles = anchors, tiles
        with _seeded(self.config.training.seed):
            self.encoder = build_encoder(self.config)
            if tiles:
                self.decoder = build_pad_decoder(self.config, tiles, anchors)
            elif anchors:
                self.decoder = build_anchor_decoder(self.config, anchors)
            else:
                self.decoder = build_decoder(self.config)
        # A variable: a Python number would be frozen into the traced graph.
        self.beta = self.add_weight(name='beta', initializer='ones', trainable=False)
        self.beta.assign(self.config.training.beta)
        self.seed_generator = keras.random.SeedGenerator(self.config.training.seed)
        parts = (*self.config.features, *self.extra_loss_weights)
        self.tracker = MeanOfEach(('loss', 'objective', *(f'{name}_loss' for name in parts), 'kl'))
        self.built = True

    def copy(self) -> Self:
        """Returns a model with the same weights and its own optimizer."""
        copied = self.from_config(self.get_config())
        copied.set_weights(self.get_weights())
        return copied

    def replace_decoder(self, decoder: keras.Model, anchors: int, tiles: int) -> None:
        """Replaces the decoder by one that `networks.build_pad_decoder` made.

        The optimizer starts again with the same settings and step count: its moments belong to the
        previous decoder.
        """
        if not self.compiled:
            self.compile()
        before = self.optimizer
        # Keras keeps replaced layers, and loads optimizer states by the order of layers.
        place = self._layers.index(self.decoder)
        del self._layers[place]
        self.decoder, self.anchors, self.tiles = decoder, anchors, tiles
        self._layers.insert(place, self._layers.pop())
        self.compile(
            optimizer=before.from_config(before.get_config()),
            run_eagerly=self.run_eagerly,
            steps_per_execution=self.steps_per_execution,
            jit_compile=self.jit_compile,
        )
        self.optimizer.iterations.assign(before.iterations)

    def call(self, inputs, training=None):
        """Reconstructs loops from z_mean: a dict of `[batch, rows, steps]` float32."""
        z_mean, _ = self.encoder(self.flatten(inputs), training=training)
        grid = (-1, self.config.grid.rows, self.config.grid.steps)
        decoded = self.decoder(z_mean, training=training)
        return {
            name: ops.reshape(x, grid)
            for name, x in zip(self.config.features, decoded, strict=True)
        }

    def train_step(self, data):
        x = self._unpack(data)
        with tf.GradientTape() as tape:
            parts, kl = self.sampled_losses(x, training=self.config.model.training_mode)
            total = self.optimizer.scale_loss(self.weigh_losses(parts, kl))
        variables = self.trainable_variables
        self.optimizer.apply(tape.gradient(total, variables), variables)
        return self._report(parts, kl) | {'beta': self.beta}

    def test_step(self, data):
        return self._report(*self.sampled_losses(self._unpack(data), training=False))

    def _unpack(self, data):
        """Returns the grids of a batch of notes or grids."""
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        refuse_targets(y, {'sample_weight': sample_weight})
        return lay_out(x, self.config.grid) if CELL in x else x

    def sampled_losses(self, x, training: bool):
        """Computes all losses and the KL divergence, for z drawn from the posterior.

        Returns:
          A dict of `[batch]` float32, unweighted, and the KL divergence, `[batch]` float32.
        """
        x = self.flatten(x)
        z_mean, z_log_var = self.encoder(x, training=training)
        posterior = losses.posterior(z_mean, z_log_var)
        z = posterior.sample(seed=ops.cast(self.seed_generator.next(), 'int32'))
        parts = self.feature_losses(x, z, training) | self.extra_losses(x, z, training)
        return parts, losses.kl_divergence(posterior)

    def feature_losses(self, x, z, training: bool):
        """Computes each feature's loss for a given z: a dict of `[batch]` float32, unweighted.

        Args:
          x: list of `[batch, rows * steps]` float32, made by `flatten`.
          z: `[batch, latent]` float32.
          training: whether dropout and batch normalization act.
        """
        decoded = self.decoder(z, training=training)
        names = self.config.features
        return losses.feature_losses(
            dict(zip(names, x, strict=True)),
            dict(zip(names, decoded, strict=True)),
            self.config.loss,
        )

    def extra_losses(self, x, z, training: bool) -> dict[str, Any]:
        """Computes the losses that a subclass names in `extra_loss_weights`; none by default.

        Args:
          x, z, training: as of `feature_losses`; z is drawn from the posterior.

        Returns:
          A dict of `[batch]` float32, unweighted. They are logged as `NAME_loss`.
        """
        return {}

    def weigh_losses(self, parts, kl):
        """Returns the weighted losses plus beta times KL, averaged over the batch: a scalar."""
        return ops.mean(self._weigh(parts) + self.beta * kl)

    def _weigh(self, parts):
        """Returns the weighted sum of the losses, `[batch]` float32."""
        weighted = losses.weighted_sum(parts, self.config.loss)
        for name, weight in self.extra_loss_weights.items():
            weighted += weight * parts[name]
        return weighted

    def flatten(self, x):
        """Converts `[batch, rows, steps]` by name to a list of `[batch, rows * steps]`, in order.

        Raises:
          UserError: if a feature is missing, or a grid has another size than the config's.
        """
        check_grids(x, self.config)
        cells = self.config.grid.rows * self.config.grid.steps
        return [ops.reshape(x[name], (-1, cells)) for name in self.config.features]

    def _report(self, parts, kl):
        weighted = self._weigh(parts)
        values = {
            'loss': weighted + self.beta * kl,
            'objective': weighted + kl,
            'kl': kl,
            **{f'{name}_loss': loss for name, loss in parts.items()},
        }
        self.tracker.update_state(values)
        return self.tracker.result()

    def get_config(self) -> dict[str, Any]:
        return {'config': self.config.to_dict(), 'anchors': self.anchors, 'tiles': self.tiles}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects=None) -> Self:
        pad = {name: config.get(name, 0) for name in ('anchors', 'tiles')}  # older files lack them
        return cls(Config.from_dict(config['config']), **pad)


@contextlib.contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Seeds Python's random generator within the block: Keras draws the seeds of layers from it."""
    before = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(before)
