"""Reads values from untrusted JSON, and checks their types and ranges."""

import math
import reprlib
from collections.abc import Iterable
from numbers import Integral, Real
from typing import Any

from tfjs_export.errors import ModelFormatError

_MAX_LENGTH = 100
_SHOWN = reprlib.Repr()
_SHOWN.maxstring = _SHOWN.maxother = _MAX_LENGTH
_SHOWN.maxlevel = 3

REQUIRED: Any = object()


def quote(value: object) -> str:
    """Formats any value for an error message: short and safe to print."""
    text = _SHOWN.repr(value)
    return text if len(text) <= _MAX_LENGTH else f'{text[: _MAX_LENGTH - 3]}...'


def is_integer(value: object) -> bool:
    """Returns whether a value is an integer, including NumPy's, but not a boolean."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def first_repeated(names: Iterable[str]) -> str | None:
    """Returns the first name that occurs twice, or None."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None


def as_list(value: object, what: str) -> list[Any]:
    """Returns a list or tuple as a list; raises a ModelFormatError for anything else."""
    if not isinstance(value, list | tuple):
        raise ModelFormatError(f'{what} must be a list, not {quote(value)}')
    return list(value)


class Fields:
    """A JSON object; as in TF.js, null means that a value is missing."""

    def __init__(self, value: object, what: str):
        if not isinstance(value, dict):
            raise ModelFormatError(f'{what} must be an object, not {quote(value)}')
        self.values = value

    def any(self, key: str, default: Any = REQUIRED) -> Any:
        value = self.values.get(key)
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
        except OverflowError:  # an integer with hundreds of digits
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
