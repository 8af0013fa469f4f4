"""Reads models from `.keras` files, which are untrusted."""

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
MAX_CONFIG_BYTES = 2**20  # ours has 4,000
# The modules that Keras may load classes from. A file could name any.
MODULES = ('keras.optimizers', 'keras.optimizers.schedules', 'melodyvae.model.optimizer')


def read_model(path: Path) -> MelodyVAE:
    """Loads a file that `MelodyVAE.save` wrote; Keras is given no other file.

    Raises:
      UserError: if the file is missing, is damaged, or contains anything but a MelodyVAE or a
        subclass that is registered in this process.
    """
    try:
        _check_archive(path)
        return keras.models.load_model(path)
    except UserError:
        raise
    except Exception as error:  # zlib, HDF5 and Keras raise anything on damaged bytes
        reason = next(iter(str(error).strip().splitlines()[-1:]), type(error).__name__)
        raise UserError(f'{path} cannot be read: {reason.rstrip(".")}.') from error


def _check_archive(path: Path) -> None:
    """Raises a UserError if a file is damaged, or names classes that our models do not need."""
    with zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
        if {part.filename for part in parts} != PARTS or len(parts) != len(PARTS):
            raise UserError(_say_other(path))
        if any(part.compress_type != zipfile.ZIP_STORED for part in parts):  # a zip bomb
            raise UserError(f'{path} is compressed, and Keras saves without: save the model again.')
        damaged = archive.testzip()
        if damaged:
            raise UserError(f'{path} is damaged: the checksum of its {damaged} is wrong.')
        if archive.getinfo('config.json').file_size > MAX_CONFIG_BYTES:
            raise UserError(_say_other(path))
        described = json.loads(archive.read('config.json'))
    if not isinstance(described, dict) or not _names_our_class(described):
        raise UserError(_say_other(path))
    Config.from_dict(described.pop('config')['config']).validate()
    for found in _find_objects(described.get('compile_config')):
        if found.get('module') not in MODULES:
            raise UserError(
                f'{path} wants to load {found.get("class_name")!r} of {found.get("module")!r}, '
                f'which our models do not need: do not trust this file.'
            )


def _say_other(path: Path) -> str:
    return (
        f'{path} holds another model: use one that melodyvae has saved, and import the module that '
        f'registers its class first if it is a subclass of MelodyVAE.'
    )


def _names_our_class(described: dict[str, Any]) -> bool:
    """Whether a model is a MelodyVAE or a subclass that is registered in this process."""
    registered_name = described.get('registered_name')
    if not isinstance(registered_name, str):
        return False
    found = keras.saving.get_registered_object(registered_name)
    if not (isinstance(found, type) and issubclass(found, MelodyVAE)):
        return False
    # Keras writes no module for a class that a script or a notebook defines.
    modules = (None, found.__module__)
    return described.get('module') in modules and described.get('class_name') == found.__name__


def _find_objects(values: Any) -> Iterator[dict[str, Any]]:
    """Yields the objects that Keras would build, at any depth."""
    if isinstance(values, dict):
        if 'class_name' in values:
            yield values
        values = list(values.values())
    if isinstance(values, list):
        for value in values:
            yield from _find_objects(value)
