"""ABC in, literal notes out."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from melodyvae.midi.abc_notation import read_tune_book

import golden_files
from midi_bytes import note_rows

CASES = golden_files.GOLDEN / 'cases' / 'abc'
CASES3 = golden_files.GOLDEN / 'cases3'
HEAD = 'X:1\nM:4/4\nL:1/4\nK:C\n'
SCALE = [60, 62, 64, 65, 67, 69, 71, 72]  # CDEF GABc


def read_book(tmp_path, text):
    path = tmp_path / 'book.abc'
    path.write_text(text)
    tunes, rejected, _ = read_tune_book(path)
    return tunes, rejected


def read_one(tmp_path, text):
    (tune,), rejected = read_book(tmp_path, text)
    assert rejected == []
    return tune


def quarters(tune):
    """Pitch, start and length of the notes of a tune."""
    return [
        (pitch, round(start, 6), round(length, 6))
        for pitch, _, start, length in note_rows(tune.notes)
    ]


def read_notes(tmp_path, body, head=HEAD):
    return quarters(read_one(tmp_path, head + body + '\n'))


def read_pitches(tmp_path, body, head=HEAD):
    return [pitch for pitch, _, _ in read_notes(tmp_path, body, head)]


def read_lengths(tmp_path, body, head=HEAD):
    return [length for _, _, length in read_notes(tmp_path, body, head)]


def metres(tune):
    return [tuple(metre) for metre in tune.metres]


@pytest.mark.parametrize(
    ('body', 'pitches'),
    [
        ("C,, C, C c c' c''", [36, 48, 60, 72, 84, 96]),
        # An accidental lasts to the end of its bar, in all octaves or as a directive says.
        ('^F f =F F|F _B B, ^^C|__D D C', [66, 78, 65, 65, 65, 70, 58, 62, 60, 60, 60]),
        ('I:propagate-accidentals octave\n^F f F F', [66, 77, 66, 66]),
        ('%%propagate-accidentals not\n^F f F F', [66, 77, 65, 65]),
        # A key may change, and a clef does not change it.
        ('FFFF|[K:D]FFFF|\nK:clef=bass\nFFFF|\nK:F\nFBFB|', [65] * 4 + [66] * 8 + [65, 70, 65, 70]),
    ],
)
def test_pitches(tmp_path, body, pitches):
    assert read_pitches(tmp_path, body) == pitches


@pytest.mark.parametrize(
    ('key', 'scale'),
    [
        ('C', [60, 62, 64, 65, 67, 69, 71]),
        ('D', [61, 62, 64, 66, 67, 69, 71]),
        ('Bb', [60, 62, 63, 65, 67, 69, 70]),
        ('F#', [61, 63, 65, 66, 68, 70, 71]),
        ('Cb', [59, 61, 63, 64, 66, 68, 70]),
        ('Am', [60, 62, 64, 65, 67, 69, 71]),
        ('E minor', [60, 62, 64, 66, 67, 69, 71]),
        ('EM', [60, 62, 64, 66, 67, 69, 71]),
        ('A Mixolydian', [61, 62, 64, 66, 67, 69, 71]),
        ('Ddor', [60, 62, 64, 65, 67, 69, 71]),
        ('G lyd', [61, 62, 64, 66, 67, 69, 71]),
        ('E phr', [60, 62, 64, 65, 67, 69, 71]),
        ('B Loc', [60, 62, 64, 65, 67, 69, 71]),
        ('D ^g', [61, 62, 64, 66, 68, 69, 71]),
        ('D exp _b^f', [60, 62, 64, 66, 67, 69, 70]),
        ('Dmix=f', [60, 62, 64, 65, 67, 69, 71]),
        ('Hp', [61, 62, 64, 66, 67, 69, 71]),
        ('none', [60, 62, 64, 65, 67, 69, 71]),
        ('', [60, 62, 64, 65, 67, 69, 71]),
        ('D clef=bass', [61, 62, 64, 66, 67, 69, 71]),
        ('D bass', [61, 62, 64, 66, 67, 69, 71]),
    ],
)
def test_keys(tmp_path, key, scale):
    assert read_pitches(tmp_path, 'CDEFGAB', f'X:1\nM:none\nL:1/4\nK:{key}\n') == scale


@pytest.mark.parametrize(
    ('field', 'pitch'),
    [
        ('K:C octave=-1', 48),
        ('K:C transpose=2', 62),
        ('K:C clef=treble-8', 48),
        ('K:C treble+8', 72),
    ],
)
def test_transposition(tmp_path, field, pitch):
    assert read_pitches(tmp_path, 'C', f'X:1\nL:1/4\n{field}\n') == [pitch]


@pytest.mark.parametrize(
    ('metre', 'length'),
    [('2/4', 0.25), ('5/8', 0.25), ('3/4', 0.5), ('6/8', 0.5), ('C|', 0.5), ('none', 0.5)],
)
def test_the_unit_length_follows_from_the_metre(tmp_path, metre, length):
    assert read_lengths(tmp_path, 'C', f'X:1\nM:{metre}\nK:C\n') == [length]


def test_the_unit_length_may_change_but_not_with_the_metre(tmp_path):
    body = 'CC|[L:1/8]CC|[M:2/4]CC|[M:none]\nL:1/2\nC'
    lengths = [1, 1, 0.5, 0.5, 0.5, 0.5, 2]
    assert read_lengths(tmp_path, body, HEAD.replace('4/4', 'none')) == lengths


@pytest.mark.parametrize(
    ('body', 'lengths'),
    [
        ('C C2 C/ C/2 C// C/4 C3/2 C3/', [1, 2, 0.5, 0.5, 0.25, 0.25, 1.5, 1.5]),
        ('C>D', [1.5, 0.5]),
        ('C<D', [0.5, 1.5]),
        ('C>>D', [1.75, 0.25]),
        ('C<<<D', [0.125, 1.875]),
        ('C > D E', [1.5, 0.5, 1]),
        ('C>{g}D', [1.5, 0.5]),
        ('C>\nD', [1.5, 0.5]),
        ('C2>D2', [3, 1]),
        ('[CE]>D', [1.5, 1.5, 0.5]),
        ('(3C>DE', [1, pytest.approx(1 / 3), pytest.approx(2 / 3)]),
    ],
)
def test_lengths_and_broken_rhythms(tmp_path, body, lengths):
    assert read_lengths(tmp_path, body) == lengths


@pytest.mark.parametrize(
    ('body', 'length', 'metre'),
    [
        ('(2CDE', 1.5, '4/4'),
        ('(3CDE', 2 / 3, '4/4'),
        ('(4CDEF', 0.75, '4/4'),
        ('(5CDEFG', 2 / 5, '4/4'),
        ('(5CDEFG', 3 / 5, '6/8'),
        ('(6CDEFGA', 2 / 6, '4/4'),
        ('(7CDEFGAB', 3 / 7, '9/8'),
        ('(8CDEFGABc', 3 / 8, '4/4'),
        ('(9CDEFGABcd', 2 / 9, '2/4'),
        ('(5:4CDEFG', 4 / 5, '4/4'),
        ('(3:2:4 CDEFG', 2 / 3, '4/4'),
        ('(3::4 CDEFG', 2 / 3, '4/4'),
        ('(3:: CDE', 2 / 3, '4/4'),
    ],
)
def test_tuplets(tmp_path, body, length, metre):
    first = read_lengths(tmp_path, body, f'X:1\nM:{metre}\nL:1/4\nK:C\n')[0]
    assert first == pytest.approx(length)


def test_a_tuplet_counts_chords_and_rests_but_no_grace_notes(tmp_path):
    starts = [start for _, start, _ in read_notes(tmp_path, '(3[CE]z{gf}D F')]
    assert starts == [0, 0, pytest.approx(4 / 3), 2]


@pytest.mark.parametrize(
    ('body', 'notes'),
    [
        ('C2-C2', [(60, 0, 4)]),
        ('C4-|C2 D2|', [(60, 0, 6), (62, 6, 2)]),
        ('^C4-|C2 C2|', [(61, 0, 6), (60, 6, 2)]),
        ('C-D C-', [(60, 0, 1), (62, 1, 1), (60, 2, 1)]),
        ('C- z C', [(60, 0, 1), (60, 2, 1)]),
        ('[C2E2]-[CE]G', [(60, 0, 3), (64, 0, 3), (67, 3, 1)]),
        ('[C-E]2 [CF]2', [(60, 0, 4), (64, 0, 2), (65, 2, 2)]),
        ('[K:Eb]_E2-E2', [(63, 0, 4)]),
        ('E2-^E2', [(64, 0, 2), (65, 2, 2)]),
        ('C-|C2D2|E4|', [(60, 0, 2), (62, 2, 2), (64, 4, 4)]),  # from the pickup
        # Chords.
        ('[CEG]2 C', [(60, 0, 2), (64, 0, 2), (67, 0, 2), (60, 2, 1)]),
        ('[C2E4] D', [(60, 0, 2), (64, 0, 4), (62, 2, 1)]),
        ('[C/E/]3/ D', [(60, 0, 0.75), (64, 0, 0.75), (62, 0.75, 1)]),
        ('["Am" .C ^E]D', [(60, 0, 1), (65, 0, 1), (62, 1, 1)]),
        ('C4|Z2|D4|Z|x2E2|', [(60, 0, 4), (62, 12, 4), (64, 22, 2)]),  # rests of bars
        ('E2G2&C4|D4|', [(60, 0, 4), (64, 0, 2), (67, 2, 2), (62, 4, 4)]),  # an overlay
    ],
)
def test_ties_chords_and_rests(tmp_path, body, notes):
    assert sorted(read_notes(tmp_path, body)) == sorted(notes)


@pytest.mark.parametrize(
    'body',
    [
        'CDEF|GABc|',
        'C D E F | G A B c |]',
        '(CD) ((E)F)|(GAB)c|',
        '{g}CD{/gfe}EF|GABc|',
        '~C .D uE vF|HGTALBMc|',
        '!trill!C !fermata!D+accent+E !<(!F|G!>)!ABc|',
        '"Am"C "^above"D"@1,2 x"E F|"G7"GABc|',
        'CDEF|% a remark\nGABc|',
        'CDEF|\\\nGABc|',
        'CDEF|\nw:one two three four\nGABc|\nW:more words',
        'CDEF|\n%%vskip 5\nGABc|',
        'CDEF|\nr:a remark\nN:a note\n[r:another]GABc|',
        'CDEF|$GABc|y',
        'C`D`E`F|GABc!\n',
        'CDEF|\n%%begintext\nGraceful\n%%endtext\nGABc|',
        'CDEF|=20\nGABc|=\n',
        'CDEF.|GABc[|]',
    ],
)
def test_what_is_for_the_eye_is_skipped(tmp_path, body):
    assert read_notes(tmp_path, body) == [(pitch, n, 1) for n, pitch in enumerate(SCALE)]


def test_loudness_becomes_velocity(tmp_path):
    tune = read_one(tmp_path, HEAD + 'C!p!D!ff!E+mp+F\n')
    assert [velocity for _, velocity, _, _ in note_rows(tune.notes)] == [90, 60, 120, 75]


@pytest.mark.parametrize(
    ('body', 'starts', 'metre_changes'),
    [
        ('C4|D4|', [0, 4], []),
        ('G|C4|D4|', [0, 4], []),
        ('|:G|C4|D4:|', [0, 4], []),
        ('z3G|C4|', [3, 4], []),
        ('C4|D3:|E|F4|', [0, 4, 7, 8], []),
        ('C4|D3|E|F4|', [0, 4, 7, 8], []),
        ('C4|D3||E4|F4|', [0, 4, 8, 12], []),
        ('C4|1 D3:|2 E3||F|G4|', [0, 4, 8, 11, 12], []),
        ('C4|1 D2:|2 E2|]F4|', [0, 4, 8, 12], []),
        ('C4|D3|E4|F4|', [0, 4, 7, 11], [(4, 3, 4), (7, 4, 4)]),
        ('C4|D5|E4|F4|', [0, 4, 9, 13], [(4, 5, 4), (9, 4, 4)]),
        ('C4|D4:|G|E4|F4|', [0, 4, 8, 9, 13], [(8, 1, 4), (9, 4, 4)]),
        ('C4|D4E4|F4|', [0, 4, 8, 12], []),
        ('C4|[M:3/4]D3|E3|', [0, 4, 7], [(4, 3, 4)]),
        ('C4|D4|E2', [0, 4, 8], []),
        ('C2|', [0], []),
        ('C4::D4:|:E4:||:F4::|', [0, 4, 8, 12], []),
    ],
)
def test_bar_lines(tmp_path, body, starts, metre_changes):
    tune = read_one(tmp_path, HEAD + body + '\n')
    assert [start for _, start, _ in quarters(tune)] == starts
    assert metres(tune) == [(0, 4, 4), *metre_changes]


@pytest.mark.parametrize(
    ('body', 'sections'),
    [
        ('C4|D4|E4|F4|]', []),
        ('C4|D4||E4|F4|]', [8]),
        ('G||C4|D4||E4|]', [8]),  # not after the pickup
        ('|:C4|D4:|:E4|F4:|G4|]', [8, 16]),
        ('C4|D4::E4|F4:|', [8]),
        ('|:C4|1D4:|2E4||F4|]', [12]),
        ('|:C4|[1D4:|[2E4||F4|]', [12]),
        ('|:C4|D4|1 E4:|2 E4:|:F4|G4:|', [16]),
        ('|: C4 | [1 "G" D4 :| [2 D4 |: F4 :|', [12]),
        ('G|C4|D3:|G|E4|F3:|', [8]),
    ],
)
def test_sections_begin_after_repeats_and_double_bars(tmp_path, body, sections):
    tune = read_one(tmp_path, HEAD + body + '\n')
    assert list(tune.sections) == sections


@pytest.mark.parametrize(
    ('name', 'pitches'),
    [
        ('endings.abc', [*SCALE, *SCALE, *SCALE[::-1], 60, 64, 67, 72]),
        ('parts.abc', [*SCALE, *SCALE, *SCALE[::-1], *SCALE[::-1]]),
    ],
)
def test_endings_and_parts_are_there_once_in_written_order(name, pitches):
    (tune,), _, _ = read_tune_book(CASES / name)
    assert tune.notes.pitch.tolist() == pitches
    assert tune.notes.start[:24].tolist() == [number / 2 for number in range(24)]


@pytest.mark.parametrize(
    ('field', 'metre'),
    [('C', [(0, 4, 4)]), ('C|', [(0, 2, 2)]), ('(2+3)/8', [(0, 5, 8)]), ('none', []), ('', [])],
)
def test_metres(tmp_path, field, metre):
    assert metres(read_one(tmp_path, f'X:1\nM:{field}\nL:1/8\nK:C\nCDEFGABcde\n')) == metre


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
def test_tempos(tmp_path, field, tempo):
    tune = read_one(tmp_path, f'X:1\nQ:{field}\nL:1/8\nK:C\nCDEF|\n')
    assert tune.tempos == (() if tempo is None else (pytest.approx(tempo),))


def test_a_tempo_may_change(tmp_path):
    tune = read_one(tmp_path, HEAD.replace('K', 'Q:1/4=60\nK') + 'G|CDEF|[Q:1/4=240]GABc|\n')
    assert tune.tempos == (60, 240)
    assert tune.notes.start.tolist() == list(range(8))


TWO_VOICES = [(60, 0, 1), (62, 1, 1), (64, 2, 1), (65, 3, 1), (67, 4, 4)] + [(48, 0, 4), (55, 4, 4)]


@pytest.mark.parametrize(
    ('body', 'first', 'notes'),
    [
        ('V:1\nCDEF|\nV:2\nC,4|\nV:1\nG4|\nV:2\nG,4|', 5, TWO_VOICES),
        ('[V:1]CDEF|[V:2]C,4|[V:1]G4|[V:2]G,4|', 5, TWO_VOICES),
        ('|:[V:1]CDEF|G4:|\n|:[V:2]C,4|G,4:|', 5, TWO_VOICES),
        ('V:1 name="Flute"\n[K:C]CDEF|G4|\nV:2 clef=bass\nC,4|G,4|', 5, TWO_VOICES),
        # Each has its own accidentals and settings.
        (
            '[V:1]^C2[V:2]C2[V:1]C2|[V:2][K:D][L:1/8]C4|',
            2,
            [(61, 0, 2), (61, 2, 2), (60, 0, 2), (61, 2, 2)],
        ),
    ],
)
def test_voices_are_parts(tmp_path, body, first, notes):
    tune = read_one(tmp_path, HEAD + body + '\n')
    assert quarters(tune) == notes
    assert tune.track.tolist() == [0] * first + [1] * (len(notes) - first)
    assert tune.channel.tolist() == tune.track.tolist()
    assert tune.track_names == ('1', '2')


def test_music_before_a_voice_is_named_belongs_to_the_first(tmp_path):
    head = HEAD.replace('K:C', 'V:A\nV:B octave=-1\nK:C')
    tune = read_one(tmp_path, head + 'C4|\nV:B\nC4|\nV:A\nD4|\n')
    assert quarters(tune) == [(60, 0, 4), (62, 4, 4), (48, 0, 4)]
    assert tune.track.tolist() == [0, 0, 1]


def test_no_voice_but_drums_has_the_channels_that_melody_presets_ignore(tmp_path):
    body = ''.join(f'V:{n}\nC4|\n' for n in range(12))
    tune = read_one(tmp_path, HEAD + body)
    assert tune.channel.tolist() == [*range(9), 11, 12, 13]


@pytest.mark.parametrize('how', ['V:2 clef=perc', 'V:2\n%%MIDI channel 10', 'V:2\nK:perc'])
def test_percussion_is_drums(tmp_path, how):
    tune = read_one(tmp_path, HEAD + f'V:1\nC4|\n{how}\nC4|\n')
    assert tune.channel.tolist() == [0, 9]


ROCK = [(36, 0, 0.5), (42, 0, 0.5), (42, 0.5, 0.5), (38, 1, 0.5), (42, 1, 0.5), (42, 1.5, 0.5)]


@pytest.mark.parametrize('name', ['drummap', 'percmap', 'plain_perc'])
def test_percussion_maps_are_followed(name):
    (tune,), rejected, _ = read_tune_book(CASES3 / f'a01_drummap/{name}.abc')
    assert quarters(tune)[:6] == ROCK
    assert set(tune.channel.tolist()) == {9}
    assert rejected == []


@pytest.mark.parametrize(
    ('line', 'pitch'),
    [
        ('%%percmap F 41', 41),
        ('%%percmap F Bass_Drum_1', 36),
        ('%%percmap *F side-stick x', 37),
        ('I:MIDI drummap F 35', 35),
        ('[I:MIDI drummap F 35]', 35),
        ('%%MIDI drummap _F 47', 65),  # of another note
        ('%%percmap F kazoo', 36),  # by its place on the staff
        ('%%percmap F 128', 36),
    ],
)
def test_drums_have_numbers_and_names(tmp_path, line, pitch):
    assert read_pitches(tmp_path, f'{line}\nF4|', HEAD.replace('K:C', 'K:C perc')) == [pitch]


def test_a_map_tells_accidentals_and_octaves_apart(tmp_path):
    maps = '%%MIDI drummap ^f 42\n%%MIDI drummap f 38\n%%MIDI drummap F, 36\n'
    head = HEAD.replace('K:C', 'K:C perc')
    assert read_pitches(tmp_path, f'{maps}^f_fF,=F|', head) == [42, 38, 36, 65]


def test_a_unit_length_that_is_missing_is_the_one_that_fills_the_bars():
    (guessed,), _, remarks = read_tune_book(CASES3 / 'a12_polka_no_unit/polka.abc')
    (told,), _, nothing = read_tune_book(CASES3 / 'a12_polka_no_unit/polka_with_unit.abc')
    assert quarters(guessed) == quarters(told)
    assert remarks == ['no L: in 1 of 1 tunes: the unit length that fills the bars']
    assert nothing == []


@pytest.mark.parametrize(
    ('metre', 'body', 'length'),
    [
        ('4/4', 'C16|' * 4, 4),  # bars twice full
        ('4/4', 'C8|' * 4, 4),
        ('2/4', 'C2|' * 4, 2),  # a quarter full
        ('4/4', 'C4|' * 3, 2),  # too few to tell
        ('4/4', 'C8|C4|' * 4, 4),  # now and then
        ('6/8', 'C3|' * 4, 3),
        ('none', 'C4|' * 4, 2),
    ],
)
def test_units_are_guessed_where_most_bars_agree(tmp_path, metre, body, length):
    assert read_lengths(tmp_path, body, f'X:1\nM:{metre}\nK:C\n')[0] == length


def test_a_unit_length_that_is_given_is_kept(tmp_path):
    assert read_lengths(tmp_path, 'C8|' * 4) == [8] * 4


def test_a_book_sets_what_its_tunes_do_not(tmp_path):
    book = '%abc-2.1\nM:3/4\nL:1/2\n\nX:1\nK:C\nC\n\nX:2\nL:1/4\nK:D\nF\n'
    tunes, rejected = read_book(tmp_path, book)
    assert [quarters(tune) for tune in tunes] == [[(60, 0, 2)], [(66, 0, 1)]]
    assert [metres(tune) for tune in tunes] == [[(0, 3, 4)]] * 2
    assert rejected == []


def test_text_between_tunes_is_skipped_and_a_blank_line_ends_a_tune(tmp_path):
    tunes, rejected = read_book(
        tmp_path, 'Dear reader\n\nX:1\nK:C\nC\n \nABC is fun\n\nX:2\nK:C\nD'
    )
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


def test_what_a_tune_is_called(tmp_path):
    text = 'X: 12 \nT:The Tune\nT:An Port\nC:Anon.\nK:C\nC\nT:a part\nD\n'
    tune = read_one(tmp_path, text)
    assert tune.title == '12 The Tune; An Port'


@pytest.mark.parametrize('line_end', ['\n', '\r\n', '\r'])
@pytest.mark.parametrize('encoding', ['utf-8', 'utf-8-sig', 'latin-1'])
def test_encodings_and_line_ends(tmp_path, line_end, encoding):
    path = tmp_path / 'book.abc'
    path.write_bytes('X:1\nT:Müller\nK:C\nC\nD\n'.replace('\n', line_end).encode(encoding))
    (tune,), _, _ = read_tune_book(path)
    assert tune.title == '1 Müller'
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


FRAGMENTS = st.sampled_from(
    ['C', "c'", '^F', '_B,', '/', '3/2', '|', ':|', '|:', '::', '|1 ', '[2', '[CE]', '[', ']', '>']
    + ['<<', '-', '(3', '(5:4:6', '(', ')', 'z', 'Z3', '{g}', '{', '"Am"', '"', '!f!', '!', '&']
    + [
        '[K:Dm]',
        '[M:3/4]',
        '[L:1/16]',
        '[V:2]',
        '[Q:90]',
        '\n',
        '\nV:1\n',
        '\nK:',
        '\nw:a-b\n',
        '%',
    ]
    + ['=20', '\\\n', 'X:2\n', '\n\n', 'M:none\n', '~', 'é', '9', ' ']
)


@given(st.lists(FRAGMENTS, max_size=60).map(''.join) | st.text(max_size=200))
@settings(deadline=None, max_examples=300)
def test_any_text_is_tunes_or_reasons(tmp_path_factory, body):
    path = tmp_path_factory.getbasetemp() / 'any.abc'
    path.write_text(HEAD + body, encoding='utf-8')
    tunes, rejected, _ = read_tune_book(path)
    assert len(tunes) + len(rejected) >= 1
    for tune in tunes:
        assert len(tune.notes)
        for pitch, velocity, start, length in note_rows(tune.notes):
            assert 0 <= pitch <= 127 and 1 <= velocity <= 127
            assert 0 <= start <= start + length <= tune.length + 1e-9
