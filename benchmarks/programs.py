"""Runs the programs as a person does, and measures how long they take to start."""

import importlib.metadata
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from benchmarks.figures import Figure, in_turns, seconds

PREFIX = 'melodyvae_'
REPEATS = 5
IMPORTS = (
    'numpy',
    'keras',  # with TensorFlow
    'note_seq',
    'melodyvae.cli.generate',
    'melodyvae.playing.player',
    'tfjs_export',
    'melodyvae.midi.read',
)


def figures() -> Iterator[Figure]:
    yield from startup_figures(names(), IMPORTS, REPEATS)


def startup_figures(names: Sequence[str], modules: Sequence[str], repeats: int) -> Iterator[Figure]:
    """Measures `--help` of programs and imports of modules, beside Python without imports."""
    measures: dict[str, Callable[[], float]] = {
        f'melodyvae_{name} --help': partial(run_seconds, name, '--help') for name in names
    }
    measures['python without imports'] = partial(python_seconds, 'pass')
    for module in modules:
        measures[f'import {module}'] = partial(python_seconds, f'import {module}')
    for title, values in in_turns(measures, repeats).items():
        yield Figure(title, 's', values)


def names() -> list[str]:
    """Lists the installed programs, such as 'generate'."""
    scripts = importlib.metadata.entry_points(group='console_scripts')
    return sorted(
        script.name.removeprefix(PREFIX) for script in scripts if script.name.startswith(PREFIX)
    )


def command(program: str, *arguments: object) -> list[str]:
    """Returns the command line of a program, in this Python."""
    start = f'import sys; sys.argv[0] = {program!r}; from melodyvae.cli.main import run; run()'
    return [sys.executable, '-c', start, *map(str, arguments)]


def run_seconds(program: str, *arguments: object) -> float:
    """Measures a program from start to end; a RuntimeError with its output if it fails."""
    return _command_seconds(command(program, *arguments))


def python_seconds(code: str) -> float:
    """Measures a new Python with a piece of code; a RuntimeError with its output if it fails."""
    return _command_seconds([sys.executable, '-c', code])


def _command_seconds(words: list[str]) -> float:
    def work() -> None:
        done = subprocess.run(words, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f'{" ".join(words)} failed: {done.stderr}')

    return seconds(work)
