"""Opens the studio in the browser: drop MIDI, train a model, play it, export it to Max.

Examples:
  melodyvae_studio
  melodyvae_studio my_runs --port=9000

It serves only this machine, from a folder of runs, by default ./runs. Ctrl-C closes the studio and
stops its training, which can be resumed.
"""

import webbrowser
from pathlib import Path

from absl import flags

from melodyvae.cli import config_flag
from melodyvae.system.errors import UserError
from melodyvae.system.terminal import print_lines

_PORT = flags.DEFINE_integer('port', 8765, 'Port to listen on; 0 for any free port.', 0, 65535)
_OPEN = flags.DEFINE_bool('open', True, 'Open the browser.')

_SETTING = flags.DEFINE_multi_string(
    'setting',
    [],
    'A setting of every new run, such as training.epochs=20; may be given several times.',
)


def main(arguments: list[str]) -> None:
    if len(arguments) > 1:
        raise UserError(f'Name only one folder of runs: {arguments[1]} is a second one.')
    folder = Path(arguments[0] if arguments else 'runs').expanduser()
    if folder.exists() and not folder.is_dir():
        raise UserError(f'{folder} is a file: name a folder for the runs.')
    settings = dict(map(config_flag.parse_setting, _SETTING.value))
    try:
        # Imported here, because Starlette is optional and `--help` runs without it.
        from melodyvae.studio.server import serve
        from melodyvae.studio.trainer import Trainer
    except ModuleNotFoundError as error:
        raise UserError(f"{error.name} is missing: pip install 'melodyvae[studio]'.") from None

    def announce(address: str) -> None:
        print(f'The studio is open at {address}\nPress Ctrl-C to close it.', flush=True)
        if _OPEN.value:
            webbrowser.open(address)

    stopped = serve(Trainer(folder.resolve(), settings), _PORT.value, announce)
    rest = f' Stopping {", ".join(stopped)}, which can be resumed.' if stopped else ''
    print_lines(f'The studio is closed.{rest}')
