"""Models that were dropped on the page: play pages and exports become runs that play."""

import contextlib
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from melodyvae.config.json_file import write_config
from melodyvae.pages.play_page import write_run_page
from melodyvae.pages.starters import find_starter
from melodyvae.pages.unpack import unpack_page
from melodyvae.playing.exported import load_exported, read_exported_card
from melodyvae.runs.folder import RunFolder
from melodyvae.studio.names import MAX_NAME
from melodyvae.system.atomic import new_folder
from melodyvae.system.errors import UserError

MODEL_FILES = ('model.json', 'weights.bin')
PAGES = ('.html', '.htm')


def add_model(uploads: Sequence[tuple[str, IO[bytes]]], runs: Path) -> str:
    """Makes a run of a play page, or of the files of a TF.js model.

    Args:
      uploads: name and content of each file; may be hostile.
      runs: the folder of runs.

    Returns:
      The name of the new run.

    Raises:
      UserError: if the files are not a model, or it is damaged.
    """
    with tempfile.TemporaryDirectory() as temporary:
        model = Path(temporary) / 'dropped.model'
        model.mkdir()
        name = _write_model(uploads, model)
        try:
            player = load_exported(model)
            card = read_exported_card(model)
        except UserError as error:
            raise UserError(str(error).replace(f'{model}', 'the dropped model')) from error
        name = _choose_name(name if card is None else card['name'], runs)
        with new_folder(runs / name) as folder:
            run = RunFolder(folder)
            write_config(player.config, folder / 'config.json')
            run.write_summary({'threshold': player.threshold, **player.timing.to_dict()})
            if card is not None:
                run.card.write_text(json.dumps(card, indent=2) + '\n', encoding='utf-8')
            run.own_export.mkdir()
            for file in MODEL_FILES:
                (run.own_export / file).write_bytes((model / file).read_bytes())
        run = RunFolder(runs / name)
        write_run_page(run, run.play_page)
    return name


def add_starter(name: str, runs: Path) -> str:
    """Makes a run of a model to start with; see `add_model`."""
    page = find_starter(name)
    if page is None:
        raise UserError('There is no such model to start with.')
    with page.open('rb') as file:
        return add_model([(page.name, file)], runs)


def _write_model(uploads: Sequence[tuple[str, IO[bytes]]], model: Path) -> str:
    """Writes the files of a model, and returns a name for it."""
    files = dict(uploads)
    for name, content in uploads:
        if name.lower().endswith(PAGES):
            return unpack_page(content.read().decode('utf-8', 'replace'), model)
    for name in MODEL_FILES:
        if name not in files:
            raise UserError(f'{name} is missing: drop the whole .model folder.')
        (model / name).write_bytes(files[name].read())
    with contextlib.suppress(ValueError, KeyError, TypeError):
        return str(json.loads((model / 'model.json').read_bytes())['userDefinedMetadata']['preset'])
    return 'model'


def _choose_name(wanted: str, runs: Path) -> str:
    """Returns a name for a run that is free, close to a text that may be hostile."""
    plain = ''.join(sign if sign.isalnum() or sign in ' _+-' else ' ' for sign in wanted)
    plain = ' '.join(plain.split())[: MAX_NAME - 5].strip() or 'model'
    plain = plain if plain[0].isalnum() else f'model {plain}'
    name, number = plain, 1
    while (runs / name).exists():
        number += 1
        name = f'{plain} {number}'
    return name
