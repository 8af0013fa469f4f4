"""How many cores there are to work with."""

import os


def count_cores() -> int:
    """Cores that this process may use, which may be fewer than the machine has."""
    if hasattr(os, 'sched_getaffinity'):  # not everywhere
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
