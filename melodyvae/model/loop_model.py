"""How our models differ from other Keras models in `compile`, `fit`, `evaluate` and `save`."""

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn, Protocol, runtime_checkable

import keras
import numpy as np
import tensorflow as tf

from melodyvae.config import Config
from melodyvae.loops.loops import Loops
from melodyvae.model.checks import check_grids, refuse_losses, refuse_targets, refuse_unbuilt
from melodyvae.model.metrics import MeanOfEach
from melodyvae.model.optimizer import build_optimizer
from melodyvae.system.atomic import new_file, sync
from melodyvae.system.errors import UserError


@runtime_checkable
class FitData(Protocol):
    """Data that brings its own batches, steps, epochs and held-out loops to `MelodyVAE.fit`."""

    def fit_options(
        self, first_epoch: int, epochs: int | None = None, steps: int | None = None
    ) -> dict[str, Any]:
        """Returns arguments of `keras.Model.fit`, with `x` and `steps_per_execution`."""


class LoopModel(keras.Model):
    """A Keras model of loops, with its own losses, that learns from `FitData` as well.

    Attributes:
      config: the system.
      anchors: how many loops have a place on the pad of a finished model; 0 before it has a pad.
      tracker: the means of the losses.
      learning_from: the `FitData` of the last `fit`, for `save_run`; None before.
      finished: whether `training.finish` has been called since the last `fit`.
    """

    config: Config
    anchors: int
    tracker: MeanOfEach
    steps_per_execution: int  # which Keras sets without a type
    learning_from: FitData | None = None
    finished = False

    def compile(self, *arguments, **options):
        """Does what `keras.Model.compile` does; the default optimizer is the config's own.

        Raises:
          UserError: on losses or metrics, since the model has its own; on layers without weights.
        """
        options = _name_arguments(super().compile, arguments, options)
        refuse_losses(options)
        refuse_unbuilt(self)
        with self.distribute_strategy.scope():  # its moments must be where the weights are
            optimizer = options.pop('optimizer', None) or build_optimizer(self.config)
            super().compile(optimizer=optimizer, **options)
            self.optimizer.build(self.trainable_variables)  # or the first step is traced twice

    def compile_from_config(self, config):
        """Compiles a model that is loaded as it was when it was saved."""
        options = keras.saving.deserialize_keras_object(config)
        self.compile(**options | {'jit_compile': 'auto'})  # XLA depends on the machine

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        """No-op: the model is already built.

        Keras would concatenate the batches of several devices, which differ in size.
        """

    @property
    def metrics_names(self) -> list[str]:
        """The names of the values in the list that `evaluate` returns."""
        return list(self.tracker.names)

    def fit(self, *arguments, **options):
        """Does what `keras.Model.fit` does, for arrays, a dataset, or `training_data`.

        `training_data` brings batches, steps, epochs and held-out loops, as its config says.
        Arguments that are given beside it count instead. A model that is not compiled is compiled
        as its config says.

        Raises:
          UserError: on targets, weights, missing features, loops of another grid, or a finished
            model.
        """
        if self.anchors:
            raise UserError(
                'This model has its pad, which more training would spoil: train '
                "melodyvae.load_model('RUN/trained.keras') instead, which its run keeps."
            )
        options = _name_arguments(super().fit, arguments, options)
        options = {name: value for name, value in options.items() if value is not None}
        x = options.pop('x', None)
        self._prepare(x, options)
        self.learning_from = x if isinstance(x, FitData) else None
        self.finished = False
        if isinstance(x, FitData):
            for name in ('batch_size', 'validation_split'):
                if options.get(name):
                    raise UserError(f'training_data decides on {name}: set it in its config.')
            given = (options.get(name) for name in ('epochs', 'steps_per_epoch'))
            options = x.fit_options(options.get('initial_epoch', 0), *given) | options
            steps = options.pop('steps_per_execution')
            if self.distribute_strategy.num_replicas_in_sync > 1:
                steps = 1  # Keras does not support more in this case
                for name in ('x', 'validation_data'):
                    options[name] = _copy_batches(options[name])
            if steps != self.steps_per_execution:  # drops what was traced for another number
                self.steps_per_execution = steps
                self.train_function = self.test_function = self.predict_function = None
            x = options.pop('x')
        return super().fit(x, **options)

    def evaluate(self, *arguments, return_dict: bool = False, **options):
        """Does what `keras.Model.evaluate` does; for `training_data`, with its held-out loops.

        Returns:
          The losses: by name with `return_dict`, otherwise a list in the order of `metrics_names`.

        Raises:
          UserError: as `fit`; or if nothing is held out.
        """
        private = {name: options.pop(name) for name in list(options) if name.startswith('_')}
        options = _name_arguments(super().evaluate, arguments, options)
        x = options.pop('x', None)
        self._prepare(x, options)
        if isinstance(x, FitData):
            x = x.fit_options(0)['validation_data']
            if self.distribute_strategy.num_replicas_in_sync > 1:
                x = _copy_batches(x)
            if x is None:
                raise UserError('This training_data holds nothing out: evaluate other loops.')
        found = super().evaluate(x, return_dict=True, **options, **private)
        return found if return_dict else [found[name] for name in self.metrics_names]

    def predict(self, x, *arguments, **options):
        """Does what `keras.Model.predict` does: returns what `call` returns, as NumPy arrays."""
        self._prepare(x, {})
        if isinstance(x, FitData):
            raise UserError('predict takes a dict of grids, as loops.to_dense returns them.')
        return super().predict(x, *arguments, **options)

    def _prepare(self, x, options: dict[str, Any]) -> None:
        """Checks the data of `fit` and the like; compiles a model that is not compiled."""
        refuse_targets(options.pop('y', None), options)
        if isinstance(x, (Mapping, np.ndarray, Loops)):
            check_grids(x, self.config)
        if not self.compiled:
            self.compile()

    def export(self, *arguments, **options) -> NoReturn:
        """Raises a UserError that names the functions that write models for the devices."""
        raise UserError(
            "MelodyVAE.export writes no model for Max. Call melodyvae.save_run(model, 'runs/a'), "
            "then melodyvae.export('runs/a', 'for_max')."
        )

    def save(self, filepath, overwrite=True, **kwargs):
        """Does what `keras.Model.save` does; an interrupted save leaves the old file intact."""
        with new_file(Path(filepath), overwrite=overwrite) as temporary:
            super().save(temporary, overwrite=True, **kwargs)
            sync(temporary)

    def save_own_variables(self, store):
        """Saves the seeds as well, which Keras does not: a run could not be resumed without."""
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


def _name_arguments(method: Callable, arguments: tuple, options: dict) -> dict[str, Any]:
    """Returns the arguments of a Keras method by name, wherever they were given."""
    bound = inspect.signature(method).bind(*arguments, **options).arguments
    return {**bound, **bound.pop('kwargs', {})}


def _copy_batches(batches: tf.data.Dataset | None) -> tf.data.Dataset | None:
    """Copies batches to memory that TensorFlow owns.

    NumPy owns those of `training.batches`. Several devices, which fetch ahead, were observed to
    read them after they had been overwritten.
    """
    if batches is None:
        return None
    return batches.map(lambda batch: {name: values + 0 for name, values in batch.items()})
