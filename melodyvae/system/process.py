"""How this process uses the cores and the memory of its machine."""

import contextlib
import gc
import os
from collections.abc import Iterator


def count_cores() -> int:
    """Counts the cores that this process may use, which may be fewer than the machine has."""
    if hasattr(os, 'sched_getaffinity'):  # not on macOS and Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def set_threads() -> None:
    """Chooses the number of TensorFlow threads that is fastest for these small models.

    Call it before TensorFlow is imported. With one or two cores, a step is faster if each thread
    works on a matrix product of its own than if the threads share one, see docs/performance.md.
    TensorFlow reads the environment variable at its first operation. A variable that is already
    set stays as it is.
    """
    if count_cores() <= 2:
        os.environ.setdefault('TF_NUM_INTRAOP_THREADS', '1')


@contextlib.contextmanager
def keep_imports() -> Iterator[None]:
    """Exempts all objects that the block creates from garbage collection, then and later.

    Garbage collection takes a quarter of the time of TensorFlow's import, and a tenth of a short
    training after it.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
