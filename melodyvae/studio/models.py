"""Models that were dropped on the page: play pages, exports and run folders become runs."""

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from melodyvae.config.json_file import write_config
from melodyvae.pages.play_page import write_run_page
from melodyvae.pages.starters import find_starter
from melodyvae.pages.unpack import unpack_page
from melodyvae.playing.exported import load_exported, read_exported_card
from melodyvae.playing.integrity import seal
from melodyvae.playing.self_test import make_self_test
from melodyvae.runs.folder import RunFolder
from melodyvae.runs.rename import rename
from melodyvae.studio.names import MAX_NAME
from melodyvae.studio.uploads import keep_tree
from melodyvae.system.atomic import new_folder
from melodyvae.system.errors import UserError

MODEL_FILES = ('model.json', 'weights.bin')
PAGES = ('.html', '.htm')


def add_models(uploads: Sequence[tuple[str, IO[bytes]]], runs: Path) -> list[str]:
    """Makes runs of run folders, TF.js models and play pages, also in ZIP archives.

    Args:
      uploads: name and content of each file; may be hostile.
      runs: the folder of runs.

    Returns:
      The names of the new runs.

    Raises:
      UserError: if no model was dropped, or some are damaged. The others are added.
    """
    with tempfile.TemporaryDirectory() as temporary:
        dropped = Path(temporary) / 'dropped'
        keep_tree(uploads, dropped)
        found = _find_models(dropped)
        if not found:
            raise UserError('No model was dropped: drop a play.html, a .model or a run folder.')
        names, refused = [], []
        for path in found:
            try:
                names.append(_add(path, Path(temporary), runs))
            except UserError as error:
                said = str(error)
                for folder in (dropped, Path(temporary) / 'renamed', temporary):
                    said = said.replace(f'{folder}{os.sep}', '')
                refused.append(said)
            except (ValueError, TypeError, LookupError, RecursionError) as error:
                name = 'This model' if path == dropped else path.name
                refused.append(f'{name} is damaged: {error}.')
        if refused:
            raise UserError(' '.join(refused))
        return names


def add_starter(name: str, runs: Path) -> str:
    """Makes a run of a model to start with; see `add_models`."""
    page = find_starter(name)
    if page is None:
        raise UserError('There is no such model to start with.')
    with page.open('rb') as file:
        return add_models([(page.name, file)], runs)[0]


def _find_models(dropped: Path) -> list[Path]:
    """Returns run folders, model folders and pages, of which none is in another."""
    models = sorted(path.parent for path in dropped.rglob('model.json'))
    runs = [model.parent for model in models if (model.parent / 'config.json').is_file()]
    found = list(dict.fromkeys(runs))  # two models may be in one
    pages = [path for path in sorted(dropped.rglob('*')) if path.suffix.lower() in PAGES]
    for path in (*models, *pages):
        if path.suffix != '.encoder' and not set(found) & set(path.parents):
            found.append(path)
    return found


def _add(path: Path, temporary: Path, runs: Path) -> str:
    """Adds a run folder, a model folder or a page under a free name, which it returns."""
    if (path / 'model.json').is_file():
        return _add_model(path, _read_title(path), runs)
    if path.is_dir():
        return _add_run(RunFolder(path), temporary / 'renamed', runs)
    model = Path(tempfile.mkdtemp(dir=temporary))
    try:
        title = unpack_page(path.read_text(encoding='utf-8', errors='replace'), model)
    except UserError as error:
        raise UserError(f'{path.name}: {error}') from error
    seal(model, {'self_test': make_self_test(load_exported(model))})
    return _add_model(model, title, runs)


def _add_run(dropped: RunFolder, renamed: Path, runs: Path) -> str:
    load_exported(dropped.own_export)  # refuses what is damaged
    name = _choose_name(dropped.path.name, runs)
    renamed.mkdir(exist_ok=True)
    run = RunFolder(shutil.move(dropped.path, renamed / name))
    run.play_page.touch()  # `rename` writes only a page that exists
    rename(run, dropped.path.name)
    with new_folder(runs / name) as folder:
        shutil.copytree(run.path, folder, dirs_exist_ok=True)
    return name


def _add_model(model: Path, title: str, runs: Path) -> str:
    player = load_exported(model)
    card = read_exported_card(model)
    name = _choose_name(title if card is None else card['name'], runs)
    with new_folder(runs / name) as folder:
        run = RunFolder(folder)
        write_config(player.config, folder / 'config.json')
        run.write_summary({'threshold': player.threshold, **player.timing.to_dict()})
        run.write_checksums()
        if card is not None:
            run.card.write_text(json.dumps(card, indent=2) + '\n', encoding='utf-8')
        run.own_export.mkdir()
        for file in MODEL_FILES:
            shutil.copy(model / file, run.own_export)
    run = RunFolder(runs / name)
    write_run_page(run, run.play_page)
    return name


def _read_title(model: Path) -> str:
    """Returns the preset that a model folder names."""
    weights = model / 'weights.bin'
    if not weights.is_file():
        raise UserError(f'{weights} is missing: drop the whole .model folder.')
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
