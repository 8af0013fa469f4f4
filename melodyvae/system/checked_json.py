"""JSON files with a checksum."""

import hashlib
import json
from pathlib import Path
from typing import Any


def write_checked(values: dict[str, Any], path: Path) -> None:
    """Writes JSON values together with their checksum."""
    text = json.dumps({**values, 'checksum': _sum_up(values)}, indent=1)
    path.write_text(text + '\n', encoding='utf-8')


def read_checked(path: Path) -> dict[str, Any]:
    """Reads what `write_checked` wrote, `checksum` included.

    Raises:
      FileNotFoundError: if there is no such file.
      ValueError: if it is damaged or has no valid checksum.
    """
    return parse_checked(path.read_bytes(), path.name)


def parse_checked(data: bytes, name: str) -> dict[str, Any]:
    """Parses the bytes of the file `name`; raises a ValueError as `read_checked` does."""
    try:
        values = json.loads(data.decode('utf-8'))
    except (ValueError, RecursionError) as error:
        raise ValueError(f'{name} is damaged ({error})') from error
    if not isinstance(values, dict):
        raise ValueError(f'{name} does not hold a JSON object')
    checksum = values.pop('checksum', None)
    if checksum != _sum_up(values):
        raise ValueError(f'the checksum of {name} is wrong')
    return {**values, 'checksum': checksum}


def _sum_up(values: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
