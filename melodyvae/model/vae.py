"""The variational autoencoder as a Keras model: how encoder and decoder are trained."""

import contextlib
import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol, Self, runtime_checkable

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from melodyvae.atomic import new_file, sync
from melodyvae.config import Config, resolve_config
from melodyvae.errors import UserError
from melodyvae.model import losses
from melodyvae.model.metrics import MeanOfEach
from melodyvae.model.networks import (
    build_anchor_decoder,
    build_decoder,
    build_encoder,
    build_pad_decoder,
)
from melodyvae.model.optimizer import build_optimizer


@runtime_checkable
class FitData(Protocol):
    """What brings its own batches, steps, epochs and held-out loops to `MelodyVAE.fit`."""

    def fit_options(self, first_epoch: int) -> dict[str, Any]:
        """Arguments of `keras.Model.fit`, `x` and `steps_per_execution` included."""


@keras.saving.register_keras_serializable('melodyvae')
class MelodyVAE(keras.Model):
    """Encoder, decoder and a `train_step` for the weighted loss of the features.

    Args:
      config: the system, or the name of its preset. It decides on the layers, the loss weights,
        whether dropout and batch normalisation act while training, and the seed of all of it. The
        model keeps a copy.
      anchors: how many its pad was made of, see `replace_decoder`; 0 for a decoder that is trained.

    Attributes:
      encoder: `encoder.predict` takes a list of one `[batch, rows * steps]` float32 a feature, in
        the config's order (`flatten` makes it), and returns z_mean and z_log_var, `[batch, latent]`
        float32 each.
      decoder: `decoder.predict` takes z, `[batch, latent]` float32, and returns a list of one
        `[batch, rows * steps]` float32 a feature: onset and velocity in [0, 1], duration in half
        notes, timeshift from -1 to 1 in half steps.
      beta: weight of the KL divergence, a variable.
      learning_from: the `FitData` that `fit` was last given, for callbacks; None before.

    `fit`, `evaluate` and `predict` take a dict of the config's features, `[batch, rows, steps]`
    float32 each, as `Loops.to_dense` gives them; `fit` takes what `training_data` makes as well.
    The losses in their logs are means over the loops: `loss`, which is minimised, weighs the
    features' losses and adds beta times `kl`; `objective` is the same with a beta of 1;
    `onset_loss` and so on are unweighted.
    """

    def __init__(self, config: Config | str, anchors: int = 0, tiles: int = 0, **kwargs: Any):
        super().__init__(**kwargs)
        self.config = resolve_config(config)
        self.anchors, self.tiles = anchors, tiles
        with _seeded(self.config.training.seed):
            self.encoder = build_encoder(self.config)
            self.decoder = self._build_decoder()
        # A variable: a Python number would be frozen into the traced graph.
        self.beta = self.add_weight(name='beta', initializer='ones', trainable=False)
        self.beta.assign(self.config.training.beta)
        self.seed_generator = keras.random.SeedGenerator(self.config.training.seed)
        names = ('loss', 'objective', *(f'{name}_loss' for name in self.config.features), 'kl')
        self.tracker = MeanOfEach(names)
        self.learning_from: FitData | None = None
        self.built = True

    def compile(self, optimizer=None, **options):
        """As `keras.Model.compile`, with the config's own optimiser if none is given.

        Raises:
          UserError: on losses or metrics: the model has its own.
        """
        for name in ('loss', 'loss_weights', 'metrics', 'weighted_metrics'):
            if options.get(name) is not None:
                raise UserError(
                    f'MelodyVAE has losses and metrics of its own: leave {name}= out of compile, '
                    f'and set config.loss to weigh the features.'
                )
        with self.distribute_strategy.scope():  # its moments lie where the weights do
            super().compile(optimizer=optimizer or build_optimizer(self.config), **options)
            self.optimizer.build(self.trainable_variables)  # or the first step is traced twice

    def compile_from_config(self, config):
        """What loading a saved model calls: `compile` as the model was when it was saved."""
        options = keras.saving.deserialize_keras_object(config)
        self.compile(**options | {'jit_compile': 'auto'})  # XLA is the machine's that loads it

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        """Nothing: all is built. Keras would add up the devices' batches, which differ in size."""

    @property
    def metrics_names(self) -> list[str]:
        """Of what `evaluate` returns as a list."""
        return list(self.tracker.names)

    def fit(self, x=None, y=None, **options):
        """As `keras.Model.fit`, of arrays, a dataset, or what `training_data` makes.

        That brings batches, steps, epochs and held-out loops as its config says; epochs, callbacks
        and the like that are given beside it count instead. A model that was not compiled is, as
        its config says.

        Raises:
          UserError: on targets, weights, features that are missing, or loops of another grid.
        """
        self._prepare(x, y, options)
        self.learning_from = x if isinstance(x, FitData) else None
        if isinstance(x, FitData):
            for name in ('batch_size', 'validation_split'):
                if options.get(name) is not None:
                    raise UserError(f'training_data decides on {name}: set it in its config.')
            options = x.fit_options(options.get('initial_epoch', 0)) | options
            self.steps_per_execution = options.pop('steps_per_execution')
            if self.distribute_strategy.num_replicas_in_sync > 1:
                self.steps_per_execution = 1  # Keras cannot take several at once then
                for name in ('x', 'validation_data'):
                    options[name] = _copy_batches(options[name])
            x = options.pop('x')
        return super().fit(x, **options)

    def evaluate(self, x=None, y=None, *, return_dict: bool = False, **options):
        """As `keras.Model.evaluate`; of what `training_data` makes, the held-out loops.

        Returns:
          The losses: by name with `return_dict`, otherwise a list in the order of `metrics_names`.

        Raises:
          UserError: as `fit`; or if nothing is held out.
        """
        self._prepare(x, y, options)
        if isinstance(x, FitData):
            x = x.fit_options(0)['validation_data']
            if self.distribute_strategy.num_replicas_in_sync > 1:
                x = _copy_batches(x)
            if x is None:
                raise UserError('This training_data holds nothing out: evaluate other loops.')
        found = super().evaluate(x, return_dict=True, **options)
        return found if return_dict else [found[name] for name in self.metrics_names]

    def predict(self, x, *args, **options):
        """As `keras.Model.predict`: what `call` gives, as NumPy arrays."""
        self._prepare(x, None, {})
        if isinstance(x, FitData):
            raise UserError('predict takes a dict of grids, as loops.to_dense gives them.')
        return super().predict(x, *args, **options)

    def _prepare(self, x, y, options: Mapping) -> None:
        """Refuses what cannot work, before Keras sees it; compiles a model that is not."""
        if y is not None:
            raise UserError('MelodyVAE learns to give its loops back: leave y out.')
        _refuse_weights(options)
        if isinstance(x, (Mapping, np.ndarray)):
            self._check(x)
        if not self.compiled:
            self.compile()

    def _build_decoder(self) -> keras.Model:
        if self.tiles:
            return build_pad_decoder(self.config, self.tiles, self.anchors)
        if self.anchors:
            return build_anchor_decoder(self.config, self.anchors)
        return build_decoder(self.config)

    def replace_decoder(self, decoder: keras.Model, anchors: int, tiles: int) -> None:
        """Plays by another decoder from here on, made by `networks.build_pad_decoder`.

        The optimiser is a new one, that goes on counting its steps: what it knew was of the decoder
        before.
        """
        steps = self.optimizer.iterations if self.compiled else 0
        self._layers.remove(self.decoder)  # Keras forgets variables that are deleted, but no layers
        self.decoder, self.anchors, self.tiles = decoder, anchors, tiles
        self.compile()
        self.optimizer.iterations.assign(steps)

    def call(self, inputs, training=None):
        """Reconstruction through z_mean: a dict of `[batch, rows, steps]` float32."""
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
            feature_losses, kl = self.sampled_losses(x, training=self.config.model.training_mode)
            total = self.weigh_losses(feature_losses, kl)
        variables = self.trainable_variables
        self.optimizer.apply(tape.gradient(total, variables), variables)
        return self._report(feature_losses, kl) | {'beta': self.beta}

    def test_step(self, data):
        return self._report(*self.sampled_losses(self._unpack(data), training=False))

    def _unpack(self, data):
        """The features' grids of a batch, which has nothing else."""
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        if y is not None:
            raise UserError('MelodyVAE learns to give its loops back: leave y out.')
        _refuse_weights({'sample_weight': sample_weight})
        return x

    def sampled_losses(self, x, training: bool):
        """Each feature's loss and the KL divergence, for z drawn from the posterior.

        Returns:
          A dict of `[batch]` float32, unweighted, and the KL divergence, `[batch]` float32.
        """
        x = self.flatten(x)
        z_mean, z_log_var = self.encoder(x, training=training)
        posterior = losses.posterior(z_mean, z_log_var)
        z = posterior.sample(seed=ops.cast(self.seed_generator.next(), 'int32'))
        return self.feature_losses(x, z, training), losses.kl_divergence(posterior)

    def feature_losses(self, x, z, training: bool):
        """Each feature's loss for a given z: a dict of `[batch]` float32, unweighted.

        Args:
          x: list of `[batch, rows * steps]` float32, as `flatten` makes it.
          z: `[batch, latent]` float32.
          training: whether dropout and batch normalisation act.
        """
        decoded = self.decoder(z, training=training)
        names = self.config.features
        return losses.feature_losses(
            dict(zip(names, x, strict=True)),
            dict(zip(names, decoded, strict=True)),
            self.config.loss,
        )

    def weigh_losses(self, feature_losses, kl):
        """Weighted features plus beta times KL, averaged over the batch; a float32 scalar."""
        weighted = losses.weighted_sum(feature_losses, self.config.loss)
        return ops.mean(weighted + self.beta * kl)

    def flatten(self, x):
        """Grids `[batch, rows, steps]` by name to a list of `[batch, rows * steps]`, in order.

        Raises:
          UserError: if a feature is missing, or a grid has another size than the config's.
        """
        self._check(x)
        cells = self.config.grid.rows * self.config.grid.steps
        return [ops.reshape(x[name], (-1, cells)) for name in self.config.features]

    def _check(self, x) -> None:
        """Raises what `flatten` does."""
        names, grid = self.config.features, (self.config.grid.rows, self.config.grid.steps)
        if not isinstance(x, Mapping):
            raise UserError(f'MelodyVAE takes a dict of grids by feature, {", ".join(names)}.')
        missing = [name for name in names if name not in x]
        if missing:
            raise UserError(
                f'A batch lacks {", ".join(missing)}: this model needs {", ".join(names)}.'
            )
        for name in names:
            if tuple(x[name].shape[1:]) != grid:
                rows, steps = (size or 'any' for size in (*x[name].shape[1:], 0, 0)[:2])
                raise UserError(
                    f'A batch has {name} grids of {rows} rows x {steps} steps, and this model '
                    f'takes {grid[0]} x {grid[1]}: cut the loops for its config.grid.'
                )

    def _report(self, feature_losses, kl):
        weighted = losses.weighted_sum(feature_losses, self.config.loss)
        values = {
            'loss': weighted + self.beta * kl,
            'objective': weighted + kl,
            'kl': kl,
            **{f'{name}_loss': loss for name, loss in feature_losses.items()},
        }
        self.tracker.update_state(values)
        return self.tracker.result()

    def save(self, filepath, overwrite=True, **kwargs):
        """As `keras.Model.save`, in one move: an interrupted save leaves the old file whole."""
        with new_file(Path(filepath), overwrite=overwrite) as temporary:
            super().save(temporary, overwrite=True, **kwargs)
            sync(temporary)

    def save_own_variables(self, store):
        """Keras saves no seeds: without those of sampling and dropout no run could be continued."""
        super().save_own_variables(store)
        for index, seed in enumerate(self._seeds()):
            store[f'seed_{index}'] = seed.numpy()

    def load_own_variables(self, store):
        names = [name for name in store.keys() if not name.startswith('seed_')]  # noqa: SIM118
        super().load_own_variables({name: store[name] for name in names})
        for index, seed in enumerate(self._seeds()):
            seed.assign(store[f'seed_{index}'])

    def _seeds(self):
        return [v for v in self.variables if v.path.endswith('seed_generator_state')]

    def get_config(self) -> dict[str, Any]:
        return {'config': self.config.to_dict(), 'anchors': self.anchors, 'tiles': self.tiles}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects=None) -> Self:
        pad = {name: config.get(name, 0) for name in ('anchors', 'tiles')}
        return cls(Config.from_dict(config['config']), **pad)


def _copy_batches(batches: tf.data.Dataset | None) -> tf.data.Dataset | None:
    """Batches in memory of TensorFlow's own.

    Those of `loops.batches` are NumPy's, and several devices, which fetch ahead, were seen to read
    them when others had taken their place.
    """
    if batches is None:
        return None
    return batches.map(lambda grids: {name: grid + 0 for name, grid in grids.items()})


def _refuse_weights(options: Mapping) -> None:
    """Keras drops the weights of what has no targets, without a word."""
    for name in ('sample_weight', 'class_weight'):
        if options.get(name) is not None:
            raise UserError(f'MelodyVAE weighs all loops alike: leave {name}= out.')


@contextlib.contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Keras draws the seeds of layers from Python's generator: from this seed within the block."""
    before = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(before)
