"""ZIP archives on the page, read and written by Chromium."""

import io
import zipfile

from browsers import run_job

from melodyvae.ingest.find import SUFFIXES


def make_zip(entries, method):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, 'w', method) as archive:
        archive.mkdir('folder')
        for name, content in entries:
            archive.writestr(name, content)
    return list(packed.getvalue())


def test_the_studio_sends_the_music_alone_and_counts_the_rest():
    song, wave = b'MThd' * 50, b'RIFF' * 50
    inside = [('folder/a.mid', song), ('__MACOSX/folder/._a.mid', b''), ('b.wav', wave)]
    inside += [('tunes/Caf\u00e9.abc', song), ('README', b'')]
    broken = make_zip(inside, zipfile.ZIP_STORED)[:-30]
    dropped = [
        ('loop.MID', list(song)),
        ('long.wav', list(wave)),
        ('._loop.mid', []),
        ('Thumbs.db', []),
        ('stored.zip', make_zip(inside, zipfile.ZIP_STORED)),
        ('deflated.zip', make_zip(inside, zipfile.ZIP_DEFLATED)),
        ('broken.zip', broken),
    ]
    made = run_job('music', {'files': dropped, 'suffixes': SUFFIXES})
    packed = [['a.mid', list(song)], ['Caf\u00e9.abc', list(song)]]
    # The server says what is wrong with the last one.
    assert made['sent'] == [['loop.MID', list(song)], *packed, *packed, ['broken.zip', broken]]
    assert made['said'] == 'Left out: 4 hidden files, 3 .wav, 2 files without a suffix'
    only = run_job('music', {'files': dropped[:1], 'suffixes': SUFFIXES})
    assert only['said'] == ''


def test_a_zip_holds_its_files():
    contents = {'a ♪.mid': bytes(range(256)) * 9, 'b.mid': b''}
    entries = [{'name': name, 'content': list(content)} for name, content in contents.items()]
    archive = zipfile.ZipFile(io.BytesIO(bytes(run_job('zip', entries))))
    assert archive.testzip() is None
    assert {name: archive.read(name) for name in archive.namelist()} == contents
