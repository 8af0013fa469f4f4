"""Opens a studio in the browser: drop MIDI, train a model, play it, take it to Max.

Examples:
  melodyvae_studio
  melodyvae_studio my_runs --port=9000

It serves this machine only, from a folder of runs, by default ./runs. Ctrl-C ends it; a training
that is under way is stopped so that it can go on later.
"""

import webbrowser
from pathlib import Path

from absl import flags

from melodyvae.cli import program
from melodyvae.system.errors import UserError

_PORT = flags.DEFINE_integer('port', 8765, 'Where it listens; 0 for any free one.', 0, 65535)
_OPEN = flags.DEFINE_bool('open', True, 'Open the browser.')

_SETTING = flags.DEFINE_multi_string(
    'setting', [], 'Of every new run, as --setting=training.epochs=20; may be given several times.'
)


def main(arguments: list[str]) -> None:
    if len(arguments) > 1:
        raise UserError(f'Name one folder of runs: {arguments[1]} is one too many.')
    folder = Path(arguments[0] if arguments else 'runs').expanduser()
    if folder.exists() and not folder.is_dir():
        raise UserError(f'{folder} is a file: name a folder for the runs.')
    try:
        from melodyvae.studio.server import serve
        from melodyvae.studio.trainer import Trainer
    except ModuleNotFoundError as error:
        raise UserError(f"{error.name} is missing: pip install 'melodyvae[studio]'.") from None

    def announce(address: str) -> None:
        print(f'The studio is open at {address}\nCtrl-C closes it.', flush=True)
        if _OPEN.value:
            webbrowser.open(address)

    serve(Trainer(folder.resolve(), _SETTING.value), _PORT.value, announce)


def run() -> None:
    program.run(main)
