"""Writing so that an interrupted run leaves nothing half-written."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from melodyvae.errors import UserError


@contextlib.contextmanager
def new_folder(path: str | Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Yields a temporary sibling folder that takes the name `path` when the block succeeds.

    When it does not, the folders that were made to hold it go as well.

    Raises:
      UserError: if `path` exists and `overwrite` is False.
    """
    path = Path(path)
    refuse_existing(path, overwrite=overwrite)
    made = [parent for parent in path.parents if not parent.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f'.{path.name}.', dir=path.parent))
    try:
        temporary.chmod(0o755)  # mkdtemp's folders are private
        yield temporary
        if path.exists():
            shutil.rmtree(path)
        temporary.replace(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        for parent in made:
            with contextlib.suppress(OSError):
                parent.rmdir()  # only if it is empty


@contextlib.contextmanager
def new_file(path: str | Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Yields a temporary sibling file name that takes the name `path` when the block succeeds.

    Raises:
      UserError: if `path` exists and `overwrite` is False.
    """
    path = Path(path)
    refuse_existing(path, overwrite=overwrite)
    path.parent.mkdir(parents=True, exist_ok=True)
    # The suffix stays last: writers choose the format by it.
    temporary = path.with_name(f'.{path.stem}.tmp{path.suffix}')
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def refuse_existing(path: str | Path, *, overwrite: bool) -> None:
    """Raises a UserError if `path` exists and may not be overwritten."""
    if Path(path).exists() and not overwrite:
        raise UserError(f'{path} exists already: name another output, or add --overwrite.')
