"""Reads ABC that a test has as text."""

import pytest

from melodyvae.midi.abc_notation import read_tune_book


@pytest.fixture
def read_abc(tmp_path):
    """Returns a function from the text of a tune, after a usual header, to its piece."""

    def read(body, head='X:1\nM:4/4\nL:1/4\nK:C\n'):
        path = tmp_path / 'book.abc'
        path.write_text(f'{head}{body}\n')
        (piece,), rejected, _ = read_tune_book(path)
        assert rejected == []
        return piece

    return read
