"""Checks of what a model is given, before Keras sees it."""

from collections.abc import Mapping
from typing import Any

import keras

from melodyvae.config import Config
from melodyvae.system.errors import UserError


def require_float32_tensorflow() -> None:
    """Raises a UserError unless Keras runs on TensorFlow and computes in float32."""
    backend = keras.config.backend()
    if backend != 'tensorflow':
        raise UserError(
            f'Keras runs on {backend}, and MelodyVAE needs TensorFlow: set '
            f'KERAS_BACKEND=tensorflow before Python starts.'
        )
    for dtype in (keras.config.floatx(), keras.config.dtype_policy().name):
        if dtype != 'float32':
            raise UserError(
                f'Keras is set to {dtype}, and MelodyVAE computes in float32: call '
                f"keras.config.set_floatx('float32') and "
                f"keras.config.set_dtype_policy('float32') first."
            )


def refuse_unbuilt(model: keras.Model) -> None:
    """Raises a UserError if a subclass has layers that have no weights yet.

    They could neither be trained, since the optimizer is built before the first step, nor loaded.
    """
    for layer in model.layers:
        if not layer.built and type(layer).build is not keras.Layer.build:
            raise UserError(
                f'{type(model).__name__} has a layer without weights, {layer.name}: call its '
                f'build() in __init__, such as build((None, self.config.model.latent)).'
            )


def refuse_unregistered(model: keras.Model) -> None:
    """Raises a UserError if Keras could save, but not load, a model of this class."""
    kind = type(model)
    if keras.saving.get_registered_object(keras.saving.get_registered_name(kind)) is not kind:
        raise UserError(
            f'{kind.__name__} cannot be loaded again: decorate the class with '
            f'@keras.saving.register_keras_serializable().'
        )


def check_grids(x: Any, config: Config) -> None:
    """Checks that `x` is a dict of `[batch, rows, steps]` for all features of the config.

    Raises:
      UserError: if a feature is missing, or a grid has another size than the config's.
    """
    names, grid = config.features, (config.grid.rows, config.grid.steps)
    if not isinstance(x, Mapping):
        raise UserError(
            f'MelodyVAE takes a dict of grids by feature, {", ".join(names)}, as loops.to_dense '
            f'returns it; fit and evaluate also take training_data(loops, config).'
        )
    missing = [name for name in names if name not in x]
    if missing:
        raise UserError(f'A batch lacks {", ".join(missing)}: this model needs {", ".join(names)}.')
    for name in names:
        if tuple(x[name].shape[1:]) != grid:
            rows, steps = (size or 'any' for size in (*x[name].shape[1:], 0, 0)[:2])
            raise UserError(
                f'A batch has {name} grids of {rows} rows x {steps} steps, and this model '
                f'takes {grid[0]} x {grid[1]}: cut the loops for its config.grid.'
            )


def refuse_targets(y: Any, options: Mapping) -> None:
    """Raises a UserError if there are targets or weights.

    Keras would ignore weights without targets, silently.
    """
    if y is not None:
        raise UserError('MelodyVAE reconstructs its input: leave y out.')
    for name in ('sample_weight', 'class_weight'):
        if options.get(name) is not None:
            raise UserError(f'MelodyVAE weighs all loops equally: leave {name}= out.')


def refuse_losses(options: Mapping) -> None:
    """Raises a UserError if options of `compile` have losses or metrics."""
    for name in ('loss', 'loss_weights', 'metrics', 'weighted_metrics'):
        if options.get(name) is not None:
            raise UserError(
                f'MelodyVAE has its own losses and metrics: leave {name}= out of compile, and set '
                f'config.loss to weigh the features.'
            )
