"""Which config a name stands for: a preset of `configs/`, or a file like those in there."""

import copy
import importlib
import importlib.util
import inspect
import pkgutil
from pathlib import Path
from types import ModuleType

from melodyvae.config.nearest import ask_for_nearest
from melodyvae.config.settings import Config
from melodyvae.errors import UserError


def preset_names() -> list[str]:
    """The names of the presets, sorted."""
    folder = importlib.import_module('melodyvae_configs').__path__
    return sorted(module.name for module in pkgutil.iter_modules(folder))


def preset(name: str, fidelity: str = 'documented') -> Config:
    """The configuration that `configs/NAME.py` describes, checked.

    Args:
      name: such as 'melodyvae_improved', or 'melodyvae_improved:js' with its fidelity.
      fidelity: 'documented' or 'js', where the name has none.

    Raises:
      UserError: if there is no such preset, or it has no such fidelity.
    """
    name, fidelity = split_fidelity(name, fidelity)
    names = preset_names()
    if name not in names:
        raise UserError(
            f'There is no preset {name!r}{ask_for_nearest(name, names)}: use one of '
            f'{", ".join(names)}, or a .py file.'
        )
    module = importlib.import_module(f'melodyvae_configs.{name}')
    return module.get_config(fidelity).validate()


def resolve_config(config: Config | str) -> Config:
    """Returns a checked copy of a config, or the preset of a name.

    Raises:
      UserError: on a config that cannot work, or a name that is none.
    """
    return preset(config) if isinstance(config, str) else copy.deepcopy(config).validate()


def load_config(specification: str) -> Config:
    """The configuration that a command line names.

    Args:
      specification: NAME of a preset, or a Python file that defines `get_config()` or
        `get_config(fidelity)`; each may end in `:js`.

    Returns:
      The config of a preset, checked; that of a file as it is.

    Raises:
      UserError: if there is no such preset, file or fidelity, or the file returns no config.
    """
    name, fidelity = split_fidelity(specification)
    if not _is_path(name):
        return preset(name, fidelity)
    path = Path(name).expanduser()
    if not path.is_file():
        raise UserError(
            f'{path} names no file: name one, or a preset of {", ".join(preset_names())}.'
        )
    if path.suffix != '.py':
        raise UserError(f'{path} is no Python file: name one like those in configs/, or a preset.')
    try:
        config = _call_get_config(_import_file(path), fidelity)
    except UserError:
        raise
    except Exception as error:  # a config file is a program: anything can go wrong in it
        raise UserError(f'{path} cannot be used: {error}.') from error
    if not isinstance(config, Config):
        raise UserError(f'{path} cannot be used: its get_config returns no Config.')
    return config


def split_fidelity(specification: str, default: str = 'documented') -> tuple[str, str]:
    r"""The name or file, and the fidelity after its last colon: `default` if there is none.

    A colon inside a path, as in 'C:\loops\mine.py', is part of the path.
    """
    name, _, fidelity = specification.strip().rpartition(':')
    if not name or _is_path(fidelity):
        return specification.strip(), default
    return name, fidelity or default


def _is_path(name: str) -> bool:
    return bool(set(name) & set('./\\'))


def _import_file(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _call_get_config(module: ModuleType, fidelity: str) -> object:
    """What `get_config` returns; a file without fidelities may leave the parameter out."""
    if fidelity == 'documented' and not inspect.signature(module.get_config).parameters:
        return module.get_config()
    return module.get_config(fidelity)
