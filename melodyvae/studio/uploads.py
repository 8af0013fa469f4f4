"""Files that were dropped on the page, and ZIP archives of them."""

import collections
import contextlib
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from melodyvae.ingest.find import SUFFIXES
from melodyvae.studio.names import name_upload
from melodyvae.system.desktop import is_left_by_desktop
from melodyvae.system.errors import UserError

MAX_FILES = 10_000  # of an upload, with those in archives
MAX_BYTES = 256 * 2**20  # of all files, unpacked
ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)
_CHUNK = 2**16


def keep_music(uploads: Iterable[tuple[str, IO[bytes]]], folder: Path) -> dict[str, int]:
    """Writes the music among uploads to a new folder, like `keep_tree`, but without subfolders.

    Args:
      uploads: name and content of each file.
      folder: to create or replace.

    Returns:
      How many files were skipped, by reason: a suffix such as '.wav', or a description.

    Raises:
      UserError: as `keep_tree`, or if there is no music among the uploads.
    """
    skipped: collections.Counter[str] = collections.Counter()
    taken: set[str] = set()

    def choose(name: str) -> str:
        if reason := _reason_to_skip(name):
            skipped[reason] += 1
            return ''
        plain = name_upload(name, taken)
        taken.add(plain.casefold())
        return plain

    with _new_folder(folder) as temporary:
        _write(uploads, temporary, choose)
        if not skipped and not taken:
            raise UserError('No file was dropped: drop MIDI, ABC or MusicXML.')
        if not taken:
            listed = ', '.join(f'{count} {reason}' for reason, count in skipped.most_common(5))
            raise UserError(f'No MIDI, ABC or MusicXML among the dropped files: {listed}.')
    return dict(skipped.most_common())


def keep_tree(uploads: Iterable[tuple[str, IO[bytes]]], folder: Path) -> None:
    """Writes all uploads to a new folder, under plain names in their own folders.

    ZIP archives are unpacked, but not archives in archives. If this fails, it leaves nothing.

    Args:
      uploads: name and content of each file; hidden files are skipped.
      folder: to create or replace.

    Raises:
      UserError: if an archive is damaged, there are too many or too large files, or `folder` is a
        link.
    """
    with _new_folder(folder) as temporary:
        _write(uploads, temporary, _choose_path)


@contextlib.contextmanager
def _new_folder(folder: Path) -> Iterator[Path]:
    """Yields a temporary folder that replaces `folder` at the end."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise UserError(f'{folder} is not a plain folder: remove it.')
    temporary = Path(tempfile.mkdtemp(prefix='.', suffix='.part', dir=folder.parent))
    try:
        yield temporary
        if folder.exists():
            shutil.rmtree(folder)
        temporary.rename(folder)
    except ZIP_ERRORS:
        raise UserError(
            'An archive is damaged or encrypted: unpack it, and drop the files in it.'
        ) from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _write(
    uploads: Iterable[tuple[str, IO[bytes]]], folder: Path, choose: Callable[[str], str]
) -> None:
    """Writes files under the paths that `choose` returns for their names; '' skips one."""
    files = size = 0
    with contextlib.closing(_unpack(uploads)) as unpacked:
        for name, content in unpacked:
            files += 1
            if files > MAX_FILES:
                raise UserError(f'These are more than {MAX_FILES:,} files: drop fewer at a time.')
            if not (path := choose(name)):
                continue
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            with (folder / path).open('xb') as copy:
                while chunk := content.read(_CHUNK):
                    size += len(chunk)
                    if size > MAX_BYTES:
                        raise UserError(
                            f'These files unpack to more than {MAX_BYTES >> 20} MB: drop fewer.'
                        )
                    copy.write(chunk)


def _unpack(
    uploads: Iterable[tuple[str, IO[bytes]]],
) -> Generator[tuple[str, IO[bytes]], None, None]:
    """Yields name and content of each file, and of each file in a ZIP archive."""
    for name, content in uploads:
        if not name.lower().endswith('.zip') or is_left_by_desktop(_last(name)):
            yield name, content
            continue
        with zipfile.ZipFile(content) as archive:
            for entry in archive.infolist():
                if not entry.is_dir():
                    with archive.open(entry) as file:
                        yield entry.filename, file


def _reason_to_skip(name: str) -> str:
    """Returns why a file is not music by its name; '' if it is music."""
    last = _last(name)
    if is_left_by_desktop(last) or last.startswith('.'):
        return 'hidden files'
    if last.lower().endswith(SUFFIXES):
        return ''
    return PurePosixPath(last).suffix.lower() or 'files without a suffix'


def _choose_path(name: str) -> str:
    """Returns a relative path of plain names; '' for hidden files."""
    parts = [part for part in name.replace('\\', '/').split('/') if part]
    if not parts or any(part.startswith('.') or is_left_by_desktop(part) for part in parts):
        return ''
    return '/'.join(name_upload(part, ()) for part in parts)


def _last(name: str) -> str:
    return name.replace('\\', '/').rpartition('/')[2]
