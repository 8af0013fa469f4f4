"""A measured figure beside its reference, how to measure both, and the table of all figures."""

import dataclasses
import datetime
import importlib.metadata
import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from melodyvae.system.process import count_cores
from melodyvae.system.version import __version__

BEGIN, END = '<!-- written by make bench -->', '<!-- end of what make bench writes -->'
HEADER = (
    '| figure | unit | median | min to max | runs | beside | its median | ratio |',
    '| --- | --- | ---: | ---: | ---: | --- | ---: | ---: |',
)
START_METHOD = 'spawn'  # inherits nothing, in particular no memory
PACKAGES = ('tensorflow', 'keras', 'numpy', 'note-seq', 'symusic')


@dataclasses.dataclass(frozen=True, slots=True)
class Figure:
    """One row of the table: what was measured, and the same without what makes the difference.

    There is one value per repetition, both of the figure and of its reference; the reference may
    also be a constant. Without a reference, `reference` is ''.
    """

    name: str
    unit: str
    values: Sequence[float]
    reference: str = ''
    beside: Sequence[float] = ()

    @property
    def ratio(self) -> float:
        """The median ratio. Repetitions are compared in pairs, so that noise affects both sides."""
        beside = [*self.beside] * (len(self.values) if len(self.beside) == 1 else 1)
        return statistics.median(a / b for a, b in zip(self.values, beside, strict=True))

    def row(self) -> str:
        """Formats the figure as a row below `HEADER`."""
        middle, low, high = (short(f(self.values)) for f in (statistics.median, min, max))
        cells = [self.name, self.unit, middle, f'{low} to {high}', str(len(self.values))]
        beside = [self.reference, '', '']
        if self.reference:
            beside[1:] = short(statistics.median(self.beside)), short(self.ratio)
        return f'| {" | ".join([*cells, *beside])} |'


def short(value: float) -> str:
    """Formats three significant digits: 1,234 or 56.7 or 0.0891."""
    return f'{value:,.0f}' if abs(value) >= 100 else f'{value:#.3g}'.rstrip('.')


def interleave(measures: Mapping[str, Callable[[], Any]], repeats: int) -> dict[str, list]:
    """Calls all measures `repeats` times, one after the other, and returns the values of each."""
    rounds = [{name: measure() for name, measure in measures.items()} for _ in range(repeats)]
    return {name: [found[name] for found in rounds] for name in measures}


def seconds(work: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    """Returns how long one call takes."""
    start = clock()
    work()
    return clock() - start


def in_own_process(work: Callable[..., Any], *arguments: Any) -> tuple[Any, float]:
    """Calls `work` in a new process; returns its result, and the peak memory in MiB."""
    with ProcessPoolExecutor(1, mp_context=get_context(START_METHOD)) as pool:
        return pool.submit(work, *arguments).result(), pool.submit(peak_memory).result()


def peak_memory() -> float:
    """Returns the peak memory of this process in MiB, including mapped files. Linux only."""
    # Not by getrusage: a new process inherits the peak of its parent.
    return int(_find_value(Path('/proc/self/status'), 'VmHWM').split()[0]) / 1024


def describe_machine() -> str:
    """Names version, date, cores, processor and packages; not the name of the machine."""
    described = {
        'melodyvae': __version__,
        'on': datetime.datetime.now(datetime.UTC).date().isoformat(),
        'cores': str(count_cores()),
        'processor': _find_value(Path('/proc/cpuinfo'), 'model name') or platform.machine(),
        'Python': platform.python_version(),
        **{name: importlib.metadata.version(name) for name in PACKAGES},
    }
    return ', '.join(f'{name} {value}' for name, value in described.items()) + '.'


def _find_value(path: Path, key: str) -> str:
    """Finds the first line 'key : value', and returns its value; '' without such a line."""
    lines = path.read_text().splitlines() if path.exists() else []
    return next((line.partition(':')[2].strip() for line in lines if line.startswith(key)), '')


def write_page(path: Path, text: str) -> None:
    """Replaces the text between the two marks of a page; a ValueError if a mark is missing."""
    page = path.read_text(encoding='utf-8')
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f'{path} must hold the lines {BEGIN} and {END}.')
    path.write_text(f'{before}{BEGIN}\n\n{text}\n\n{END}{after}', encoding='utf-8')
