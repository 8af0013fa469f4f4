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

from melodyvae.system.atomic import new_file
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

    Attributes:
      name, unit: of the figure.
      values: one per repetition.
      reference: what it is compared with; '' for nothing.
      beside: values of the reference: one per repetition, or one constant.
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
        middle, low, high = map(
            short, (statistics.median(self.values), min(self.values), max(self.values))
        )
        cells = [self.name, self.unit, middle, f'{low} to {high}', str(len(self.values))]
        if self.reference:
            cells += [self.reference, short(statistics.median(self.beside)), short(self.ratio)]
        else:
            cells += [''] * 3
        return f'| {" | ".join(cells)} |'


def short(value: float) -> str:
    """Formats three significant digits: 1,234 or 56.7 or 0.0891."""
    return f'{value:,.0f}' if abs(value) >= 100 else f'{value:#.3g}'.rstrip('.')


def in_turns(measures: Mapping[str, Callable[[], float]], repeats: int) -> dict[str, list[float]]:
    """Calls all measures in turn, `repeats` times, and returns the values of each."""
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
        return pool.submit(_with_peak, work, arguments).result()


def _with_peak(work: Callable[..., Any], arguments: tuple) -> tuple[Any, float]:
    return work(*arguments), peak_memory()


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
    with new_file(path, overwrite=True) as temporary:
        temporary.write_text(f'{before}{BEGIN}\n\n{text}\n\n{END}{after}', encoding='utf-8')
