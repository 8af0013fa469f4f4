"""A layers model as plain data: what Keras and TF.js agree on, in the spelling of neither.

Every layer makes one tensor, so that its name stands for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Self

from tfjs_export.errors import ModelFormatError
from tfjs_export.kind import Kind
from tfjs_export.layers import InputLayer


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One layer, and the layers whose tensors it takes: none for an InputLayer."""

    name: str
    kind: Kind
    trainable: bool
    inputs: tuple[str, ...]

    @property
    def is_input(self) -> bool:
        return isinstance(self.kind, InputLayer)

    def __str__(self) -> str:
        return f"layer '{self.name}' ({self.kind.class_name})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """A functional model; ``inputs`` and ``outputs`` are names of layers."""

    name: str
    layers: tuple[Layer, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    @classmethod
    def of_sequence(cls, name: str, entries: Sequence[tuple[str, Kind, bool]]) -> Self:
        """Chains layers, given as name, kind and trainable; an InputLayer comes first."""
        names = [layer for layer, _, _ in entries]
        layers = [
            Layer(
                name=layer, kind=kind, trainable=trainable, inputs=tuple(names[max(0, i - 1) : i])
            )
            for i, (layer, kind, trainable) in enumerate(entries)
        ]
        return cls(name=name, layers=tuple(layers), inputs=(names[0],), outputs=(names[-1],))

    def sort_layers(self) -> list[Layer]:
        """Returns the layers with each after those whose tensors it takes.

        Raises:
            ModelFormatError: the layers form a cycle.
        """
        layers = {layer.name: layer for layer in self.layers}
        try:
            order = TopologicalSorter({name: layer.inputs for name, layer in layers.items()})
            return [layers[name] for name in order.static_order()]
        except CycleError as error:
            names = error.args[1]
            loop = ' -> '.join(names if len(names) < 8 else [*names[:6], '...', names[-1]])
            raise ModelFormatError(f'the layers form a cycle: {loop}') from None

    def weight_names(self) -> list[str]:
        """Returns the names of all weights, in the order of TF.js: those that learn first."""
        learning: list[str] = []
        fixed: list[str] = []
        for layer in self.layers:
            for weight in layer.kind.weights:
                learns = layer.trainable and not weight.startswith('moving_')
                (learning if learns else fixed).append(f'{layer.name}/{weight}')
        return learning + fixed
