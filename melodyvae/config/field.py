"""The type, range, choices and help of a setting, defined at its dataclass field."""

import dataclasses
import math
import operator
import typing
from collections.abc import Iterator
from typing import Any

_ONE = {bool: 'true or false', int: 'a whole number', float: 'a finite number', str: 'text'}
_SEVERAL = {bool: 'booleans', int: 'whole numbers', float: 'finite numbers', str: 'texts'}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A setting, for programs, checks, tables and pages.

    Attributes:
      name: with its section, such as 'training.epochs'.
      help: what it does, in one or more sentences.
      default: its value unless a preset or a user sets it.
      type: bool, int, float or str, of the value or of each item of a tuple.
      several: whether the value is a tuple.
      low, high: the minimum and maximum of a number; infinite if there is none.
      choices: the allowed texts, in the order that they have in a tuple; empty if all are.
    """

    name: str
    help: str
    default: Any
    type: type
    several: bool
    low: float
    high: float
    choices: tuple[str, ...]

    @property
    def flag(self) -> str:
        """The name on the command line, such as '--config.training.epochs'."""
        return f'--config.{self.name}'

    @property
    def allowed(self) -> str:
        """The allowed values, such as 'a whole number from 1'."""
        if self.choices:
            choices = ', '.join(map(repr, self.choices))
            if self.several:
                return f'a tuple of some of {choices}, in this order'
            return f'one of {choices}'
        low = '' if self.low == -math.inf else f' from {self.low}'
        high = '' if self.high == math.inf else f' to {self.high}'
        words = f'a tuple of {_SEVERAL[self.type]}' if self.several else _ONE[self.type]
        return f'{words}{low}{high}'

    def allows(self, value: Any) -> bool:
        """Whether `value` has the type of this setting and lies in its range."""
        if not self.several:
            return self._allows_one(value)
        if not isinstance(value, tuple) or not all(map(self._allows_one, value)):
            return False
        return not self.choices or list(value) == [x for x in self.choices if x in value]

    def _allows_one(self, value: Any) -> bool:
        if self.type in (bool, str):
            return isinstance(value, self.type) and (not self.choices or value in self.choices)
        numbers = (int, float) if self.type is float else int
        if not isinstance(value, numbers) or isinstance(value, bool):
            return False
        return self.low <= value <= self.high and abs(value) != math.inf


def define(
    default: Any,
    help: str,
    *,
    low: float = -math.inf,
    high: float = math.inf,
    choices: tuple[str, ...] = (),
) -> Any:
    """Returns a dataclass field for a setting; see the attributes of `Setting`."""
    metadata = {'help': help, 'low': low, 'high': high, 'choices': choices}
    return dataclasses.field(default=default, metadata=metadata)


def find_settings(section: type, prefix: str = '') -> Iterator[Setting]:
    """Yields the settings of a dataclass and of its nested dataclasses, in order.

    Args:
      section: a dataclass whose fields are made by `define`, or are such dataclasses.
      prefix: of their names.
    """
    hints = typing.get_type_hints(section)
    for field in dataclasses.fields(section):
        hint = hints[field.name]
        if dataclasses.is_dataclass(hint):
            yield from find_settings(typing.cast(type, hint), f'{prefix}{field.name}.')
            continue
        items = typing.get_args(hint)  # if it is a tuple
        yield Setting(
            name=prefix + field.name,
            default=field.default,
            type=items[0] if items else hint,
            several=bool(items),
            **field.metadata,
        )


def get_value(config: Any, name: str) -> Any:
    """Returns the value of the setting `name`, such as 'training.epochs'."""
    return operator.attrgetter(name)(config)


def set_value(config: Any, name: str, value: Any) -> None:
    """Changes the setting `name`, such as 'training.epochs', in place, without a check."""
    section, _, attribute = name.rpartition('.')
    setattr(get_value(config, section) if section else config, attribute, value)
