"""Reads files of run folders that may come from somebody else.

A link may point out of the folder, opening a FIFO blocks, and a sparse file may be larger than the
memory.
"""

import os
import stat
from pathlib import Path

from melodyvae.system.errors import UserError

MAX_JSON = 64 * 2**20  # bytes of a JSON file, read at once; names of a million held-out files


def is_plain(path: Path) -> bool:
    """Returns whether a path is a regular file and not a link."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except (OSError, ValueError):  # missing, or not a file name
        return False


def check_folder(folder: Path) -> None:
    """Checks everything in a run folder before anything in it is read.

    Raises:
      UserError: if anything is neither a regular file nor a folder, or a JSON file is too large.
    """
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(parent, name)
            try:
                status = path.lstat()
            except FileNotFoundError:  # a training has just replaced it
                continue
            if path.suffix == '.json' and status.st_size > MAX_JSON:
                raise UserError(
                    f'{path.relative_to(folder)} in this run is larger than {MAX_JSON >> 20} MB: '
                    f'remove it.'
                )
            if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
                raise UserError(
                    f'{path.relative_to(folder)} in this run is not a plain file: remove it.'
                )


def read_plain(path: Path, max_bytes: int, *, tail: bool = False) -> bytes:
    """Reads a regular file.

    Args:
      path: of the file.
      max_bytes: to read at most.
      tail: read the end of a longer file, instead of refusing it.

    Raises:
      FileNotFoundError: if it is missing, or is not a regular file.
      UserError: if it is longer than `max_bytes`.
    """
    if not is_plain(path):
        raise FileNotFoundError(path)
    # The flags matter if the file is replaced between the check and here.
    flags = os.O_RDONLY | getattr(os, 'O_NOFOLLOW', 0) | getattr(os, 'O_NONBLOCK', 0)
    with open(os.open(path, flags), 'rb') as file:  # noqa: PTH123 - of a file descriptor
        size = os.fstat(file.fileno()).st_size
        if size > max_bytes:
            if not tail:
                raise UserError(f'{path.name} of this run is larger than {max_bytes >> 20} MB.')
            file.seek(-max_bytes, os.SEEK_END)
        return file.read(max_bytes)


def is_text(name: str) -> bool:
    """Returns whether a file name is valid UTF-8, so that a browser can name it."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def read_time(path: Path) -> float:
    """Returns when a path was modified, in seconds; 0 if it is missing or is being replaced."""
    try:
        return path.lstat().st_mtime
    except OSError:
        return 0
