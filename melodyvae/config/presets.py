"""The presets by name: `configs/*.py`, wherever they are installed."""

import importlib
import importlib.util
from pathlib import Path

from melodyvae.config.settings import (
    Config,
)
from melodyvae.errors import UserError


def preset_path(name: str) -> Path:
    """The file of a preset, such as 'melodyvae_improved', wherever the package is installed."""
    spec = importlib.util.find_spec('melodyvae_configs')
    assert spec and spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0]) / f'{name}.py'


def preset(name: str, fidelity: str = 'documented') -> Config:
    """The configuration that `configs/NAME.py` describes, checked.

    Raises:
      UserError: if there is no such preset or fidelity.
    """
    try:
        module = importlib.import_module(f'melodyvae_configs.{name}')
    except ModuleNotFoundError as error:
        raise UserError(
            f'There is no preset {name!r}: look into configs/ for the names.'
        ) from error
    return module.get_config(fidelity).validate()
