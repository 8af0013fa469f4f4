"""Finds the MIDI, ABC and MusicXML files of a library and names them."""

import collections
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from melodyvae.midi.read import ABC_SUFFIXES, MIDI_SUFFIXES, XML_SUFFIXES
from melodyvae.system.desktop import is_left_by_desktop
from melodyvae.system.errors import UserError, make_printable

SUFFIXES = (*MIDI_SUFFIXES, *ABC_SUFFIXES, *XML_SUFFIXES)


class Source(NamedTuple):
    """A file of a library."""

    path: str  # where to open it; for `ingest.beam` a URL such as gs://bucket/a.mid, too
    name: str  # its path below the given folder, with '/'
    size: int = 0  # bytes
    modified: int = 0  # nanoseconds since 1970


def inspect_file(path: str, name: str) -> Source:
    """Returns a file with its current size and time, 0 if it is gone."""
    try:
        status = os.stat(path)  # noqa: PTH116 - a Path costs more than the call
    except OSError:  # gone since it was found: whoever reads it says so
        return Source(path, name)
    return Source(path, name, status.st_size, status.st_mtime_ns)


def find_files(paths: Sequence[str | Path]) -> list[Path]:
    """Finds the given files, and files of a known kind in the given folders, at any depth.

    Returns:
      Each file once, however many names or links lead to it; folder by folder, sorted.

    Raises:
      UserError: if a path does not exist, or nothing is found.
    """
    named = list(map(Path, paths))
    return [Path(file) for file in _find(named, list(map(str, named)))]


def find_named_files(paths: Sequence[str | Path]) -> list[tuple[str, str]]:
    """Finds files as `find_files` does, and names them.

    Returns:
      Absolute path and name of each; the name is what is below the folder that all paths share.
    """
    named = list(map(Path, paths))
    absolute = [path.absolute() for path in named]
    files = _find(named, list(map(str, absolute)))
    try:
        base = os.path.commonpath([path if path.is_dir() else path.parent for path in absolute])
    except ValueError:  # of two drives of Windows
        return [(file, file.replace(os.sep, '/')) for file in files]
    start = len(base.rstrip(os.sep)) + 1
    return [(file, file[start:].replace(os.sep, '/')) for file in files]


def count_others(paths: Sequence[str | Path]) -> dict[str, int]:
    """Counts files of unknown kind in the folders among `paths`, by suffix, most first."""
    folders = [path for path in paths if Path(path).is_dir()]
    names = [Path(file).name for folder in folders for file, _ in _walk(os.fspath(folder), set())]
    others = [n for n in names if not n.lower().endswith(SUFFIXES) and not n.startswith('.')]
    counts = collections.Counter(make_printable(Path(name).suffix.lower()) for name in others)
    return dict(counts.most_common())


def _find(paths: Sequence[Path], starts: Sequence[str]) -> list[str]:
    """Finds the files at or below `starts`, which are the paths in the wanted form."""
    if not paths:
        raise UserError('Name files or folders of MIDI, ABC or MusicXML.')
    found: dict[str, str] = {}
    others = 0
    for path, start in zip(paths, starts, strict=True):
        if not path.exists():
            raise UserError(f'{path} does not exist: name a file or a folder of MIDI.')
        if not path.is_dir():
            found.setdefault(os.path.realpath(start), start)
            continue
        for file, real in _walk(start, set()):
            if file.lower().endswith(SUFFIXES):
                found.setdefault(real, file)
            else:
                others += 1
    if not found:
        raise UserError(
            f'{name_some(paths)} holds no file whose name ends in {", ".join(SUFFIXES)}, '
            f'and {others} others.'
        )
    return list(found.values())


def _walk(folder: str, visited: set[str]) -> Iterator[tuple[str, str]]:
    """Yields files below a folder, through links too, each folder once, and their real paths."""
    here = os.path.realpath(folder)
    if here in visited:
        return
    visited.add(here)
    try:
        with os.scandir(folder) as scan:
            entries = sorted(scan, key=lambda entry: entry.name)
    except OSError:  # a folder that may not be read
        return
    for entry in entries:
        if is_left_by_desktop(entry.name):
            continue
        if entry.is_symlink():
            if Path(entry.path).is_file():
                yield entry.path, os.path.realpath(entry.path)
        elif entry.is_file(follow_symlinks=False):
            yield entry.path, f'{here}{os.sep}{entry.name}'
    for entry in entries:
        if Path(entry.path).is_dir() if entry.is_symlink() else entry.is_dir():
            yield from _walk(entry.path, visited)


def name_some(paths: Sequence[str | Path]) -> str:
    """Names the first three paths, for a sentence."""
    more = f' and {len(paths) - 3} more' if len(paths) > 3 else ''
    return make_printable(', '.join(map(str, paths[:3]))) + more
