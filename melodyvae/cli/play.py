"""Writes a page that plays one or two models in a browser: runs, or TF.js models of a Max device.

Examples:
  melodyvae_play folk
  melodyvae_play runs/loops --output=play.html
  melodyvae_play runs/beats runs/tunes --output=both.html
  melodyvae_play max/melodyvae.model --output=play.html

folk and groove are models that come with melodyvae: they open at once. Training writes this page to
the run folder too. It is a single file that needs no network.
"""

import sys
import webbrowser
from pathlib import Path

from absl import flags

from melodyvae.cli import program
from melodyvae.pages.starters import find_starter
from melodyvae.system.errors import UserError
from melodyvae.system.terminal import print_lines

MAX_MODELS = 2

_RUN_DIR = program.define_run_dir()
_OUTPUT = flags.DEFINE_string(
    'output', None, 'The file to write, such as play.html. Not needed for folk and groove.'
)
_OVERWRITE = flags.DEFINE_bool('overwrite', False, 'Replace an existing file.')


def main(arguments: list[str]) -> None:
    source, rest = program.run_and_rest(arguments, _RUN_DIR.value)
    sources = [source, *program.read_paths(rest)]
    if len(sources) > MAX_MODELS:
        raise UserError(f'Name at most two run folders or TF.js models: {rest[1]} is a third one.')
    starter = None if rest or source.exists() else find_starter(str(source))
    if starter and _OUTPUT.value is None:
        print_lines(f'{starter}: opening it in your browser.')
        webbrowser.open(starter.as_uri())
        return
    if _OUTPUT.value is None:
        raise UserError('Name the file to write: --output=play.html.')
    # Imported here, because `--help` runs without NumPy.
    from melodyvae.runs.play_page import write_page
    from melodyvae.system.atomic import new_file, refuse_existing

    output = Path(_OUTPUT.value).expanduser()
    refuse_existing(output, overwrite=_OVERWRITE.value)
    if starter:
        with new_file(output, overwrite=_OVERWRITE.value) as temporary:
            temporary.write_bytes(starter.read_bytes())
    elif remark := write_page(sources, output, overwrite=_OVERWRITE.value):
        print_lines(remark, file=sys.stderr)
    print_lines(f'{output}: open it in a browser.')
