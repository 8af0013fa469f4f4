"""Finds and opens files in buckets, through Apache Beam's file systems."""

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
from typing import BinaryIO

from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems

from melodyvae.ingest.find import SUFFIXES, Source, find_named_files, name_some
from melodyvae.system.desktop import is_left_by_desktop
from melodyvae.system.errors import UserError

AS_IT_IS = CompressionTypes.UNCOMPRESSED  # readers unpack .gz files
FETCHED_AT_ONCE = 16  # files of a bucket
WILDCARD = re.compile(r'[*?[]')


def is_url(path: str) -> bool:
    """Returns whether this is a URL such as gs://bucket/folder, and not a local path."""
    return FileSystems.get_scheme(path) is not None


def open_url(path: str, mode: str = 'r') -> BinaryIO:
    """Opens a file of any of Beam's file systems; mode 'w' replaces an existing one."""
    action = FileSystems.create if mode == 'w' else FileSystems.open
    return action(path, compression_type=AS_IT_IS)


def refuse_existing_url(url: str, *, overwrite: bool) -> None:
    """Raises a UserError if a dataset exists that may not be overwritten, or on no access."""
    with explain(url):
        exists = FileSystems.exists(f'{url}/dataset.json')
    if exists and not overwrite:
        raise UserError(f'{url} exists already: name another output, or add --overwrite.')


@contextlib.contextmanager
def new_remote_folder(url: str) -> Iterator[Path]:
    """Yields a local folder whose files are copied to a URL when the block succeeds.

    `dataset.json`, without which there is no dataset, is deleted first and copied last.
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


def fetch(files: Sequence[Source], folder: str) -> list[tuple[str, str]]:
    """Copies remote files into a folder; returns the local path and the name of each file."""

    def fetch_one(number: int, file: Source) -> tuple[str, str]:
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


def list_files(names: Sequence[str]) -> list[Source]:
    """Lists files, in the order and with the names of `find.find_named_files`.

    Args:
      names: local files and folders; or buckets, folders in them, and patterns such as
        gs://bucket/**.mid.

    Raises:
      UserError: if both kinds are given, nothing is found, or a bucket cannot be read.
    """
    local = [Path(name).expanduser() for name in names]
    remote = [
        name
        for name, path in zip(names, local, strict=True)
        if is_url(name) or (WILDCARD.search(name) and not path.exists())
    ]
    if not remote:
        return [Source(*file) for file in find_named_files(local)]
    if len(remote) < len(names):
        raise UserError(
            f'{name_some(remote)} cannot be read together with local folders: name either '
            f'buckets and patterns, or local files and folders.'
        )
    paths = zip(names, local, strict=True)
    return _match([name if is_url(name) else str(path.absolute()) for name, path in paths])


def _match(patterns: Sequence[str]) -> list[Source]:
    """Lists the files that match patterns; names are relative to the folder that all share."""
    parts = [_fixed_part(pattern) for pattern in patterns]
    levels = zip(*parts, strict=False)
    start = len(list(itertools.takewhile(lambda level: len(set(level)) == 1, levels)))
    found: dict[str, Source] = {}
    for pattern in patterns:
        whole = pattern.rstrip('/')
        wanted = [pattern] if WILDCARD.search(pattern) else [whole, f'{whole}/**']
        with explain(pattern):
            results = FileSystems.match(wanted)
        files = {file.path: file for result in results for file in result.metadata_list}
        for path in sorted(files, key=_walking_order):
            name = '/'.join(path.split('/')[start:])
            is_ours = not any(map(is_left_by_desktop, name.split('/')))
            if name.lower().endswith(SUFFIXES) and is_ours:
                modified = int(files[path].last_updated_in_seconds * 1e9)
                found.setdefault(path, Source(path, name, modified=modified))
    if not found:
        raise UserError(
            f'{name_some(patterns)} matches no file whose name ends in {", ".join(SUFFIXES)}.'
        )
    return list(found.values())


@contextlib.contextmanager
def explain(place: str) -> Iterator[None]:
    """Turns the errors of a file system into one sentence."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        said = textwrap.shorten(str(error) or type(error).__name__, 300).rstrip('.')
        raise UserError(
            f'{place} cannot be used ({said}). Check that it exists, that you have access, and '
            f'that Beam has its file system (pip install "apache-beam[gcp]", [aws] or [azure]).'
        ) from error


def _fixed_part(pattern: str) -> list[str]:
    """Returns the folders above the first wildcard, or of a pattern without one."""
    wildcard = WILDCARD.search(pattern)
    if wildcard or pattern.lower().endswith(SUFFIXES):
        return pattern[: wildcard.start() if wildcard else None].split('/')[:-1]
    return pattern.rstrip('/').split('/')


def _walking_order(path: str) -> list[tuple[bool, str]]:
    """Sorts like `find`: the files of a folder by name, then its subfolders."""
    *folders, name = path.split('/')
    return [*((True, folder) for folder in folders), (False, name)]
