"""Files of MusicXML: archives or not, and what is wrong with them."""

import xml.etree.ElementTree as ET
import zipfile

import pytest

from melodyvae.midi.musicxml import read_musicxml
from melodyvae.midi.musicxml_file import ScoreError

import golden_files
from midi_bytes import quarters
from scores import ONE_NOTE


def write_archive(path, files):
    with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)


CONTAINER = '<container><rootfiles><rootfile full-path="a/b.xml"/></rootfiles></container>'


@pytest.mark.parametrize('name', ['a.mxl', 'A.MXL', 'a.xml', 'a.musicxml'])
@pytest.mark.parametrize('container', [CONTAINER, CONTAINER.replace('r>', 'r xmlns="x">', 1)])
def test_an_archive_is_known_by_its_content(tmp_path, name, container):
    files = {'first.xml': '<html/>', 'META-INF/container.xml': container, 'a/b.xml': ONE_NOTE}
    write_archive(tmp_path / name, files)
    assert quarters(read_musicxml(tmp_path / name)) == [(60, 0, 4)]


def test_an_archive_without_a_container_is_read(tmp_path):
    write_archive(tmp_path / 'a.mxl', {'cover.png': b'', 'score.xml': ONE_NOTE})
    assert quarters(read_musicxml(tmp_path / 'a.mxl')) == [(60, 0, 4)]


def test_an_uncompressed_score_may_be_called_mxl(tmp_path):
    (tmp_path / 'a.mxl').write_text(ONE_NOTE)
    assert quarters(read_musicxml(tmp_path / 'a.mxl')) == [(60, 0, 4)]


def test_a_parser_without_memory_is_no_reason_to_doubt_the_score(tmp_path, monkeypatch):
    (tmp_path / 'a.xml').write_text(ONE_NOTE)
    error = ET.ParseError('out of memory: line 1, column 0')
    error.code = 1  # XML_ERROR_NO_MEMORY of expat.h

    def parse(document):
        raise error

    monkeypatch.setattr(ET, 'fromstring', parse)
    with pytest.raises(MemoryError):
        read_musicxml(tmp_path / 'a.xml')


@pytest.mark.parametrize(
    'files', [{}, {'readme.txt': 'hello'}, {'META-INF/container.xml': CONTAINER}]
)
def test_an_archive_without_a_score_says_so(tmp_path, files):
    write_archive(tmp_path / 'a.mxl', files)
    with pytest.raises(ScoreError, match='no score in the archive'):
        read_musicxml(tmp_path / 'a.mxl')


def test_a_damaged_archive_says_so(tmp_path):
    data = bytearray((golden_files.GOLDEN / 'cases/xml/plain.mxl').read_bytes())
    data[100:400] = bytes(300)
    (tmp_path / 'a.mxl').write_bytes(data)
    with pytest.raises(ScoreError, match='damaged archive'):
        read_musicxml(tmp_path / 'a.mxl')


@pytest.mark.parametrize('name', ['score.xml', 'META-INF/container.xml'])
def test_an_archive_that_unpacks_to_far_more_than_its_size_is_refused(tmp_path, name):
    write_archive(tmp_path / 'a.mxl', {name: ONE_NOTE + '<measure/>' * 2**19})
    assert (tmp_path / 'a.mxl').stat().st_size < 2**17
    with pytest.raises(ScoreError, match=f'a ZIP bomb: {name} unpacks to 5 MB'):
        read_musicxml(tmp_path / 'a.mxl')


def test_a_score_of_more_than_32_mb_is_refused(tmp_path):
    (tmp_path / 'a.musicxml').write_text(ONE_NOTE + ' ' * 2**25)
    with pytest.raises(ScoreError, match='larger than 32 MB'):
        read_musicxml(tmp_path / 'a.musicxml')
