"""Keys, meters, unit lengths and tempos of ABC, by the notes that they make."""

import pytest

from melodyvae.midi.abc_notation import read_tune_book

import golden_files
from midi_bytes import metres, quarters

KEYS = {  # by the notes of their scales from C on
    'CDEFGAB': ['C', 'Am', 'Ddor', 'E phr', 'B Loc', 'Dmix=f', 'none', ''],
    '^CDE^FGAB': ['D', 'A Mixolydian', 'G lyd', 'Hp', 'D clef=bass', 'D bass'],
    'CDE^FGAB': ['E minor', 'EM'],
    'CD_EFGA_B': ['Bb'],
    '^C^D^E^F^G^AB': ['F#'],
    '_C_D_E_F_G_A_B': ['Cb'],
    '^CDE^F^GAB': ['D ^g'],
    'CDE^FGA_B': ['D exp _b^f'],
}


@pytest.mark.parametrize(('scale', 'key'), [(scale, key) for scale in KEYS for key in KEYS[scale]])
def test_keys(read_abc, scale, key):
    head = 'X:1\nM:none\nL:1/4\nK:'
    assert quarters(read_abc('CDEFGAB', f'{head}{key}\n')) == quarters(
        read_abc(scale, f'{head}none\n')
    )


def test_a_key_may_change_and_a_clef_does_not_change_it(read_abc):
    body = 'FFFF|[K:D]FFFF|\nK:clef=bass\nFFFF|\nK:F\nFBFB|'
    assert read_abc(body).notes.pitch.tolist() == [65] * 4 + [66] * 8 + [65, 70, 65, 70]


@pytest.mark.parametrize(
    ('key', 'pitch'),
    [('octave=-1', 48), ('transpose=2', 62), ('clef=treble-8', 48), ('treble+8', 72)],
)
def test_transposition(read_abc, key, pitch):
    assert read_abc('C', f'X:1\nL:1/4\nK:C {key}\n').notes.pitch.tolist() == [pitch]


@pytest.mark.parametrize(
    ('metre', 'body', 'length'),
    [
        # By the standard, from the meter.
        ('2/4', 'C', 0.25),
        ('5/8', 'C', 0.25),
        ('3/4', 'C', 0.5),
        ('C|', 'C', 0.5),
        ('none', 'C4|' * 4, 2),
        # Guessed where most bars agree.
        ('4/4', 'C16|' * 4, 4),  # bars twice full
        ('4/4', 'C8|' * 4, 4),
        ('2/4', 'C2|' * 4, 2),  # a quarter full
        ('4/4', 'C4|' * 3, 2),  # too few to tell
        ('4/4', 'C8|C4|' * 4, 4),  # now and then
        ('6/8', 'C3|' * 4, 3),
        ('4/4\nL:1/4', 'C8|' * 4, 8),  # given
    ],
)
def test_unit_lengths(read_abc, metre, body, length):
    assert quarters(read_abc(body, f'X:1\nM:{metre}\nK:C\n'))[0] == (60, 0, length)


def test_the_unit_length_may_change_but_not_with_the_metre(read_abc):
    body = 'CC|[L:1/8]CC|[M:2/4]CC|[M:none]\nL:1/2\nC'
    found = quarters(read_abc(body, 'X:1\nM:none\nL:1/4\nK:C\n'))
    assert [length for *_, length in found] == [1, 1, 0.5, 0.5, 0.5, 0.5, 2]


def test_a_unit_length_that_is_missing_is_the_one_that_fills_the_bars():
    folder = golden_files.GOLDEN / 'cases3/a12_polka_no_unit'
    (guessed,), _, remarks = read_tune_book(folder / 'polka.abc')
    (told,), _, nothing = read_tune_book(folder / 'polka_with_unit.abc')
    assert quarters(guessed) == quarters(told)
    assert remarks == ['no L: in 1 of 1 tunes: the unit length that fills the bars']
    assert nothing == []


@pytest.mark.parametrize(
    ('field', 'metre'),
    [('C', [(0, 4, 4)]), ('C|', [(0, 2, 2)]), ('(2+3)/8', [(0, 5, 8)]), ('none', []), ('', [])],
)
def test_metres(read_abc, field, metre):
    assert metres(read_abc('CDEFGABcde', f'X:1\nM:{field}\nL:1/8\nK:C\n')) == metre


@pytest.mark.parametrize(
    ('field', 'tempo'),
    [
        ('1/4=90', 90),
        ('3/8=60', 90),
        ('1/4 1/8=40 "slow"', 60),
        ('"Allegro" 1/4=132', 132),
        ('90', 45),
        ('C2=60', 60),
        ('C=60', 30),
        *((words, None) for words in ('"Allegro"', 'fast', '1/4=0', '1/0=90', '')),
    ],
)
def test_tempos(read_abc, field, tempo):
    piece = read_abc('CDEF|', f'X:1\nQ:{field}\nL:1/8\nK:C\n')
    assert piece.tempos == (() if tempo is None else (pytest.approx(tempo),))


def test_a_tempo_may_change(read_abc):
    piece = read_abc('G|CDEF|[Q:1/4=240]GABc|', 'X:1\nM:4/4\nL:1/4\nQ:1/4=60\nK:C\n')
    assert piece.tempos == (60, 240)
    assert piece.notes.start.tolist() == list(range(8))
