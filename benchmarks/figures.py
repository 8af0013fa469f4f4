"""A measured figure, how to measure figures that are compared, and the table of all figures."""

import dataclasses
import datetime
import importlib.metadata
import os
import platform
import resource
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
HEADER = ('| figure | unit | median | min to max | runs |', '| --- | --- | ---: | ---: | ---: |')
START_METHOD = 'spawn'  # inherits nothing, in particular no memory
PACKAGES = ('tensorflow', 'keras', 'numpy', 'note-seq', 'symusic')


@dataclasses.dataclass(frozen=True, slots=True)
class Figure:
    """One row of the table: what was measured, the unit, and one value per repetition."""

    name: str
    unit: str
    values: tuple[float, ...]

    def over(self, name: str, unit: str, divisor: float) -> 'Figure':
        """Returns the same measurements in another unit, or as a multiple of a constant."""
        return Figure(name, unit, tuple(value / divisor for value in self.values))

    def row(self) -> str:
        """Formats the figure as a row below `HEADER`."""
        median, low, high = map(
            short, (statistics.median(self.values), min(self.values), max(self.values))
        )
        return f'| {self.name} | {self.unit} | {median} | {low} to {high} | {len(self.values)} |'


def short(value: float) -> str:
    """Formats three significant digits: 1,234 or 56.7 or 0.0891."""
    return f'{value:,.0f}' if abs(value) >= 100 else f'{value:#.3g}'.rstrip('.')


def ratio(name: str, over: Sequence[float], under: Sequence[float]) -> Figure:
    """Divides repetition by repetition, so that noise of the machine affects both sides."""
    return Figure(name, 'ratio', tuple(a / b for a, b in zip(over, under, strict=True)))


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


def in_own_process(work: Callable[..., Any], *arguments: Any) -> tuple[Any, float]:
    """Calls `work` in a new process; returns its result, and the peak memory in MiB."""
    with ProcessPoolExecutor(1, mp_context=get_context(START_METHOD)) as pool:
        return pool.submit(_with_peak, work, arguments).result()


def _with_peak(work: Callable[..., Any], arguments: tuple) -> tuple[Any, float]:
    return work(*arguments), peak_memory()


def peak_memory() -> float:
    """Returns the peak memory of this process in MiB, including mapped files."""
    # Prefer /proc to getrusage: on Linux, a new process inherits the peak of its parent.
    peak = _find_value(Path('/proc/self/status'), 'VmHWM')
    if peak:
        return int(peak.split()[0]) / 1024
    unit = 2**20 if platform.system() == 'Darwin' else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def describe_machine() -> str:
    """Names version, date, cores, processor, memory and packages; not the name of the machine."""
    described = {
        'melodyvae': __version__,
        'on': datetime.datetime.now(datetime.UTC).date().isoformat(),
        'cores': str(count_cores()),
        'processor': _find_value(Path('/proc/cpuinfo'), 'model name') or platform.machine(),
        'memory': f'{os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30:.0f} GiB',
        'system': platform.system(),
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
    if not (begin and end) or BEGIN in rest or END in after:
        raise ValueError(f'{path} must hold the lines {BEGIN} and {END}, once each.')
    with new_file(path, overwrite=True) as temporary:
        temporary.write_text(f'{before}{BEGIN}\n\n{text}\n\n{END}{after}', encoding='utf-8')
