"""`config.json`: the settings of a run."""

import json
from collections.abc import Mapping
from pathlib import Path

from melodyvae.config.settings import Config
from melodyvae.system.atomic import new_file
from melodyvae.system.errors import UserError


def write_config(config: Config, path: str | Path) -> None:
    """Writes `config.json`, replacing the file in one move."""
    with new_file(path, overwrite=True) as temporary:
        temporary.write_text(json.dumps(config.to_dict(), indent=2) + '\n')


def read_config(path: str | Path) -> Config:
    """Reads and checks a file that `write_config` wrote.

    Raises:
      UserError: if the file is missing, is not JSON, or has unknown settings or values that are
        not allowed.
    """
    path = Path(path)
    try:
        values = json.loads(path.read_text())
    except FileNotFoundError:
        raise UserError(f'{path.parent} is not a run folder: it has no {path.name}.') from None
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f'{path} cannot be read as a configuration: {error}') from error
    if not isinstance(values, Mapping):
        raise UserError(f'{path} cannot be read as a configuration: it holds no JSON object.')
    try:
        return Config.from_dict(values).validate()
    except UserError as error:
        raise UserError(f'{path} is not a configuration of this version: {error}') from error
