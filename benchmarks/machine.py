"""What the figures were measured on, and how much memory a process took at most."""

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

START_METHOD = 'spawn'  # of processes: nothing is inherited, memory least of all
PACKAGES = ('tensorflow', 'keras', 'numpy', 'note-seq', 'symusic')


def describe() -> dict[str, str]:
    """Cores, processor, memory and versions; nothing that names the machine."""
    return {
        'cores': str(count_cores()),
        'processor': _after(Path('/proc/cpuinfo'), 'model name') or platform.machine(),
        'memory': f'{os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30:.0f} GiB',
        'system': platform.system(),
        'Python': platform.python_version(),
        **{name: importlib.metadata.version(name) for name in PACKAGES},
    }


def peak_memory() -> float:
    """The most memory that this process has held, in MiB, mapped files included."""
    # Not getrusage where it can be helped: under Linux a new process inherits its parent's peak.
    peak = _after(Path('/proc/self/status'), 'VmHWM')
    if peak:
        return int(peak.split()[0]) / 1024
    unit = 2**20 if platform.system() == 'Darwin' else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def in_own_process(work: Callable[..., Any], *arguments: Any) -> tuple[Any, float]:
    """Calls `work` in a fresh process: what it returns, and the process's peak memory in MiB."""
    with ProcessPoolExecutor(1, mp_context=get_context(START_METHOD)) as pool:
        return pool.submit(_with_peak, work, arguments).result()


def _with_peak(work: Callable[..., Any], arguments: tuple) -> tuple[Any, float]:
    return work(*arguments), peak_memory()


def _after(path: Path, key: str) -> str:
    """The rest of a line of the form 'key : rest'; '' if there is none."""
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return ''
    found = [line.partition(':')[2].strip() for line in lines if line.startswith(key)]
    return found[0] if found else ''
