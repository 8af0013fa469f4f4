"""A measured figure, and how it is measured: several times, and what is compared in turns."""

import dataclasses
import statistics
import time
from collections.abc import Callable, Mapping, Sequence


@dataclasses.dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table.

    Attributes:
      name: what was measured; the same in every run, so that runs can be compared.
      unit: of the values.
      values: one a repetition, at least one.
    """

    name: str
    unit: str
    values: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def over(self, name: str, unit: str, divisor: float) -> 'Figure':
        """The same measurements in another unit, or as a multiple of a constant."""
        return Figure(name, unit, tuple(value / divisor for value in self.values))


def ratio(name: str, over: Sequence[float], under: Sequence[float]) -> Figure:
    """Repetition by repetition, so that a noisy machine disturbs both sides alike."""
    return Figure(name, 'times', tuple(a / b for a, b in zip(over, under, strict=True)))


def in_turns(
    measures: Mapping[str, Callable[[], float]], repeats: int
) -> dict[str, tuple[float, ...]]:
    """Calls each in turn, `repeats` times, and gives what each measured."""
    rounds = [{name: measure() for name, measure in measures.items()} for _ in range(repeats)]
    return {name: tuple(found[name] for found in rounds) for name in measures}


def seconds(work: Callable[[], object]) -> float:
    """How long one call takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
