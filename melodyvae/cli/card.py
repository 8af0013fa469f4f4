"""Prints the card of a model: what it is, who made it from what, and how to play it.

Examples:
  melodyvae_card runs/loops
  melodyvae_card max/melodyvae.model --json

The card is a README.md for a model hub. melodyvae_train takes author, license and a text for it
(--author, --license, --about, --tags, --source_license). To change them later, edit RUN/card.json
and run melodyvae_export.
"""

import json
from pathlib import Path

from absl import flags

from melodyvae.cli import program

_RUN_DIR = program.define_run_dir()
_OUTPUT = flags.DEFINE_string('output', None, 'New file to write instead of printing.')
_OVERWRITE = flags.DEFINE_bool('overwrite', False, 'Replace an existing file.')
_JSON = flags.DEFINE_bool('json', False, 'JSON as in card.schema.json instead of Markdown.')


def main(arguments: list[str]) -> None:
    source = program.only_source(arguments, _RUN_DIR.value)
    program.refuse_unplayable(source)
    # Imported here, because `--help` runs without NumPy.
    from melodyvae.playing.card import render_readme
    from melodyvae.runs.card import find_card
    from melodyvae.system.atomic import new_file

    card = find_card(source)
    text = json.dumps(card, indent=2) + '\n' if _JSON.value else render_readme(card)
    if _OUTPUT.value is None:
        print(text, end='')
        return
    with new_file(Path(_OUTPUT.value).expanduser(), overwrite=_OVERWRITE.value) as temporary:
        temporary.write_text(text, encoding='utf-8')
