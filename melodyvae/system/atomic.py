"""Writes files and folders atomically, and never over the work of another program.

Everything is written under a hidden temporary name beside the final one, `.NAME.RANDOM.part`, and
renamed when it is complete. The next program that writes the same folder removes what killed
programs have left.
"""

import contextlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from melodyvae.system.desktop import is_left_by_desktop
from melodyvae.system.errors import UserError


@contextlib.contextmanager
def new_folder(path: str | Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Yields a temporary sibling folder that is renamed to `path` if the block succeeds.

    If the block fails, the parent folders that were created for it are removed too. If `path` is a
    link, the folder that it points to is created or replaced. The files are synced to disk before
    the folder is renamed.

    Raises:
      UserError: if `path` exists and `overwrite` is False; if another program is writing it; or if
        it has changed since the start. Nothing is removed that was not there at the start.
    """
    refuse_existing(path, overwrite=overwrite)
    real = Path(os.path.realpath(path))
    if real.is_file():
        raise UserError(f'{path} is a file: name a folder.')
    made = [parent for parent in real.parents if not parent.exists()]
    real.parent.mkdir(parents=True, exist_ok=True)
    temporary = _name_temporary(real)
    try:
        with lock(path):
            before = _look_at(real)
            try:
                temporary.mkdir()
                yield temporary
                sync(temporary)
                if _look_at(real) != before:
                    raise UserError(
                        f'Another program has changed {path}, so it is not replaced: '
                        f'name another output.'
                    )
                _replace_folder(temporary, real)
            finally:
                shutil.rmtree(temporary, ignore_errors=True)
            for left in find_leftovers(path):
                shutil.rmtree(left, ignore_errors=True)
    finally:
        for parent in made:
            with contextlib.suppress(OSError):
                parent.rmdir()  # only if it is empty


@contextlib.contextmanager
def new_file(path: str | Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Yields a temporary sibling file name that is renamed to `path` if the block succeeds.

    The name is random, so that no one can place a link there first. A link at `path` is replaced,
    not followed.

    Raises:
      UserError: if `path` exists and `overwrite` is False.
    """
    path = Path(path)
    refuse_existing(path, overwrite=overwrite)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _name_temporary(path, path.suffix)  # writers choose the format by the suffix
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_json(values: Any, path: Path) -> None:
    """Writes JSON values to a file, replacing it in one move."""
    with new_file(path, overwrite=True) as temporary:
        temporary.write_text(json.dumps(values, indent=2) + '\n', encoding='utf-8')


def refuse_existing(path: str | Path, *, overwrite: bool) -> None:
    """Raises a UserError if `path` exists and may not be overwritten."""
    if Path(path).exists() and not overwrite:
        raise UserError(f'{path} exists already: name another output, or add --overwrite.')


@contextlib.contextmanager
def lock(path: str | Path) -> Iterator[None]:
    """Locks the folder `path` against other programs while the block runs.

    The lock of a program that crashes or is killed is released.

    Raises:
      UserError: if another program or another thread holds the lock.
    """
    import filelock  # here, because its import takes longer than reading a small library

    real = Path(os.path.realpath(path))
    file = real.with_name(f'.{real.name}.lock')
    held = filelock.FileLock(file, blocking=False)
    try:
        held.acquire()
    except filelock.Timeout:
        raise UserError(
            f'Another program is writing {path}: wait until it has ended, or name another output.'
        ) from None
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # Windows does not remove open files
            file.unlink()
        held.release()


def sync(path: Path) -> None:
    """Flushes a file, or all files in a folder, to disk."""
    for file in [path, *path.rglob('*')]:
        if file.is_file():
            with file.open('rb+') as opened:
                os.fsync(opened.fileno())


def find_leftovers(path: str | Path) -> list[Path]:
    """Returns the temporary folders that killed writers of `path` have left, oldest first."""
    real = Path(os.path.realpath(path))
    if not real.parent.is_dir():
        return []
    ours = re.compile(rf'\.{re.escape(real.name)}\.[0-9a-f]{{16}}\.part')
    left = [entry for entry in real.parent.iterdir() if ours.fullmatch(entry.name)]
    return sorted(left, key=lambda entry: entry.stat().st_mtime)


def remove_leftover_files(folder: Path) -> None:
    """Removes the temporary files that killed programs have left in a locked folder."""
    ours = re.compile(r'\..+\.[0-9a-f]{16}\.part(\.\w+)?')
    for entry in list(folder.rglob('.*')):
        if ours.fullmatch(entry.name) and entry.is_file():
            entry.unlink(missing_ok=True)


def _name_temporary(path: Path, suffix: str = '') -> Path:
    return path.with_name(f'.{path.name.removesuffix(suffix)}.{secrets.token_hex(8)}.part{suffix}')


def _look_at(path: Path) -> tuple[int, int, frozenset[str]] | None:
    """Returns the identity and contents of a folder, to detect changes; None if it is missing."""
    try:
        status = path.lstat()
        names = [entry.name for entry in path.iterdir()]
    except FileNotFoundError:
        return None
    # A desktop may add its files at any time.
    work = frozenset(name for name in names if not is_left_by_desktop(name))
    return status.st_dev, status.st_ino, work


def _replace_folder(new: Path, old: Path) -> None:
    """Renames the folder `new` to `old`, and removes what had that name before."""
    if not old.exists():
        new.rename(old)
        return
    doomed = _name_temporary(old)
    old.rename(doomed)
    try:
        new.rename(old)
    except OSError:
        doomed.rename(old)
        raise
    shutil.rmtree(doomed)
