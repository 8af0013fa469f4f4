"""Models in `.keras` files, which nobody vouches for."""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras

from melodyvae.config import Config
from melodyvae.model.vae import MelodyVAE
from melodyvae.system.errors import UserError

PARTS = {'metadata.json', 'config.json', 'model.weights.h5'}
LARGEST_CONFIG = 2**20  # bytes; ours has 4,000
# Where Keras may take classes from: optimisers and their schedules. A file can name any other.
MODULES = ('keras.optimizers', 'keras.optimizers.schedules', 'melodyvae.model.optimizer')


def read_model(path: Path) -> MelodyVAE:
    """Loads what `MelodyVAE.save` wrote, and lets Keras see nothing else.

    Raises:
      UserError: if the file is missing, is damaged, or holds anything but a MelodyVAE.
    """
    try:
        _check_archive(path)
        return keras.models.load_model(path)
    except UserError:
        raise
    except Exception as error:  # damaged bytes raise whatever zlib, HDF5 and Keras come across
        reason = next(iter(str(error).strip().splitlines()[-1:]), type(error).__name__)
        raise UserError(f'{path} cannot be read: {reason.rstrip(".")}.') from error


def _check_archive(path: Path) -> None:
    """Refuses what is damaged, or names classes of others."""
    with zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
        if {part.filename for part in parts} != PARTS or len(parts) != len(PARTS):
            raise UserError(_say_other(path))
        if any(part.compress_type != zipfile.ZIP_STORED for part in parts):  # it could be a bomb
            raise UserError(f'{path} is packed otherwise than Keras does: save the model again.')
        damaged = archive.testzip()
        if damaged:
            raise UserError(f'{path} is damaged: the checksum of its {damaged} is wrong.')
        if archive.getinfo('config.json').file_size > LARGEST_CONFIG:
            raise UserError(_say_other(path))
        described = json.loads(archive.read('config.json'))
    ours = {
        'module': MelodyVAE.__module__,
        'class_name': MelodyVAE.__name__,
        'registered_name': f'melodyvae>{MelodyVAE.__name__}',
    }
    if not isinstance(described, dict) or ours.items() - _texts(described).items():
        raise UserError(_say_other(path))
    Config.from_dict(described.pop('config')['config']).validate()
    for found in _find_objects(described.get('compile_config')):
        if found.get('module') not in MODULES:
            raise UserError(
                f'{path} wants to load {found.get("class_name")!r} of {found.get("module")!r}, '
                f'which no model of ours needs: do not trust this file.'
            )


def _say_other(path: Path) -> str:
    return f'{path} holds another model: it must be one that melodyvae has saved.'


def _texts(values: dict[str, Any]) -> dict[str, str]:
    return {name: value for name, value in values.items() if isinstance(value, str)}


def _find_objects(values: Any) -> Iterator[dict[str, Any]]:
    """All that Keras would build, at any depth."""
    if isinstance(values, dict):
        if 'class_name' in values:
            yield values
        values = list(values.values())
    if isinstance(values, list):
        for value in values:
            yield from _find_objects(value)
