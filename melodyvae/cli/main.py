"""The entry point of all programs: `melodyvae train` is `melodyvae_train`.

It imports almost nothing, so that Ctrl-C is handled from the start.
"""

import importlib
import sys
from pathlib import Path
from typing import NoReturn

from melodyvae.cli.interrupts import Interrupts, print_and_leave
from melodyvae.system.version import __version__

# What each program does, in the order in which a user needs them.
PROGRAMS = {
    'train': 'trains a model on your MIDI, or on folk tunes, and writes it for Max',
    'play': 'writes a page that plays the model in a browser',
    'studio': 'does all of this in a local web page: drop files, train, play',
    'generate': 'makes MIDI files with the model',
    'export': 'writes the model for Max to another folder, checked in TensorFlow.js',
    'encode': 'shows where your own loops lie on the pad',
    'evaluate': 'measures how good the model is',
    'card': 'prints what a model is, who made it and of what',
    'prepare': 'cuts a large library into loops once, for several trainings',
    'compare': 'trains several configs on the same loops, and says which is better',
}
USAGE = f"""melodyvae {__version__}: models of two-bar loops for the MelodyVAE Max for Live devices.

To try it:        melodyvae train --run_dir=runs/first
With your music:  melodyvae train --midi=FOLDER --run_dir=runs/mine

Programs:
{chr(10).join(f'  {name:10}{what}' for name, what in PROGRAMS.items())}

Run melodyvae PROGRAM --help for details."""


def run() -> None:
    """Runs the program that the command line names, or prints what to type if it names none."""
    called = Path(sys.argv[0]).stem.removeprefix('melodyvae_')
    if called not in PROGRAMS:
        called, *rest = sys.argv[1:] or ['--help']
        sys.argv = [f'melodyvae_{called}', *rest]
    with Interrupts(f'melodyvae_{called}' if called in PROGRAMS else 'melodyvae'):
        if called == '--version':
            print_and_leave('melodyvae', __version__)
        elif called in ('--help', '-h', '-help', 'help'):
            print_and_leave('melodyvae', USAGE)
        elif called not in PROGRAMS:
            _refuse(called)
        else:
            main = importlib.import_module(f'melodyvae.cli.{called}').main
            shared = importlib.import_module('melodyvae.cli.program')
            shared.run(main, has_options=called == 'prepare')


def _refuse(name: str) -> NoReturn:
    # Imported here, because they take longer than the rest of this module.
    from melodyvae.config.nearest import ask_for_nearest
    from melodyvae.system.terminal import print_lines

    hint = ask_for_nearest(name, PROGRAMS)
    print_lines(f'melodyvae: {name} is not a program{hint}. See melodyvae --help.', file=sys.stderr)
    sys.exit(2)
