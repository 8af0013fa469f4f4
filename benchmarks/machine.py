"""Describes the machine, and measures the peak memory of a process."""

import importlib.metadata
import os
import platform
import resource
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from melodyvae.system.process import count_cores

START_METHOD = 'spawn'  # inherits nothing, in particular no memory
PACKAGES = ('tensorflow', 'keras', 'numpy', 'note-seq', 'symusic')


def describe() -> dict[str, str]:
    """Returns cores, processor, memory and versions; not the name of the machine."""
    return {
        'cores': str(count_cores()),
        'processor': _find_value(Path('/proc/cpuinfo'), 'model name') or platform.machine(),
        'memory': f'{os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30:.0f} GiB',
        'system': platform.system(),
        'Python': platform.python_version(),
        **{name: importlib.metadata.version(name) for name in PACKAGES},
    }


def peak_memory() -> float:
    """Returns the peak memory of this process in MiB, including mapped files."""
    # Prefer /proc to getrusage: on Linux, a new process inherits the peak of its parent.
    peak = _find_value(Path('/proc/self/status'), 'VmHWM')
    if peak:
        return int(peak.split()[0]) / 1024
    unit = 2**20 if platform.system() == 'Darwin' else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def in_own_process(work: Callable[..., Any], *arguments: Any) -> tuple[Any, float]:
    """Calls `work` in a new process; returns its result, and the peak memory in MiB."""
    with ProcessPoolExecutor(1, mp_context=get_context(START_METHOD)) as pool:
        return pool.submit(_with_peak, work, arguments).result()


def _with_peak(work: Callable[..., Any], arguments: tuple) -> tuple[Any, float]:
    return work(*arguments), peak_memory()


def _find_value(path: Path, key: str) -> str:
    """Returns the value of the first line 'key : value'; '' if there is none."""
    lines = path.read_text().splitlines() if path.exists() else []
    return next((line.partition(':')[2].strip() for line in lines if line.startswith(key)), '')
