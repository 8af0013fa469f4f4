"""Books of ABC tunes, and what is wrong in them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from melodyvae.midi.abc_notation import read_tune_book

import golden_files
from midi_bytes import metres, note_rows, quarters

CASES3 = golden_files.GOLDEN / 'cases3'


def read_book(folder, text):
    path = folder / 'book.abc'
    path.write_text(text, encoding='utf-8')
    tunes, rejected, _ = read_tune_book(path)
    return tunes, rejected


def test_a_book_sets_what_its_tunes_do_not(tmp_path):
    book = '%abc-2.1\nM:3/4\nL:1/2\n\nX:1\nK:C\nC\n\nX:2\nL:1/4\nK:D\nF\n'
    tunes, rejected = read_book(tmp_path, book)
    assert [quarters(tune) for tune in tunes] == [[(60, 0, 2)], [(66, 0, 1)]]
    assert [metres(tune) for tune in tunes] == [[(0, 3, 4)]] * 2
    assert rejected == []


def test_text_between_tunes_is_skipped_and_a_blank_line_ends_a_tune(tmp_path):
    text = 'Dear reader\n\nX:1\nK:C\nC\n \nABC is fun\n\nX:2\nK:C\nD'
    tunes, rejected = read_book(tmp_path, text)
    assert [tune.notes.pitch.tolist() for tune in tunes] == [[60], [62]]
    assert rejected == []


def test_a_file_without_numbers_is_one_tune():
    (tune,), rejected, _ = read_tune_book(CASES3 / 'a13_no_x/chat.abc')
    assert quarters(tune)[:4] == [(67, 0, 0.5), (69, 0.5, 0.5), (70, 1, 0.5), (72, 1.5, 0.5)]
    assert rejected == []


@pytest.mark.parametrize('name', ['a15_text_block/block.abc', 'a16_crcrlf/crcrlf.abc'])
def test_blank_lines_in_a_text_and_doubled_line_ends_do_not_end_a_tune(name):
    tunes, rejected, _ = read_tune_book(CASES3 / name)
    assert [len(tune.notes) for tune in tunes] == [32] * len(tunes)
    assert tunes and rejected == []


@pytest.mark.parametrize('line_end', ['\n', '\r\n', '\r'])
@pytest.mark.parametrize('encoding', ['utf-8', 'utf-8-sig', 'latin-1'])
def test_encodings_line_ends_and_titles(tmp_path, line_end, encoding):
    path = tmp_path / 'book.abc'
    text = 'X: 12 \nT:Müller\nT:An Port\nC:Anon.\nK:C\nC\nT:a part\nD\n'
    path.write_bytes(text.replace('\n', line_end).encode(encoding))
    (tune,), _, _ = read_tune_book(path)
    assert tune.title == '12 Müller; An Port'
    assert tune.notes.pitch.tolist() == [60, 62]


@pytest.mark.parametrize(
    ('tune', 'reason'),
    [
        ('K:C\nCDé|', "line 7: unexpected 'é'"),
        ('K:C\nC\nD [CE|', 'line 8: a chord without its "]"'),
        ('K:C\n[C[E]]', 'line 7: a chord in a chord'),
        ('K:C\nC]', "line 7: unexpected ']'"),
        ('K:C\n{ga', "line 7: unexpected '{'"),
        ('K:H\nC', "line 6: no key 'H'"),
        ('K:Es\nC', "line 6: no key 'Es'"),
        ('M:4/0\nK:C\nC', "line 6: no metre '4/0'"),
        ('M:FREI4/4\nK:C\nC', "line 6: no metre 'FREI4/4'"),
        ('L:1/0\nK:C\nC', "line 6: no unit length '1/0'"),
        ('K:C\nC/0', "line 7: no length '/0'"),
        ('K:C\nC0', "line 7: no length '0'"),
        ('K:C\n>C', "line 7: no note before '>'"),
        ('K:C\n(0C', "line 7: no tuplet '(0'"),
        ('K:C\nC,,,,,,', 'line 7: no MIDI pitch -12'),
        ('K:C\n' + 'Z9999|' * 11, 'line 7: more than 100000 bars'),
        ('K:C\n' + 'C' * 500_001, 'line 7: longer than 500000 characters'),
        ('K:C\nz4|', 'no notes'),
        ('K:C', 'no notes'),
    ],
)
def test_a_damaged_tune_is_one_reason_and_the_others_are_kept(tmp_path, tune, reason):
    good = 'X:1\nK:C\nC\n\n'
    tunes, rejected = read_book(tmp_path, f'{good}X:2\n{tune}\n\n{good}')
    assert rejected == [reason]
    assert [tune.notes.pitch.tolist() for tune in tunes] == [[60], [60]]


WORDS = (
    "C c' ^F _B, / 3/2 | :| |: :: |1  [2 [CE] [ ] > << - (3 (5:4:6 ( ) z Z3 {g} { "
    '"Am" " !f! ! & [K:Dm] [M:3/4] [L:1/16] [V:2] [Q:90] % =20 ~ é 9'
)
LINES = ['\n', '\nV:1\n', '\nK:', '\nw:a-b\n', '\\\n', 'X:2\n', '\n\n', 'M:none\n', ' ']
FRAGMENTS = st.sampled_from(WORDS.split() + LINES)


@given(st.lists(FRAGMENTS, max_size=60).map(''.join) | st.text(max_size=200))
@settings(deadline=None, max_examples=150)
def test_any_text_is_tunes_or_reasons(tmp_path_factory, body):
    tunes, rejected = read_book(tmp_path_factory.getbasetemp(), f'X:1\nM:4/4\nL:1/4\nK:C\n{body}')
    assert len(tunes) + len(rejected) >= 1
    for tune in tunes:
        assert len(tune.notes)
        for pitch, velocity, start, length in note_rows(tune.notes):
            assert 0 <= pitch <= 127 and 1 <= velocity <= 127
            assert 0 <= start <= start + length <= tune.length + 1e-9
