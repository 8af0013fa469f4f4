"""A measured figure, and how figures are measured: several times, alternating what is compared."""

import dataclasses
import statistics
import time
from collections.abc import Callable, Mapping, Sequence


@dataclasses.dataclass(frozen=True, slots=True)
class Figure:
    """One row of the table.

    Attributes:
      name: what was measured; the same in every run, so that runs can be compared.
      unit: of the values.
      values: one per repetition, at least one.
    """

    name: str
    unit: str
    values: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def over(self, name: str, unit: str, divisor: float) -> 'Figure':
        """Returns the same measurements in another unit, or as a multiple of a constant."""
        return Figure(name, unit, tuple(value / divisor for value in self.values))


def ratio(name: str, over: Sequence[float], under: Sequence[float]) -> Figure:
    """Divides repetition by repetition, so that noise of the machine affects both sides."""
    return Figure(name, 'times', tuple(a / b for a, b in zip(over, under, strict=True)))


def in_turns(
    measures: Mapping[str, Callable[[], float]], repeats: int
) -> dict[str, tuple[float, ...]]:
    """Calls all measures in turn, `repeats` times, and returns the values of each."""
    rounds = [{name: measure() for name, measure in measures.items()} for _ in range(repeats)]
    return {name: tuple(found[name] for found in rounds) for name in measures}


def seconds(work: Callable[[], object]) -> float:
    """Returns how long one call takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
