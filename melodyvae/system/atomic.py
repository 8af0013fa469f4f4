"""Writing so that an interrupted run leaves nothing half-written, and no other program's work lost.

What is being written has a hidden name beside its final one, `.NAME.RANDOM.part`, and takes that in
one move. The next program that writes the same folder removes what killed ones have left.
"""

import contextlib
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from melodyvae.system.desktop import is_left_by_desktop
from melodyvae.system.errors import UserError


@contextlib.contextmanager
def new_folder(path: str | Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Yields a temporary sibling folder that takes the name `path` when the block succeeds.

    When it does not, the folders that were made to hold it go as well. Where `path` is a link, the
    folder that it leads to is the one that is made or replaced. It is on the disk, and not only
    on the way there, before it takes the name.

    Raises:
      UserError: if `path` exists and `overwrite` is False; if another program is writing it; or if
        it has changed meanwhile: nothing is removed but what was there at the start.
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
                        f'{path} has been written by something else meanwhile, and stays as it is: '
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
    """Yields a temporary sibling file name that takes the name `path` when the block succeeds.

    Nobody can guess the name, to put a link there; a link at `path` is replaced, not followed.

    Raises:
      UserError: if `path` exists and `overwrite` is False.
    """
    path = Path(path)
    refuse_existing(path, overwrite=overwrite)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _name_temporary(path, path.suffix)  # writers choose the format by it
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def refuse_existing(path: str | Path, *, overwrite: bool) -> None:
    """Raises a UserError if `path` exists and may not be overwritten."""
    if Path(path).exists() and not overwrite:
        raise UserError(f'{path} exists already: name another output, or add --overwrite.')


@contextlib.contextmanager
def lock(path: str | Path) -> Iterator[None]:
    """Keeps other programs from writing the folder `path` while the block runs.

    A program that crashes or is killed leaves its lock open.

    Raises:
      UserError: if another program, or another thread, has it.
    """
    import filelock  # takes longer than to look into a small library

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
        with contextlib.suppress(OSError):  # some systems keep what is open
            file.unlink()
        held.release()


def sync(path: Path) -> None:
    """Waits until a file, or a folder with all that is in it, would outlive a power cut."""
    for file in [path, *path.rglob('*')]:
        if file.is_file():
            with file.open('rb+') as opened:
                os.fsync(opened.fileno())


def find_leftovers(path: str | Path) -> list[Path]:
    """What killed programs have left that were writing the folder `path`, the oldest first."""
    real = Path(os.path.realpath(path))
    if not real.parent.is_dir():
        return []
    ours = re.compile(rf'\.{re.escape(real.name)}\.[0-9a-f]{{16}}\.part')
    left = [entry for entry in real.parent.iterdir() if ours.fullmatch(entry.name)]
    return sorted(left, key=lambda entry: entry.stat().st_mtime)


def remove_leftover_files(folder: Path) -> None:
    """Removes what killed programs have left of `new_file`, anywhere in a folder that is locked."""
    ours = re.compile(r'\..+\.[0-9a-f]{16}\.part(\.\w+)?')
    for entry in list(folder.rglob('.*')):
        if ours.fullmatch(entry.name) and entry.is_file():
            entry.unlink(missing_ok=True)


def _name_temporary(path: Path, suffix: str = '') -> Path:
    """A sibling that nobody can guess."""
    return path.with_name(f'.{path.name.removesuffix(suffix)}.{secrets.token_hex(8)}.part{suffix}')


def _look_at(path: Path) -> tuple[int, int, frozenset[str]] | None:
    """What tells whether something else has come to lie there: None if nothing does."""
    try:
        status = path.lstat()
        return status.st_dev, status.st_ino, _list_work(path)
    except FileNotFoundError:
        return None


def _list_work(folder: Path) -> frozenset[str]:
    """The names of what is in a folder; a desktop may look at it at any time."""
    return frozenset(path.name for path in folder.iterdir() if not is_left_by_desktop(path.name))


def _replace_folder(new: Path, old: Path) -> None:
    """Gives a folder the name of another, which is whole until then, and removes that."""
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
