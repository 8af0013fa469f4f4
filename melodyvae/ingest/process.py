"""The bare process of a reader, which is there before a program has imported what it needs."""

import contextlib
import os
import subprocess
import sys

ONE_THREAD = {f'{name}_NUM_THREADS': '1' for name in ('OPENBLAS', 'OMP', 'MKL')}
_early: list[subprocess.Popen] = []


def start_early() -> None:
    """Starts a process for the first reader: its imports and ours take their time side by side."""
    with contextlib.suppress(OSError):  # whoever needs one will say so
        _early.append(start_process())


def take_process() -> subprocess.Popen:
    """A process that was started early, or one that is started now.

    Raises:
      OSError: if there is none to be had.
    """
    return _early.pop() if _early else start_process()


def start_process() -> subprocess.Popen:
    """Starts `reader.serve`.

    Not by `multiprocessing`: its processes are copies of this one, which may have threads, or run
    the user's program again, which may import TensorFlow.
    """
    paths = os.pathsep.join(map(os.path.abspath, sys.path))
    return subprocess.Popen(
        [sys.executable, '-c', 'from melodyvae.ingest.reader import serve; serve()'],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, 'PYTHONPATH': paths, 'PYTHONSAFEPATH': '1', **ONE_THREAD},
        # Ctrl-C is for the program, which ends its readers.
        start_new_session=True,
        creationflags=getattr(subprocess, 'CREATE_NEW_PROCESS_GROUP', 0),  # the same on Windows
    )
