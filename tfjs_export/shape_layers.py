"""The layers that reshape and join."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from tfjs_export.errors import ModelFormatError, UnsupportedLayerError
from tfjs_export.fields import Fields, is_integer, quote
from tfjs_export.kind import Kind, Shape, only, sample_axis


@dataclass(frozen=True, slots=True)
class Reshape(Kind):
    target_shape: Shape

    @classmethod
    def from_tfjs(cls, config: Fields) -> Self:
        target = tuple(-1 if size is None else size for size in config.list('target_shape'))
        if not all(is_integer(size) and (size > 0 or size == -1) for size in target):
            raise ModelFormatError(
                f'target_shape must hold whole numbers of at least 1, or -1, not {quote(target)}'
            )
        if target.count(-1) > 1:
            raise ModelFormatError('target_shape can leave only one size open')
        return cls(tuple(int(size) for size in target))

    @classmethod
    def from_keras(cls, config: Fields, inputs: Sequence[Shape]) -> Self:
        # TF.js does not work out a size left open until it runs, so no Dense could follow it.
        return cls(cls.from_tfjs(config).output_shape(inputs))

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        shape = only(inputs)
        size = math.prod(shape)
        known = math.prod(length for length in self.target_shape if length != -1)
        if size % known or (-1 not in self.target_shape and size != known):
            raise ModelFormatError(f'it cannot make {quote(self.target_shape)} of {quote(shape)}')
        return tuple(size // known if length == -1 else length for length in self.target_shape)


@dataclass(frozen=True, slots=True)
class Flatten(Kind):
    @classmethod
    def from_tfjs(cls, config: Fields) -> Self:
        if config.any('data_format', 'channels_last') != 'channels_last':
            raise UnsupportedLayerError('TF.js 1.2.8 flattens with channels_last only')
        return cls()

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        shape = only(inputs)
        if len(shape) < 2:
            raise UnsupportedLayerError('TF.js refuses to flatten what is flat: leave it out')
        return (math.prod(shape),)


@dataclass(frozen=True, slots=True)
class Concatenate(Kind):
    axis: int

    @classmethod
    def from_tfjs(cls, config: Fields) -> Self:
        axis = config.integer('axis', -1)
        if axis < -1:
            raise UnsupportedLayerError('TF.js takes every negative axis for the last one')
        return cls(axis)

    @classmethod
    def from_keras(cls, config: Fields, inputs: Sequence[Shape]) -> Self:
        axis = config.integer('axis', -1)
        return cls(axis if axis >= -1 else axis + 1 + len(inputs[0]))

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        if len(inputs) < 2:
            raise UnsupportedLayerError('TF.js joins two tensors or more, not one')
        axis = sample_axis(self.axis, inputs[0])
        if len({(len(shape), *shape[:axis], *shape[axis + 1 :]) for shape in inputs}) > 1:
            raise ModelFormatError(f'it cannot concatenate the shapes {quote(list(inputs))}')
        joined = sum(shape[axis] for shape in inputs)
        return (*inputs[0][:axis], joined, *inputs[0][axis + 1 :])
