"""Names of tracks in many encodings."""

import pytest

from melodyvae.midi.names import decode_names
from melodyvae.midi.read import read_pieces

import golden_files

CASES3 = golden_files.GOLDEN / 'cases3'


@pytest.mark.parametrize(
    ('encoding', 'names'),
    [
        ('ascii', ['Lead', '', 'Bass 2']),
        ('utf-8', ['Mélodie', 'メロディ', 'Бас']),
        ('shift_jis', ['メロディ', 'ベース']),
        ('shift_jis', ['ピアノ']),
        ('shift_jis', ['主旋律', '伴奏']),
        ('shift_jis', ['Piano 右手', 'Piano 左手']),
        ('shift_jis', ['ﾒﾛﾃﾞｨ']),
        ('shift_jis', ['ﾋﾟｱﾉ', 'ﾍﾞｰｽ']),
        ('gbk', ['旋律', '贝斯']),
        ('gbk', ['人声']),
        ('gbk', ['钢琴']),
        ('gbk', ['主旋律 1', 'Drums']),
        ('euc_kr', ['멜로디', '베이스']),
        ('euc_kr', ['피아노']),
        ('euc_kr', ['드럼', 'Piano']),
        ('cp1251', ['Мелодия', 'Бас']),
        ('cp1251', ['Гитара']),
        ('cp1251', ['ГИТАРА']),
        ('cp1251', ['Бас-гитара 2', 'Ударные']),
        ('latin-1', ['Mélodie']),
        ('latin-1', ['Flöte', 'Größe', 'Übung']),
        ('latin-1', ['Até logo', 'Violão']),
        ('latin-1', ['Trompété', '©1998']),
        ('latin-1', ['Nº 1', 'À gauche']),
    ],
)
def test_names_are_decoded(encoding, names):
    assert decode_names([name.encode(encoding) for name in names]) == names


@pytest.mark.parametrize(
    ('name', 'tracks'), [('song', ('メロディ', 'ベース')), ('russian', ('Мелодия', 'Бас'))]
)
def test_tracks_have_readable_names(name, tracks):
    (piece,) = read_pieces(CASES3 / f'm06_shift_jis/{name}.mid').pieces
    assert piece.track_names == tracks
