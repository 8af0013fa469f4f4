"""Datasets on object storage, or wherever else fsspec reads: copied once to a cache folder."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from melodyvae.loops.stored import NAMES
from melodyvae.system.checked_json import parse_checked
from melodyvae.system.errors import UserError

HEADER = 'dataset.json'
FILES = (HEADER, 'loops.npy', 'cells.npy')  # of any version


def is_url(folder: str | Path) -> bool:
    """Returns whether a dataset is named by a URL, which is never a `Path`."""
    return isinstance(folder, str) and '://' in folder


def locate_copy(header: dict[str, Any]) -> Path:
    """Returns the folder for the copy of a dataset; a changed dataset gets another folder."""
    cache = os.environ.get('XDG_CACHE_HOME') or Path.home() / '.cache'
    return Path(cache, 'melodyvae', 'datasets', header['checksum'])


def read_remote_header(url: str) -> dict[str, Any]:
    """Reads and checks the `dataset.json` at a URL.

    Raises:
      UserError: if there is none, it is damaged, its storage cannot be reached, or fsspec lacks the
        package that reads such a URL.
    """
    with _open_storage(url) as (system, root):
        data = system.cat_file(f'{root}/{HEADER}')
    try:
        return parse_checked(data, HEADER)
    except ValueError as error:
        raise UserError(f'{url} cannot be read as a dataset: {error}. Upload it again.') from error


def download(url: str, header: dict[str, Any], folder: Path) -> None:
    """Copies the files of a dataset from a URL, which has this header, into a folder.

    Raises:
      UserError: as `read_remote_header`.
    """
    from fsspec.callbacks import TqdmCallback  # deferred: only datasets at a URL need it

    with _open_storage(url) as (system, root):
        for name in (*FILES, NAMES) if 'names' in header else FILES:
            bar = {'desc': name, 'unit': 'B', 'unit_scale': True}
            with TqdmCallback({**bar, 'disable': not sys.stderr.isatty()}) as progress:
                system.get_file(f'{root}/{name}', str(folder / name), callback=progress)


@contextlib.contextmanager
def _open_storage(url: str) -> Iterator[tuple[Any, str]]:
    """Yields the file system of a URL and the path there; turns its errors into UserErrors."""
    import fsspec  # deferred: only datasets at a URL need it

    try:
        system, root = fsspec.url_to_fs(url)
        yield system, root.rstrip('/')
    except ImportError as error:
        raise UserError(f'{url} needs another package: {error} (pip install).') from error
    except FileNotFoundError as error:
        raise UserError(
            f'{url} is not a dataset, or does not exist: {Path(str(error)).name} is missing. Make '
            f'one with melodyvae_prepare, and upload its folder.'
        ) from error
    except Exception as error:  # each file system has its own errors
        reason = str(error) or type(error).__name__
        raise UserError(
            f'{url} cannot be read: {reason}. Check the address, your access to it and the '
            f'connection.'
        ) from error
