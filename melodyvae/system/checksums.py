"""`checksums.json`: the SHA-256 of files in a folder, written when the folder is complete."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from melodyvae.system.atomic import new_file
from melodyvae.system.checked_json import read_checked, write_checked
from melodyvae.system.errors import UserError

CHECKSUMS = 'checksums.json'


def write_checksums(folder: Path, names: Iterable[str]) -> None:
    """Writes the checksums of those files of a folder that exist."""
    sums = {name: _hash(folder / name) for name in names if (folder / name).is_file()}
    with new_file(folder / CHECKSUMS, overwrite=True) as temporary:
        write_checked({'files': sums}, temporary)


def check_file(path: Path) -> None:
    """Compares a file with the `checksums.json` beside it, if there is one and it lists the file.

    Raises:
      UserError: if the file or `checksums.json` has changed.
    """
    sums = path.with_name(CHECKSUMS)
    try:
        known = read_checked(sums)['files'].get(path.name)
    except FileNotFoundError:
        return
    except ValueError as error:
        raise UserError(f'{sums} cannot be read: {error}. Restore it from a backup.') from error
    if known and path.is_file() and _hash(path) != known:
        raise UserError(
            f'{path} has changed since it was written: restore it. If you changed it on purpose, '
            f'delete {sums}.'
        )


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
