"""The layers that compute, and KINDS, which lists all layers.

What is refused is refused because TF.js 1.2.8, 1.7.4 or 4.22.0 does not know it, or computes
something else than Keras.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from tfjs_export.errors import ModelFormatError, UnsupportedLayerError
from tfjs_export.fields import Fields, is_integer, quote
from tfjs_export.kind import Kind, Shape, only, sample_axis
from tfjs_export.shape_layers import Concatenate, Flatten, Reshape

ACTIVATIONS = ('linear', 'relu', 'sigmoid', 'softmax', 'softplus', 'tanh')


def _activation(config: Fields, default: Any) -> str:
    """Returns the name of the activation function."""
    name = config.any('activation', default)
    if name not in ACTIVATIONS:
        raise UnsupportedLayerError(
            f'the activation {quote(name)} is not one of {", ".join(ACTIVATIONS)}'
        )
    return name


@dataclass(frozen=True, slots=True)
class InputLayer(Kind):
    shape: Shape

    @classmethod
    def from_tfjs(cls, config: Fields) -> Self:
        return cls._read(config, 'batch_input_shape')

    @classmethod
    def from_keras(cls, config: Fields, inputs: Sequence[Shape]) -> Self:
        for option in ('ragged', 'optional'):
            if config.boolean(option, False):
                raise UnsupportedLayerError(f'TF.js has no {option} inputs')
        return cls._read(config, 'batch_shape')

    @classmethod
    def _read(cls, config: Fields, key: str) -> Self:
        shape = tuple(config.list(key)[1:])  # any batch will do
        if not all(is_integer(size) and size > 0 for size in shape):
            raise UnsupportedLayerError(
                f'{key} must give each size but the batch as a whole number of at least 1, '
                f'not {quote(shape)}'
            )
        if config.any('dtype', 'float32') != 'float32' or config.boolean('sparse', False):
            raise UnsupportedLayerError('only dense float32 inputs can be exchanged with TF.js')
        return cls(tuple(int(size) for size in shape))

    def to_tfjs(self) -> dict[str, Any]:
        return {'batch_input_shape': [None, *self.shape], 'dtype': 'float32', 'sparse': False}

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        return self.shape


@dataclass(frozen=True, slots=True)
class Dense(Kind):
    units: int
    activation: str
    use_bias: bool

    @property
    def weights(self) -> tuple[str, ...]:
        return ('kernel', 'bias') if self.use_bias else ('kernel',)

    @classmethod
    def from_tfjs(cls, config: Fields) -> Self:
        return cls(
            units=config.integer('units', low=1),
            activation=_activation(config, 'linear'),
            use_bias=config.boolean('use_bias', True),
        )

    def to_tfjs(self) -> dict[str, Any]:
        # Initializers matter only if a model is rebuilt from its topology; these are the defaults.
        kernel = {'scale': 1, 'mode': 'fan_avg', 'distribution': 'uniform', 'seed': None}
        return {
            **self.to_keras(),
            'kernel_initializer': {'class_name': 'VarianceScaling', 'config': kernel},
            'bias_initializer': {'class_name': 'Zeros', 'config': {}},
        }

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        return (*only(inputs)[:-1], self.units)

    def weight_shapes(self, inputs: Sequence[Shape]) -> dict[str, Shape]:
        shapes = {'kernel': (only(inputs)[-1], self.units), 'bias': (self.units,)}
        return {name: shapes[name] for name in self.weights}


@dataclass(frozen=True, slots=True)
class BatchNormalization(Kind):
    axis: int
    momentum: float
    epsilon: float
    center: bool
    scale: bool

    @property
    def weights(self) -> tuple[str, ...]:
        gamma = ('gamma',) if self.scale else ()
        beta = ('beta',) if self.center else ()
        return (*gamma, *beta, 'moving_mean', 'moving_variance')

    @classmethod
    def from_tfjs(cls, config: Fields) -> Self:
        return cls(
            axis=config.integer('axis', -1),
            momentum=config.number('momentum', 0.99),
            epsilon=config.number('epsilon', 1e-3, low=0),
            center=config.boolean('center', True),
            scale=config.boolean('scale', True),
        )

    @classmethod
    def from_keras(cls, config: Fields, inputs: Sequence[Shape]) -> Self:
        if config.boolean('renorm', False):
            raise UnsupportedLayerError('TF.js has no batch renormalization')
        return cls.from_tfjs(config)

    def to_tfjs(self) -> dict[str, Any]:
        return {
            **self.to_keras(),
            'beta_initializer': {'class_name': 'Zeros', 'config': {}},
            'gamma_initializer': {'class_name': 'Ones', 'config': {}},
            'moving_mean_initializer': {'class_name': 'Zeros', 'config': {}},
            'moving_variance_initializer': {'class_name': 'Ones', 'config': {}},
        }

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        shape = only(inputs)
        if len(shape) > 3:
            raise UnsupportedLayerError('TF.js normalizes tensors of at most 4 dimensions')
        if sample_axis(self.axis, shape) != len(shape) - 1:
            # Without a graphics card TF.js, of all versions, lines its values up with the last.
            raise UnsupportedLayerError('TF.js normalizes along the last axis only')
        return shape

    def weight_shapes(self, inputs: Sequence[Shape]) -> dict[str, Shape]:
        return dict.fromkeys(self.weights, (only(inputs)[-1],))


@dataclass(frozen=True, slots=True)
class LeakyReLU(Kind):
    negative_slope: float

    @classmethod
    def from_tfjs(cls, config: Fields) -> Self:
        if config.any('alpha', None) is None and config.any('negative_slope', None) is not None:
            raise ModelFormatError(
                "it has 'negative_slope' but no 'alpha', so TF.js takes 0.3: rename it to 'alpha'"
            )
        return cls(config.number('alpha', 0.3, low=0))

    @classmethod
    def from_keras(cls, config: Fields, inputs: Sequence[Shape]) -> Self:
        return cls(config.number('negative_slope', low=0))

    def to_tfjs(self) -> dict[str, Any]:
        return {'alpha': self.negative_slope}


@dataclass(frozen=True, slots=True)
class Dropout(Kind):
    rate: float

    @classmethod
    def from_tfjs(cls, config: Fields) -> Self:
        rate = config.number('rate', low=0)
        if rate > 1:
            raise ModelFormatError(f'rate must be at most 1, not {quote(rate)}')
        if config.any('noise_shape', None) is not None:
            raise UnsupportedLayerError('a noise_shape cannot be exchanged with TF.js')
        return cls(rate)

    def to_tfjs(self) -> dict[str, Any]:
        return {'rate': self.rate, 'noise_shape': None, 'seed': None}


@dataclass(frozen=True, slots=True)
class Activation(Kind):
    activation: str

    @classmethod
    def from_tfjs(cls, config: Fields) -> Self:
        return cls(_activation(config, 'no name'))


KINDS: dict[str, type[Kind]] = {
    kind.__name__: kind
    for kind in (
        InputLayer,
        Dense,
        BatchNormalization,
        LeakyReLU,
        Dropout,
        Activation,
        Concatenate,
        Reshape,
        Flatten,
    )
}
