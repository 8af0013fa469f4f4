"""Loads configs: presets in `configs/`, Python files like those, or JSON files."""

import copy
import importlib
import importlib.util
import inspect
import pkgutil
from pathlib import Path
from types import ModuleType

from melodyvae.config.json_file import read_config
from melodyvae.config.nearest import ask_for_nearest
from melodyvae.config.settings import Config
from melodyvae.system.errors import UserError


def preset_names() -> list[str]:
    """Returns the names of the presets, sorted."""
    folder = importlib.import_module('melodyvae_configs').__path__
    return sorted(module.name for module in pkgutil.iter_modules(folder))


def preset(specification: str | Path, fidelity: str = 'documented') -> Config:
    """Loads and checks a preset or a config file.

    Args:
      specification: NAME of a preset, such as 'melodyvae_improved', or a Python file that defines
        `get_config()` or `get_config(fidelity)`; each may end in ':js'. Or a JSON file written by
        `write_config`, such as the `config.json` of a run. A `Path` is a file.
      fidelity: 'documented' or 'js', unless the specification has one.

    Raises:
      UserError: if there is no such preset, file or fidelity, or the file returns no config, or
        one that cannot work.
    """
    if isinstance(specification, Path):
        return _read_file(specification, fidelity)
    name, fidelity = split_fidelity(specification, fidelity)
    if _is_path(name):
        return _read_file(Path(name), fidelity)
    names = preset_names()
    if name not in names:
        raise UserError(
            f'There is no preset {name!r}{ask_for_nearest(name, names)}: use one of '
            f'{", ".join(names)}, or a .py file.'
        )
    module = importlib.import_module(f'melodyvae_configs.{name}')
    return module.get_config(fidelity).validate()


def resolve_config(config: Config | str | Path) -> Config:
    """Returns a checked copy of `config`, or loads the `preset` that it names.

    Raises:
      UserError: as `preset`; names a setting that cannot work.
    """
    if isinstance(config, Config):
        return copy.deepcopy(config).validate()
    return preset(config)


def split_fidelity(specification: str, default: str = 'documented') -> tuple[str, str]:
    r"""Splits off the fidelity after the last colon; `default` if there is none.

    A colon inside a path, as in 'C:\loops\mine.py', is part of the path.
    """
    name, _, fidelity = specification.strip().rpartition(':')
    if not name or _is_path(fidelity):
        return specification.strip(), default
    return name, fidelity or default


def _is_path(name: str) -> bool:
    return bool(set(name) & set('./\\'))


def _read_file(path: Path, fidelity: str) -> Config:
    path = path.expanduser()
    if not path.is_file():
        raise UserError(
            f'{path} names no file: name one, or a preset of {", ".join(preset_names())}.'
        )
    if path.suffix == '.json':
        if fidelity != 'documented':
            raise UserError(f'{path} has all settings: leave :{fidelity} out.')
        return read_config(path)
    if path.suffix != '.py':
        raise UserError(
            f'{path} is neither a Python nor a JSON file: name one like those in configs/, the '
            f'config.json of a run, or a preset.'
        )
    try:
        config = _call_get_config(_import_file(path), fidelity)
    except UserError:
        raise
    except Exception as error:  # a config file is a program and can raise anything
        raise UserError(f'{path} cannot be used: {error}.') from error
    if not isinstance(config, Config):
        raise UserError(f'{path} cannot be used: its get_config returns no Config.')
    return config.validate()


def _import_file(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _call_get_config(module: ModuleType, fidelity: str) -> object:
    """Calls `get_config`; a file without fidelities may leave the parameter out."""
    if fidelity == 'documented' and not inspect.signature(module.get_config).parameters:
        return module.get_config()
    return module.get_config(fidelity)
