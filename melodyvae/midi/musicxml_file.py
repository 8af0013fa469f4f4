"""The file of a MusicXML score, compressed or not."""

import typing
import xml.etree.ElementTree as ET
import zipfile
import zlib
from pathlib import Path

MAX_BYTES = 32 * 2**20  # bytes of a score; a long string quartet has 10 MB
MAX_RATIO = 100  # of the size of a score to its size in an archive; of real scores at most 55
MIN_CHECKED = 2**20  # bytes of a score whose ratio is checked


class ScoreError(Exception):
    """What is wrong with a score, in a few words."""


def read_document(path: Path) -> bytes:
    """Reads the XML of a score, unpacked if it is a ZIP archive, whatever its name says.

    Raises:
      ScoreError: if an archive is damaged or holds no score, or a score is larger than 32 MB.
    """
    if not zipfile.is_zipfile(path):
        with path.open('rb') as file:
            return _read_limited(file)
    try:
        with zipfile.ZipFile(path) as archive:
            return _read_member(archive, _name_in(archive))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ScoreError(f'a damaged archive: {error}') from error


def _name_in(archive: zipfile.ZipFile) -> str:
    """Returns the score of an archive: what its container names, else the first XML file."""
    names = dict.fromkeys(archive.namelist())
    if 'META-INF/container.xml' in names:
        container = _read_member(archive, 'META-INF/container.xml')
        for root in ET.fromstring(container).iterfind('.//{*}rootfile'):
            if root.get('full-path') in names:
                return root.attrib['full-path']
    for name in names:
        if name.lower().endswith(('.xml', '.musicxml')) and not name.startswith('META-INF/'):
            return name
    raise ScoreError('no score in the archive')


def _read_member(archive: zipfile.ZipFile, name: str) -> bytes:
    """Reads a file of an archive, unless it is a ZIP bomb: small, but unpacks to a huge file."""
    info = archive.getinfo(name)
    if info.file_size > max(MIN_CHECKED, MAX_RATIO * info.compress_size):
        raise ScoreError(f'a ZIP bomb: {name} unpacks to {info.file_size >> 20} MB')
    with archive.open(name) as file:
        return _read_limited(file)


def _read_limited(file: typing.IO[bytes]) -> bytes:
    data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ScoreError(f'larger than {MAX_BYTES // 2**20} MB')
    return data
