"""Converts parts of a configuration to and from plain JSON values."""

import dataclasses
import typing
from collections.abc import Mapping
from typing import Any, Self

from melodyvae.config.field import find_settings
from melodyvae.config.nearest import ask_for_nearest
from melodyvae.system.errors import UserError


class Section:
    """The base class of all parts of a configuration."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """Returns the settings by name; nested sections are nested dicts."""
        return dataclasses.asdict(typing.cast(Any, self))

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Builds the section from plain JSON values; `Config.validate` checks them.

        Raises:
          UserError: on an unknown setting, or a section that is not an object.
        """
        return _build(cls, values, '')


def _build(section: type, values: Any, prefix: str) -> Any:
    """Builds the dataclass `section` from `values`; its settings have names with `prefix`."""
    if not isinstance(values, Mapping):
        raise UserError(f'{prefix[:-1]} needs an object, not {values!r}.')
    hints = typing.get_type_hints(section)
    for name in values:
        if name not in hints:
            settings = [setting.name for setting in find_settings(section, prefix)]
            hint = ask_for_nearest(prefix + name, settings)
            raise UserError(f'{prefix}{name} is not a setting{hint}.')
    return section(
        **{name: _build_value(hints[name], value, prefix + name) for name, value in values.items()}
    )


def _build_value(hint: Any, value: Any, name: str) -> Any:
    if dataclasses.is_dataclass(hint):
        return _build(typing.cast(type, hint), value, f'{name}.')
    return tuple(value) if isinstance(value, list) else value
