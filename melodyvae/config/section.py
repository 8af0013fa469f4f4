"""A part of a configuration, from and to plain values as JSON has them."""

import dataclasses
import typing
from collections.abc import Mapping
from typing import Any, Self

from melodyvae.config.field import find_settings
from melodyvae.config.nearest import ask_for_nearest
from melodyvae.system.errors import UserError


class Section:
    """What all parts of a configuration can do."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """The settings by name; those of a section within are a dict of their own."""
        return dataclasses.asdict(typing.cast(Any, self))

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Builds the section from plain JSON values, which `Config.validate` then checks.

        Raises:
          UserError: on a name that is no setting, or a section that is no object.
        """
        return _build(cls, values, '')


def _build(section: type, values: Any, prefix: str) -> Any:
    """The dataclass `section` from `values`; `prefix` is what the names of its settings have."""
    if not isinstance(values, Mapping):
        raise UserError(f'{prefix[:-1]} needs an object, not {values!r}.')
    hints = typing.get_type_hints(section)
    for name in values:
        if name not in hints:
            settings = [setting.name for setting in find_settings(section, prefix)]
            hint = ask_for_nearest(prefix + name, settings)
            raise UserError(f'{prefix}{name} is no setting{hint}.')
    return section(
        **{name: _build_value(hints[name], value, prefix + name) for name, value in values.items()}
    )


def _build_value(hint: Any, value: Any, name: str) -> Any:
    if dataclasses.is_dataclass(hint):
        return _build(typing.cast(type, hint), value, f'{name}.')
    return tuple(value) if isinstance(value, list) else value
