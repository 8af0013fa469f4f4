"""Reads values out of JSON that nobody vouches for, with their types and ranges checked."""

import math
import reprlib
from collections.abc import Iterable
from numbers import Integral, Real
from typing import Any

from tfjs_export.errors import ModelFormatError

_LONGEST = 100
_SHOWN = reprlib.Repr()
_SHOWN.maxstring = _SHOWN.maxother = _LONGEST
_SHOWN.maxlevel = 3

REQUIRED: Any = object()


def quote(value: object) -> str:
    """``value`` as it stands in an error message: short, and safe to print, whatever it is."""
    text = _SHOWN.repr(value)
    return text if len(text) <= _LONGEST else f'{text[: _LONGEST - 3]}...'


def is_integer(value: object) -> bool:
    """True for an integer, NumPy's included; true and false are none."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def first_repeated(names: Iterable[str]) -> str | None:
    """The first name that comes a second time, or None."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None


def as_list(value: object, what: str) -> list[Any]:
    """``value`` if it is a list (or a tuple, as Keras has them), else a ModelFormatError."""
    if not isinstance(value, list | tuple):
        raise ModelFormatError(f'{what} must be a list, not {quote(value)}')
    return list(value)


class Fields:
    """A JSON object; as in TF.js, a value of null is the same as none."""

    def __init__(self, value: object, what: str):
        if not isinstance(value, dict):
            raise ModelFormatError(f'{what} must be an object, not {quote(value)}')
        self._values = value

    def any(self, key: str, default: Any = REQUIRED) -> Any:
        value = self._values.get(key)
        if value is not None:
            return value
        if default is REQUIRED:
            raise ModelFormatError(f'{key} is missing')
        return default

    def integer(self, key: str, default: Any = REQUIRED, *, low: int | None = None) -> int:
        value = self.any(key, default)
        if not is_integer(value) or (low is not None and value < low):
            bound = '' if low is None else f' of at least {low}'
            raise ModelFormatError(f'{key} must be a whole number{bound}, not {quote(value)}')
        return int(value)

    def number(self, key: str, default: Any = REQUIRED, *, low: float = -math.inf) -> float:
        value = self.any(key, default)
        if not isinstance(value, Real) or isinstance(value, bool):
            raise ModelFormatError(f'{key} must be a number, not {quote(value)}')
        try:
            number = float(value)
        except OverflowError:  # of an integer with hundreds of digits
            number = math.inf
        if not math.isfinite(number) or number < low:
            bound = '' if low == -math.inf else f' of at least {low:g}'
            raise ModelFormatError(f'{key} must be a finite number{bound}, not {quote(value)}')
        return number

    def boolean(self, key: str, default: Any = REQUIRED) -> bool:
        value = self.any(key, default)
        if not isinstance(value, bool):
            raise ModelFormatError(f'{key} must be true or false, not {quote(value)}')
        return value

    def text(self, key: str, default: Any = REQUIRED) -> str:
        value = self.any(key, default)
        if not isinstance(value, str):
            raise ModelFormatError(f'{key} must be a text, not {quote(value)}')
        return value

    def list(self, key: str, default: Any = REQUIRED) -> list[Any]:
        return as_list(self.any(key, default), key)

    def object(self, key: str) -> 'Fields':
        return Fields(self.any(key), key)
