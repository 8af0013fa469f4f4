"""Fixtures that tests of readers share."""

import pytest

import melodyvae.ingest.reader
import melodyvae.system.workers


@pytest.fixture
def symusic(tmp_path_factory, monkeypatch):
    """A symusic, for readers only, that does what a file asks for and declines all others."""
    folder = tmp_path_factory.mktemp('path') / 'symusic'
    folder.mkdir()
    (folder / '__init__.py').touch()
    (folder / 'core.py').write_text(
        'import os, re\n'
        'class ScoreTick:\n'
        '    def from_midi(data):\n'
        '        if b"crash" in data:\n'
        '            os.abort()\n'
        '        if b"hang" in data:\n'
        '            re.match("(a+)+b", 64 * "a")  # in C, and never lets anyone else run\n'
        '        if b"fill" in data:\n'
        '            bytearray(2 ** 34)\n'
        '        raise RuntimeError\n'
    )
    monkeypatch.syspath_prepend(folder.parent)
    monkeypatch.setattr(melodyvae.system.workers, '_early', {})  # it began without this symusic
    monkeypatch.setattr(melodyvae.ingest.reader, 'MAX_SECONDS', 2.0)
