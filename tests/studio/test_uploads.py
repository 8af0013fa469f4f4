"""Uploads: music is kept, everything else is counted, archives are unpacked within limits."""

import io

import pytest

from melodyvae.studio import uploads
from melodyvae.studio.uploads import keep_music
from melodyvae.system.errors import UserError

from studios import pack


def test_music_is_kept_and_the_rest_is_counted_by_reason(tmp_path):
    archive = pack(
        {
            'pack/a.mid': b'a',
            'pack/deep/a.mid': b'b',
            '../../up.mid': b'c',
            '__MACOSX/pack/._a.mid': b'',
            'pack/kick.wav': b'wav',
            'pack/inner.zip': b'zip',
            'pack/README': b'',
        }
    )
    named = [('x.MID', io.BytesIO(b'x')), ('.DS_Store', io.BytesIO()), ('my pack.zip', archive)]
    skipped = keep_music([*named, ('snare.wav', io.BytesIO())], tmp_path / 'music')
    kept = {path.name: path.read_bytes() for path in (tmp_path / 'music').iterdir()}
    assert kept == {'x.MID': b'x', 'a.mid': b'a', 'a (2).mid': b'b', 'up.mid': b'c'}
    assert skipped == {'hidden files': 2, '.wav': 2, '.zip': 1, 'files without a suffix': 1}
    assert [path.name for path in tmp_path.iterdir()] == ['music']


DAMAGED = bytearray(pack({'a.mid': b'abcdefgh' * 100}).getvalue())
DAMAGED[40] ^= 0xFF


@pytest.mark.parametrize(
    ('files', 'sentence'),
    [
        ([], 'No file was dropped'),
        ([('a.wav', io.BytesIO())], r'No MIDI, ABC or MusicXML among the dropped files: 1 \.wav'),
        ([('a.zip', io.BytesIO(b'no archive'))], 'An archive is damaged or encrypted'),
        ([('a.zip', io.BytesIO(DAMAGED))], 'An archive is damaged or encrypted'),
        ([('a.zip', pack({'a.mid': bytes(2**20)}))], 'unpack to more than 0 MB'),
        ([('a.zip', pack({f'{n}.mid': b'' for n in range(6)}))], 'more than 5 files'),
        ([(f'{n}.mid', io.BytesIO()) for n in range(6)], 'more than 5 files'),
    ],
)
def test_a_refused_upload_leaves_nothing(tmp_path, monkeypatch, files, sentence):
    monkeypatch.setattr(uploads, 'MAX_FILES', 5)
    monkeypatch.setattr(uploads, 'MAX_BYTES', 2**19)
    with pytest.raises(UserError, match=sentence):
        keep_music(files, tmp_path / 'music')
    assert list(tmp_path.iterdir()) == []


def test_a_former_upload_is_replaced(tmp_path):
    music = tmp_path / 'music'
    for name in ('a.mid', 'b.mid'):
        keep_music([(name, io.BytesIO())], music)
        assert [path.name for path in music.iterdir()] == [name]
