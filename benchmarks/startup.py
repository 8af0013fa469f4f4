"""How long a person waits before a program does anything."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from benchmarks import programs
from benchmarks.figures import Figure, in_turns

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
    yield from startup_figures(programs.names(), IMPORTS, REPEATS)


def startup_figures(names: Sequence[str], modules: Sequence[str], repeats: int) -> Iterator[Figure]:
    """`--help` of programs, and imports, both from the start of Python to its end."""
    measures: dict[str, Callable[[], float]] = {
        f'melodyvae_{name} --help': partial(programs.run_seconds, name, '--help') for name in names
    }
    measures['python without imports'] = partial(programs.python_seconds, 'pass')
    for module in modules:
        measures[f'import {module}'] = partial(programs.python_seconds, f'import {module}')
    for title, values in in_turns(measures, repeats).items():
        yield Figure(title, 's', values)
