"""A layers model as plain data: what Keras and TF.js agree on, in the spelling of neither."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

from tfjs_export.kind import Kind
from tfjs_export.layers import InputLayer


class TensorRef(NamedTuple):
    """Output number ``output`` of call number ``call`` of a layer, both counted from 0."""

    layer: str
    call: int
    output: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One layer and the tensors that each of its calls takes.

    A shared layer has several calls. An InputLayer has none, and its tensor is that of call 0.
    """

    name: str
    kind: 'Kind | Graph'
    trainable: bool
    calls: tuple[tuple[TensorRef, ...], ...]

    @property
    def is_input(self) -> bool:
        return isinstance(self.kind, InputLayer)

    def __str__(self) -> str:
        return f"layer '{self.name}' ({self.kind.class_name})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """A functional model; a model inside a model is a layer whose kind is a Graph."""

    name: str
    layers: tuple[Layer, ...]
    inputs: tuple[TensorRef, ...]
    outputs: tuple[TensorRef, ...]

    @classmethod
    def of_sequence(cls, name: str, entries: Sequence[tuple[str, 'Kind | Graph', bool]]) -> Self:
        """A model in which each layer takes what the one before it makes.

        Args:
            name: of the model.
            entries: name, kind and trainable of each layer; an InputLayer comes first.
        """
        refs = [TensorRef(layer, 0, 0) for layer, _, _ in entries]
        calls: list[tuple[tuple[TensorRef, ...], ...]] = [(), *(((ref,),) for ref in refs[:-1])]
        layers = [
            Layer(name=layer, kind=kind, trainable=trainable, calls=taken)
            for (layer, kind, trainable), taken in zip(entries, calls, strict=True)
        ]
        return cls(name=name, layers=tuple(layers), inputs=(refs[0],), outputs=(refs[-1],))

    @property
    def class_name(self) -> str:
        """The only name that TF.js 1.x knows for a functional model."""
        return 'Model'

    def calls_in_order(self) -> list[tuple[str, int]]:
        """(layer name, call) of all calls of an acyclic graph, in the order in which TF.js makes
        them: it goes through the layers again and again, and makes every call whose tensors are
        there by then."""
        order = [(layer.name, 0) for layer in self.layers if layer.is_input]
        made = set(order)
        waiting = [
            (layer.name, call, refs)
            for layer in self.layers
            for call, refs in enumerate(layer.calls)
        ]
        while waiting:
            still_waiting = []
            for name, call, refs in waiting:
                if all(ref[:2] in made for ref in refs):
                    made.add((name, call))
                    order.append((name, call))
                else:
                    still_waiting.append((name, call, refs))
            waiting = still_waiting
        return order

    def weight_names(self) -> list[str]:
        """Names of all weights, in the order of TF.js: those that learn first."""
        learning, fixed = self._split_weight_names()
        return learning + fixed

    def _split_weight_names(self) -> tuple[list[str], list[str]]:
        learning: list[str] = []
        fixed: list[str] = []
        for layer in self.layers:
            if isinstance(layer.kind, Graph):
                inner_learning, inner_fixed = layer.kind._split_weight_names()
                learning += inner_learning
                fixed += inner_fixed
                continue
            for weight in layer.kind.weights:
                learns = layer.trainable and not weight.startswith('moving_')
                (learning if learns else fixed).append(f'{layer.name}/{weight}')
        return learning, fixed
