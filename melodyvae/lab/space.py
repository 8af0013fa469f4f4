"""The space of a search: the settings that it may change, and their values.

A JSON file declares it. A number has a range, `{"low": 0.5, "high": 2}`, optionally with
`"log": true`. Any setting may have choices, `["step", "cosine"]`.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from melodyvae.config import Config, Setting, list_settings
from melodyvae.config.field import get_value
from melodyvae.config.nearest import ask_for_nearest
from melodyvae.system.errors import UserError

# Other settings change what is held out, what plays, or the random seed.
SEARCHED = ('data.recombination', 'model.', 'pad.', 'loss.', 'training.')
SEED = 'training.seed'
SECOND_STAGE = ('model.anchors', 'pad.')
RANGE = {'low', 'high', 'log'}

Space = dict[str, BaseDistribution]


def read_space(path: Path, config: Config) -> Space:
    """Reads a space from a JSON file: distributions by names of settings.

    Args:
      path: the file.
      config: the first trial; the space must include its values.

    Raises:
      UserError: names the file, the setting and what is wrong.
    """
    try:
        declared = json.loads(path.read_text())
    except FileNotFoundError:
        raise UserError(f'{path} does not exist. Name the JSON file of a space.') from None
    except (OSError, ValueError) as error:
        raise UserError(f'{path} cannot be read as a space: {error}.') from error
    if not isinstance(declared, Mapping) or not declared:
        raise UserError(
            f'{path} declares no settings. Write an object such as '
            f'{{"pad.smoothness": {{"low": 1, "high": 3}}, "model.hidden": [256, 512]}}.'
        )
    try:
        return {name: _read(name, values, config) for name, values in declared.items()}
    except UserError as error:
        raise UserError(f'{path}: {error}') from None


def is_of_second_stage(space: Space) -> bool:
    """Returns whether all trials of a space have the same first stage."""
    return all(name.startswith(SECOND_STAGE) for name in space)


def _read(name: str, values: Any, config: Config) -> BaseDistribution:
    settings = {x.name: x for x in list_settings() if _is_searched(x)}
    if name not in settings:
        known = any(setting.name == name for setting in list_settings())
        problem = 'cannot be searched' if known else 'is not a setting'
        hint = '' if known else ask_for_nearest(name, settings)
        raise UserError(f'{name} {problem}{hint}.')
    setting, own = settings[name], get_value(config, name)
    if isinstance(values, list):
        _check_all(setting, values)
        if own not in values:
            raise UserError(f"{name} needs the config's own value, {own!r}, among its choices.")
        return CategoricalDistribution(values)
    if not isinstance(values, Mapping) or not {'low', 'high'} <= values.keys() <= RANGE:
        raise UserError(
            f'{name} needs a list of choices, or low, high and optionally log, not '
            f'{json.dumps(values)}.'
        )
    low, high, log = values['low'], values['high'], values.get('log', False)
    if setting.type not in (int, float):
        raise UserError(f'{name} is not a number: give it a list of choices.')
    _check_all(setting, [low, high])
    if not isinstance(log, bool) or (log and low <= 0):
        raise UserError(f'{name} needs true or false for log, and a low over 0 with it.')
    if not low <= own <= high or low == high:
        raise UserError(f"{name} needs a range around the config's own value, {own!r}.")
    return (IntDistribution if setting.type is int else FloatDistribution)(low, high, log=log)


def _is_searched(setting: Setting) -> bool:
    return setting.name.startswith(SEARCHED) and setting.name != SEED


def _check_all(setting: Setting, values: list) -> None:
    for value in values:
        if not setting.allows(value):
            raise UserError(f'{setting.name} cannot be {value!r}: it must be {setting.allowed}.')
