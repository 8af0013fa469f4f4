"""One command for all programs: `melodyvae train` is `melodyvae_train`."""

import importlib
import sys

from melodyvae.config.nearest import ask_for_nearest
from melodyvae.version import __version__

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
    """Runs the program that the first argument names; says what to type if there is none."""
    name, *rest = sys.argv[1:] or ['--help']
    if name == '--version':
        print(__version__)
    elif name in ('--help', '-h', '-help', 'help'):
        print(USAGE)
    elif name not in PROGRAMS:
        hint = ask_for_nearest(name, PROGRAMS)
        print(f'melodyvae: {name} is no program{hint}. See melodyvae --help.', file=sys.stderr)
        sys.exit(2)
    else:
        sys.argv = [f'melodyvae_{name}', *rest]
        importlib.import_module(f'melodyvae.cli.{name}').run()
