"""The files of buckets and patterns, which Apache Beam's file systems find and open.

Needs Apache Beam, as `ingest.beam` does.
"""

import concurrent.futures
import contextlib
import itertools
import os
import re
import shutil
import tempfile
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

from apache_beam.io.filesystem import CompressionTypes, FileMetadata
from apache_beam.io.filesystems import FileSystems

from melodyvae.ingest.find import SUFFIXES, find_named_files, name_some
from melodyvae.system.desktop import is_left_by_desktop
from melodyvae.system.errors import UserError

AS_IT_IS = CompressionTypes.UNCOMPRESSED  # what ends in .gz is unpacked by whoever reads it
FETCHED_AT_ONCE = 16  # files of a bucket
WILDCARD = re.compile(r'[*?[]')


class Listed(NamedTuple):
    """A file that is to be read.

    Attributes:
      path: of a file of this machine, or a URL such as gs://bucket/a.mid.
      name: as the dataset has it.
      modified: nanoseconds since 1970, of what is no file of this machine.
    """

    path: str
    name: str
    modified: int = 0


def is_url(path: str) -> bool:
    """Whether this is a place such as gs://bucket/folder, and no path of this machine."""
    return FileSystems.get_scheme(path) is not None


def open_url(path: str, mode: str = 'r') -> BinaryIO:
    """A file of any of Beam's file systems; opened to be written it takes the place of another."""
    action = FileSystems.create if mode == 'w' else FileSystems.open
    return action(path, compression_type=AS_IT_IS)


def refuse_existing_url(url: str, *, overwrite: bool) -> None:
    """Raises a UserError if a dataset is there that may not be overwritten, or nothing can be."""
    with explain(url):
        exists = FileSystems.exists(f'{url}/dataset.json')
    if exists and not overwrite:
        raise UserError(f'{url} exists already: name another output, or add --overwrite.')


@contextlib.contextmanager
def new_distant_folder(url: str) -> Iterator[Path]:
    """Yields a folder of this machine whose files are copied to a URL when the block succeeds.

    What comes last is `dataset.json`, without which there is no dataset; an earlier one is gone
    before anything is written over.
    """
    header = f'{url}/dataset.json'
    with tempfile.TemporaryDirectory() as temporary:
        yield Path(temporary)
        if FileSystems.exists(header):
            FileSystems.delete([header])
        paths = sorted(Path(temporary).iterdir())
        for path in sorted(paths, key=lambda path: path.name == 'dataset.json'):
            with path.open('rb') as source, open_url(f'{url}/{path.name}', 'w') as target:
                shutil.copyfileobj(source, target)


def fetch(files: Sequence[Listed], folder: str) -> list[tuple[str, str]]:
    """Path on this machine, and name of each; what is elsewhere is copied into a folder."""

    def fetch_one(number: int, file: Listed) -> tuple[str, str]:
        if not is_url(file.path):
            return file.path, file.name
        suffix = next(suffix for suffix in SUFFIXES if file.name.lower().endswith(suffix))
        copy = Path(folder, f'{number}{suffix}')
        with open_url(file.path) as source, copy.open('wb') as target:
            shutil.copyfileobj(source, target)
        os.utime(copy, ns=(file.modified, file.modified))
        return str(copy), file.name

    with concurrent.futures.ThreadPoolExecutor(FETCHED_AT_ONCE) as threads:
        return list(threads.map(fetch_one, range(len(files)), files))


def list_files(names: Sequence[str]) -> list[Listed]:
    """Files and folders of this machine, as `find.find_named_files` finds, orders and names them.

    Or buckets, folders in them, and patterns such as gs://bucket/**.mid, in the same order and
    under the names that the same folders have on this machine.

    Raises:
      UserError: if there are both kinds, or nothing is found, or a bucket cannot be read.
    """
    local = [Path(name).expanduser() for name in names]
    distant = [
        name
        for name, path in zip(names, local, strict=True)
        if is_url(name) or (WILDCARD.search(name) and not path.exists())
    ]
    if not distant:
        return [Listed(*file) for file in find_named_files(local)]
    if len(distant) < len(names):
        raise UserError(
            f'{name_some(distant)} cannot be read together with folders of this machine: name '
            f'either buckets and patterns, or files and folders.'
        )
    return _match([name if is_url(name) else _absolute(name) for name in distant])


def _absolute(pattern: str) -> str:
    return str(Path(pattern).expanduser().absolute())


def _match(patterns: Sequence[str]) -> list[Listed]:
    """What `fileio.MatchFiles` finds, which calls the same: one listing, without a job of its own.

    Where all paths that are named share a folder, names are below that.
    """
    parts = [_fixed_part(pattern) for pattern in patterns]
    levels = zip(*parts, strict=False)
    start = len(list(itertools.takewhile(lambda level: len(set(level)) == 1, levels)))
    found: dict[str, Listed] = {}
    for pattern in patterns:
        files = {file.path: file for file in _match_one(pattern)}
        for path in sorted(files, key=_walking_order):
            name = '/'.join(path.split('/')[start:])
            if name.lower().endswith(SUFFIXES) and not any(
                map(is_left_by_desktop, name.split('/'))
            ):
                modified = int(files[path].last_updated_in_seconds * 1e9)
                found.setdefault(path, Listed(path, name, modified))
    if not found:
        raise UserError(
            f'{name_some(patterns)} matches no file whose name ends in {", ".join(SUFFIXES)}.'
        )
    return list(found.values())


def _match_one(pattern: str) -> list[FileMetadata]:
    whole = pattern.rstrip('/')
    wanted = [pattern] if WILDCARD.search(pattern) else [whole, f'{whole}/**']
    with explain(pattern):
        return [file for result in FileSystems.match(wanted) for file in result.metadata_list]


@contextlib.contextmanager
def explain(place: str) -> Iterator[None]:
    """Makes one sentence of what the services and libraries of a file system raise."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        said = textwrap.shorten(str(error) or type(error).__name__, 300).rstrip('.')
        raise UserError(
            f'{place} cannot be used ({said}): see that it exists, that you may use it, and that '
            f'Beam has its file system (pip install "apache-beam[gcp]", [aws] or [azure]).'
        ) from error


def _fixed_part(pattern: str) -> list[str]:
    """The folders above the first wildcard; of a name without one, itself if it is a folder."""
    wildcard = WILDCARD.search(pattern)
    if wildcard or pattern.lower().endswith(SUFFIXES):
        return pattern[: wildcard.start() if wildcard else None].split('/')[:-1]
    return pattern.rstrip('/').split('/')


def _walking_order(path: str) -> list[tuple[bool, str]]:
    """Sorts as `find` walks: a folder's files by name, then what is in its folders."""
    *folders, name = path.split('/')
    return [*((True, folder) for folder in folders), (False, name)]
