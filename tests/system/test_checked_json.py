"""JSON that tells whether it is as it was written."""

import pytest

from melodyvae.system.checked_json import read_checked, write_checked


def test_values_come_back(tmp_path):
    values = {'a': [1, 2.5, None, True, 'ü'], 'b': {'c': float('inf')}}
    write_checked(values, tmp_path / 'a.json')
    found = read_checked(tmp_path / 'a.json')
    assert len(found.pop('checksum')) == 64
    assert found == values


@pytest.mark.parametrize('text', ['', '{', '[]', '{"a": 1}', 'ÿ', '[' * 100_000])
def test_what_was_not_written_so_is_told(tmp_path, text):
    (tmp_path / 'a.json').write_text(text, encoding='latin-1')
    with pytest.raises(ValueError, match=r'a\.json'):
        read_checked(tmp_path / 'a.json')


def test_a_changed_digit_is_told(tmp_path):
    write_checked({'tempo': 120}, tmp_path / 'a.json')
    text = (tmp_path / 'a.json').read_text()
    (tmp_path / 'a.json').write_text(text.replace('120', '121'))
    with pytest.raises(ValueError, match=r'the checksum of a\.json is wrong'):
        read_checked(tmp_path / 'a.json')
