"""What every kind of layer answers: its spelling in TF.js and in Keras, its shapes, its weights."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from tfjs_export.errors import ModelFormatError
from tfjs_export.fields import Fields, quote

Shape = tuple[int, ...]  # of one sample: the batch dimension is left out


@dataclass(frozen=True, slots=True)
class Kind:
    """A layer's class and options, without its name and its place in the model.

    The fields of a subclass are named like the arguments of the Keras layer.
    """

    @property
    def class_name(self) -> str:
        """The name that Keras and TF.js share."""
        return type(self).__name__

    @property
    def weights(self) -> tuple[str, ...]:
        """Names of its weights, in the order of TF.js."""
        return ()

    @classmethod
    def from_tfjs(cls, config: Fields) -> Self:
        """Reads TF.js's spelling, with TF.js's defaults."""
        return cls()

    @classmethod
    def from_keras(cls, config: Fields, inputs: Sequence[Shape]) -> Self:
        """Reads Keras's spelling; some options mean something to TF.js only once the shapes of
        ``inputs`` are known."""
        return cls.from_tfjs(config)

    def to_tfjs(self) -> dict[str, Any]:
        """TF.js's spelling."""
        return asdict(self)

    def to_keras(self) -> dict[str, Any]:
        """Arguments of the Keras layer."""
        return asdict(self)

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """Shape of what the layer makes of tensors of these shapes."""
        return only(inputs)

    def weight_shapes(self, inputs: Sequence[Shape]) -> dict[str, Shape]:
        """Shape of each weight of a layer that is called on tensors of these shapes."""
        return {}


def only(inputs: Sequence[Shape]) -> Shape:
    """The single shape among ``inputs``."""
    if len(inputs) != 1:
        raise ModelFormatError(f'it takes one tensor, not {len(inputs)}')
    return inputs[0]


def sample_axis(axis: int, shape: Shape) -> int:
    """Turns an axis counted with the batch dimension into an index of ``shape``."""
    index = axis - 1 if axis >= 0 else axis + len(shape)
    if not 0 <= index < len(shape):
        raise ModelFormatError(f'axis {quote(axis)} is none of the axes of one sample')
    return index
