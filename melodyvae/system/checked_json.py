"""JSON that tells whether it is as it was written."""

import hashlib
import json
from pathlib import Path
from typing import Any


def write_checked(values: dict[str, Any], path: Path) -> None:
    """Writes values with their checksum; anything that JSON has may be in them."""
    text = json.dumps({**values, 'checksum': _sum_up(values)}, indent=1)
    path.write_text(text + '\n', encoding='utf-8')


def read_checked(path: Path) -> dict[str, Any]:
    """Reads what `write_checked` wrote, `checksum` included.

    Raises:
      FileNotFoundError: if there is no such file.
      ValueError: if it is damaged, or another program wrote it.
    """
    return parse_checked(path.read_bytes(), path.name)


def parse_checked(data: bytes, name: str) -> dict[str, Any]:
    """The values of a file's bytes, as `read_checked` reads them.

    Raises:
      ValueError: likewise.
    """
    try:
        values = json.loads(data.decode('utf-8'))
    except (ValueError, RecursionError) as error:
        raise ValueError(f'{name} is damaged ({error})') from error
    if not isinstance(values, dict):
        raise ValueError(f'{name} holds no object')
    checksum = values.pop('checksum', None)
    if checksum != _sum_up(values):
        raise ValueError(f'the checksum of {name} is wrong')
    return {**values, 'checksum': checksum}


def _sum_up(values: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
