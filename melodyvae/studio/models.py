"""Models that were dropped on the page: play pages, exports and run folders become runs."""

import contextlib
import json
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
    """Makes runs of run folders, of a TF.js model or of a play page, also in a ZIP archive.

    Args:
      uploads: name and content of each file; may be hostile.
      runs: the folder of runs.

    Returns:
      The names of the new runs.

    Raises:
      UserError: if there is no model, or one is damaged; those before it stay.
    """
    with tempfile.TemporaryDirectory() as temporary:
        dropped = Path(temporary) / 'dropped'
        keep_tree(uploads, dropped)
        models = sorted(dropped.rglob('model.json'), key=lambda path: (len(path.parts), path))
        found = [path.parents[1] for path in models if (path.parents[1] / 'config.json').is_file()]
        try:
            if found:
                renamed = Path(temporary) / 'renamed'
                folders = dict.fromkeys(found)  # two models may be in one
                return [_add_run(RunFolder(folder), renamed, runs) for folder in folders]
            return [_add_model(dropped, models, runs)]
        except UserError as error:
            words = str(error).replace(f'{dropped}/', '').replace(f'{temporary}/renamed/', '')
            raise UserError(words) from error
        except (ValueError, TypeError, LookupError, RecursionError) as error:
            raise UserError(f'This model is damaged: {error}.') from error


def add_starter(name: str, runs: Path) -> str:
    """Makes a run of a model to start with; see `add_models`."""
    page = find_starter(name)
    if page is None:
        raise UserError('There is no such model to start with.')
    with page.open('rb') as file:
        return add_models([(page.name, file)], runs)[0]


def _add_run(dropped: RunFolder, renamed: Path, runs: Path) -> str:
    """Adds a run folder under a free name, which it returns."""
    load_exported(dropped.own_export)  # refuses what is damaged
    name = _choose_name(dropped.path.name, runs)
    renamed.mkdir(exist_ok=True)
    run = RunFolder(shutil.move(dropped.path, renamed / name))
    run.play_page.touch()  # `rename` writes only a page that exists
    rename(run, dropped.path.name)
    with new_folder(runs / name) as folder:
        shutil.copytree(run.path, folder, dirs_exist_ok=True)
    return name


def _add_model(dropped: Path, models: Sequence[Path], runs: Path) -> str:
    model, title = _find_model(dropped, models)
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


def _find_model(dropped: Path, models: Sequence[Path]) -> tuple[Path, str]:
    """Returns the folder of the first model, or of the one in a page, and its name."""
    if models:
        model = models[0].parent
        for file in MODEL_FILES:
            if not (model / file).is_file():
                raise UserError(f'{file} is missing: drop the whole .model folder.')
        with contextlib.suppress(ValueError, KeyError, TypeError):
            document = json.loads(models[0].read_bytes())
            return model, str(document['userDefinedMetadata']['preset'])
        return model, 'model'
    pages = sorted(path for path in dropped.rglob('*') if path.suffix.lower() in PAGES)
    if not pages:
        raise UserError('No model was dropped: drop a play.html, a .model or a run folder.')
    model = dropped / 'unpacked.model'
    model.mkdir(exist_ok=True)
    title = unpack_page(pages[0].read_text(encoding='utf-8', errors='replace'), model)
    seal(model, {'self_test': make_self_test(load_exported(model))})
    return model, title


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
