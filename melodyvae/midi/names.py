"""Names in MIDI files, which do not say how they are encoded.

All names of a file are decoded alike. They are too short for detectors that count letters, such as
charset-normalizer, which reads 'Mélodie' as Cyrillic.
"""

import re
from collections.abc import Sequence

# Characters of names of instruments and parts.
_CHINESE = (
    '主旋律贝斯鼓钢琴吉他弦乐伴奏低高中音声部人小大提号笛箫风合轨道左右手和打击民谣电古筝二胡竖'
)
_KOREAN = '피아노드럼베이스기타멜로디현악보컬건반신디리듬주선율트랙바올린첼플루브라패드코러스'
_HIGH_RUNS = re.compile(rb'[\x80-\xff]+')
_EUC_PAIR = re.compile(rb'(?:[\xa1-\xa3\xb0-\xd7][\xa1-\xfe])+')  # symbols and common characters
_HALF_WIDTH_RUN = re.compile(rb'[\xa6-\xdf]{2,}')  # of Shift-JIS
_HALF_WIDTH_ONLY = re.compile(rb'[\xa6\xa7\xa9-\xb7\xb9-\xbf]|[\xde\xdf]\xa8')  # no Cyrillic
_KANA = re.compile('[\u3041-\u30ff]')
_JAPANESE = re.compile('[\u3000-\u30ff\u4e00-\u9fff\uff01-\uff5e]')
_CYRILLIC_LETTERS = re.compile(rb'[\xc0-\xff\xa8\xb8]')
MIN_CYRILLIC = 2 / 3  # of the letters of Cyrillic names; Latin names have fewer letters above 127


def decode_names(names: Sequence[bytes]) -> list[str]:
    """Decodes the names of a file as UTF-8, Shift-JIS, GBK, EUC-KR, Windows-1251 or Latin-1."""
    joined = b'\n'.join(names)
    encoding = 'ascii' if joined.isascii() else _find_encoding(joined)
    return [name.decode(encoding, 'replace') for name in names]


def _find_encoding(data: bytes) -> str:
    if _decodes(data, 'utf-8') is not None:
        return 'utf-8'
    if _is_shift_jis(data):
        return 'cp932'
    runs = _HIGH_RUNS.findall(data)
    is_paired = all(_EUC_PAIR.fullmatch(run) for run in runs)
    encoding = _choose_east_asian(data) if is_paired else ''
    if encoding:
        return encoding
    if all(_HALF_WIDTH_RUN.fullmatch(run) for run in runs) and _HALF_WIDTH_ONLY.search(data):
        return 'cp932'
    if _is_cyrillic(data):
        return 'cp1251'
    return 'gbk' if is_paired and _decodes(data, 'gbk') else 'latin-1'


def _decodes(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _is_shift_jis(data: bytes) -> bool:
    """Returns whether text is Japanese: full-width characters only, with kana or lower bytes."""
    text = _decodes(data, 'cp932')
    if text is None:
        return False
    others = [character for character in text if not character.isascii()]
    if not all(map(_JAPANESE.match, others)):
        return False
    return (
        len(_KANA.findall(text)) * 3 >= len(others) or re.search(rb'[\x80-\x9f]', data) is not None
    )


def _choose_east_asian(data: bytes) -> str:
    """Chooses GBK or EUC-KR by characters that names have; '' if neither fits."""
    chinese, korean = (_decodes(data, encoding) or '' for encoding in ('gbk', 'cp949'))
    scores = {
        'gbk': sum(character in _CHINESE for character in chinese),
        'cp949': sum(character in _KOREAN for character in korean),
    }
    best = max(scores, key=scores.__getitem__)
    if scores[best]:
        return best
    is_hangul = all('가' <= character <= '힣' for character in korean if not character.isascii())
    return 'cp949' if korean and is_hangul and not _is_cyrillic(data) else ''


def _is_cyrillic(data: bytes) -> bool:
    """Returns whether most letters are Cyrillic, and capitals where words have them."""
    letters = len(_CYRILLIC_LETTERS.findall(data))
    latin = len(re.findall(rb'[A-Za-z]', data))
    text = _decodes(data, 'cp1251')
    if text is None or letters < MIN_CYRILLIC * (letters + latin):
        return False
    words = re.findall('[\u0410-\u044f\u0401\u0451]+', text)
    return all(word.isupper() or word[1:].islower() or len(word) == 1 for word in words)
