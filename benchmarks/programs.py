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


def command(program: str, *arguments: object) -> list[str]:
    """The command line of a program, in this Python."""
    start = f'import sys; sys.argv[0] = {program!r}; from melodyvae.cli.main import run; run()'
    return [sys.executable, '-c', start, *map(str, arguments)]


def run_seconds(program: str, *arguments: object) -> float:
    """How long a program takes from its start to its end.

    Raises:
      RuntimeError: if it fails; with what it said.
    """
    return _command_seconds(command(program, *arguments))


def python_seconds(code: str, *arguments: object) -> float:
    """How long a fresh Python takes for a piece of code.

    Raises:
      RuntimeError: if it fails; with what it said.
    """
    return _command_seconds([sys.executable, '-c', code, *map(str, arguments)])


def _command_seconds(words: list[str]) -> float:
    def work() -> None:
        done = subprocess.run(words, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f'{" ".join(words)} failed: {done.stderr}')

    return seconds(work)
