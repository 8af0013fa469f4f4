"""The programs as a person starts them: a process each."""

import importlib.metadata
import subprocess
import sys

from benchmarks.figures import seconds

PREFIX = 'melodyvae_'


def names() -> list[str]:
    """The installed programs, such as 'generate'."""
    scripts = importlib.metadata.entry_points(group='console_scripts')
    found = {script.name for script in scripts if script.name.startswith(PREFIX)}
    return sorted(name.removeprefix(PREFIX) for name in found)


def run_seconds(program: str, *arguments: object) -> float:
    """How long a program takes from its start to its end.

    Raises:
      RuntimeError: if it fails; with what it said.
    """
    start = f'import sys; sys.argv[0] = {program!r}; from melodyvae.cli.main import run; run()'
    return python_seconds(start, *arguments)


def python_seconds(code: str, *arguments: object) -> float:
    """How long a fresh Python takes for a piece of code.

    Raises:
      RuntimeError: if it fails; with what it said.
    """
    command = [sys.executable, '-c', code, *map(str, arguments)]

    def work() -> None:
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f'{" ".join(command)} failed: {done.stderr}')

    return seconds(work)
