"""The way into all programs: `melodyvae train` is `melodyvae_train`.

It imports next to nothing: from here on Ctrl-C is one word.
"""

import importlib
import sys
from pathlib import Path
from typing import NoReturn

from melodyvae.cli.interrupts import Interrupts
from melodyvae.system.version import __version__

# What each does, in the order in which one needs them.
PROGRAMS = {
    'train': 'trains a model on your MIDI, or on folk tunes, and writes it for Max',
    'play': 'writes a page that plays it in a browser',
    'studio': 'does all of this on a page of this machine: drop files, train, play',
    'generate': 'makes MIDI files with it',
    'export': 'writes it for Max elsewhere, checked in TensorFlow.js',
    'encode': 'shows where your own loops lie on its pad',
    'evaluate': 'measures how good it is',
    'prepare': 'cuts a large library into loops once, for several trainings',
    'compare': 'trains several configs on the same loops, and says what is better',
}
USAGE = f"""melodyvae {__version__}: models of two-bar loops for the MelodyVAE Max for Live devices.

To try it:        melodyvae train --run_dir=runs/first
With your music:  melodyvae train --midi=FOLDER --run_dir=runs/mine

Programs:
{chr(10).join(f'  {name:10}{what}' for name, what in PROGRAMS.items())}

melodyvae PROGRAM --help says more of each."""


def run() -> None:
    """Runs the program that the command line names, `melodyvae_train` or `melodyvae train`.

    It says what to type where there is none.
    """
    called = Path(sys.argv[0]).stem.removeprefix('melodyvae_')
    if called not in PROGRAMS:
        called, *rest = sys.argv[1:] or ['--help']
        sys.argv = [f'melodyvae_{called}', *rest]
    with Interrupts(f'melodyvae_{called}' if called in PROGRAMS else 'melodyvae'):
        if called == '--version':
            print(__version__)
        elif called in ('--help', '-h', '-help', 'help'):
            print(USAGE)
        elif called not in PROGRAMS:
            _refuse(called)
        else:
            importlib.import_module(f'melodyvae.cli.{called}').run()


def _refuse(name: str) -> NoReturn:
    from melodyvae.config.nearest import ask_for_nearest

    hint = ask_for_nearest(name, PROGRAMS)
    print(f'melodyvae: {name} is no program{hint}. See melodyvae --help.', file=sys.stderr)
    sys.exit(2)
