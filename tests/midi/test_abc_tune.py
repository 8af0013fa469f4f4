"""Tunes of ABC, with the notes that they mean."""

import pytest

from melodyvae.midi.abc_notation import read_tune_book

import golden_files
from midi_bytes import metres, note_rows, quarters

SCALE = [60, 62, 64, 65, 67, 69, 71, 72]  # CDEF GABc
HEAD = 'X:1\nM:4/4\nL:1/4\nK:C\n'
CASES = golden_files.GOLDEN / 'cases/abc'
CASES3 = golden_files.GOLDEN / 'cases3'


@pytest.mark.parametrize(
    ('body', 'pitches'),
    [
        ("C,, C, C c c' c''", [36, 48, 60, 72, 84, 96]),
        # An accidental lasts to the end of its bar, in all octaves or as a directive says.
        ('^F f =F F|F _B B, ^^C|__D D C', [66, 78, 65, 65, 65, 70, 58, 62, 60, 60, 60]),
        ('I:propagate-accidentals octave\n^F f F F', [66, 77, 66, 66]),
        ('%%propagate-accidentals not\n^F f F F', [66, 77, 65, 65]),
    ],
)
def test_pitches(read_abc, body, pitches):
    assert read_abc(body).notes.pitch.tolist() == pitches


@pytest.mark.parametrize(
    ('body', 'lengths'),
    [
        ('C C2 C/ C/2 C// C/4 C3/2 C3/', [1, 2, 0.5, 0.5, 0.25, 0.25, 1.5, 1.5]),
        # Broken rhythms.
        ('C<D', [0.5, 1.5]),
        ('z>CD', [0.5, 1]),
        ('C>>D', [1.75, 0.25]),
        ('C<<<D', [0.125, 1.875]),
        ('C > D E', [1.5, 0.5, 1]),
        ('C>{g}D', [1.5, 0.5]),
        ('C>\nD', [1.5, 0.5]),
        ('C2>D2', [3, 1]),
        ('[CE]>D', [1.5, 1.5, 0.5]),
        ('(3C>DE', [1, pytest.approx(1 / 3), pytest.approx(2 / 3)]),
        # Tuplets.
        ('(2CDEF', [1.5] * 2 + [1] * 2),
        ('(3CDEF', [pytest.approx(2 / 3)] * 3 + [1]),
        ('(4CDEFG', [0.75] * 4 + [1]),
        ('(5CDEFG', [0.4] * 5),
        ('[M:6/8](5CDEFG', [0.6] * 5),
        ('(6CDEFGA', [pytest.approx(2 / 6)] * 6),
        ('[M:9/8](7CDEFGAB', [pytest.approx(3 / 7)] * 7),
        ('(8CDEFGABc', [pytest.approx(3 / 8)] * 8),
        ('[M:2/4](9CDEFGABcd', [pytest.approx(2 / 9)] * 9),
        ('(5:4CDEFG', [0.8] * 5),
        ('(3:2:4 CDEFG', [pytest.approx(2 / 3)] * 4 + [1]),
        ('(3::4 CDEFG', [pytest.approx(2 / 3)] * 4 + [1]),
        ('(3:: CDEF', [pytest.approx(2 / 3)] * 3 + [1]),
    ],
)
def test_lengths(read_abc, body, lengths):
    assert read_abc(body).notes.length.tolist() == lengths


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
        # Grace notes do not count in a tuplet.
        (
            '(3[C3E3]z3{gf}D3 F',
            [(60, 0, 2), (64, 0, 2), (62, 4, 2), (65, 6, 1)],
        ),
    ],
)
def test_ties_chords_and_rests(read_abc, body, notes):
    assert sorted(quarters(read_abc(body))) == sorted(notes)


@pytest.mark.parametrize(
    'body',
    [
        'C D E F | G A B c |]',
        '(CD) ((E)F)|(GAB)c|',
        '{g}CD{/gfe}EF|GABc|',
        '~C .D uE vF|HGTALBMc|',
        '!trill!C !fermata!D+accent+E !<(!F|G!>)!ABc|',
        '"Am"C "^above"D"@1,2 x"E F|"G7"GABc|',
        'CDEF|% a remark\nGABc|',
        'CDEF|\\\nGABc|',
        'CDEF|\nw:one two three four\nGABc|\nW:more words',
        'CDEF|\n%%vskip 5\n%%begintext\nGraceful\n%%endtext\nGABc|',
        'CDEF|\nr:a remark\nN:a note\n[r:another]GABc|',
        'CDEF|$GABc|y',
        'C`D`E`F|GABc!\n',
        'CDEF|=20\nGABc|=\n',
        'CDEF.|GABc[|]',
    ],
)
def test_what_is_for_the_eye_is_skipped(read_abc, body):
    assert quarters(read_abc(body)) == [(pitch, n, 1) for n, pitch in enumerate(SCALE)]


def test_loudness_becomes_velocity(read_abc):
    rows = note_rows(read_abc('C!p!D!ff!E+mp+F').notes)
    assert [velocity for _, velocity, _, _ in rows] == [90, 60, 120, 75]


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
def test_bar_lines(read_abc, body, starts, metre_changes):
    piece = read_abc(body)
    assert piece.notes.start.tolist() == starts
    assert metres(piece) == [(0, 4, 4), *metre_changes]


@pytest.mark.parametrize(
    ('body', 'sections'),
    [
        ('C4|D4|E4|F4|]', []),
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
def test_sections_begin_after_repeats_and_double_bars(read_abc, body, sections):
    assert list(read_abc(body).sections) == sections


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


TWO_VOICES = [(60, 0, 1), (62, 1, 1), (64, 2, 1), (65, 3, 1), (67, 4, 4)] + [(48, 0, 4), (55, 4, 4)]


@pytest.mark.parametrize(
    ('body', 'first', 'notes'),
    [
        ('V:1 name="Flute"\n[K:C]CDEF|\nV:2\nC,4|\nV:1\nG4|\nV:2\nG,4|', 5, TWO_VOICES),
        ('|:[V:1]CDEF|G4:|\n|:[V:2]C,4|G,4:|', 5, TWO_VOICES),
        # Each has its own accidentals and settings.
        (
            '[V:1]^C2[V:2]C2[V:1]C2|[V:2][K:D][L:1/8]C4|',
            2,
            [(61, 0, 2), (61, 2, 2), (60, 0, 2), (61, 2, 2)],
        ),
    ],
)
def test_voices_are_parts(read_abc, body, first, notes):
    tune = read_abc(body)
    assert quarters(tune) == notes
    assert tune.track.tolist() == [0] * first + [1] * (len(notes) - first)
    assert tune.channel.tolist() == tune.track.tolist()
    assert tune.track_names == ('1', '2')


def test_music_before_a_voice_is_named_belongs_to_the_first(read_abc):
    head = HEAD.replace('K:C', 'V:A\nV:B octave=-1\nK:C')
    tune = read_abc('C4|\nV:B\nC4|\nV:A\nD4|', head)
    assert quarters(tune) == [(60, 0, 4), (62, 4, 4), (48, 0, 4)]
    assert tune.track.tolist() == [0, 0, 1]


def test_no_voice_but_drums_has_the_channels_that_melody_presets_ignore(read_abc):
    tune = read_abc(''.join(f'V:{n}\nC4|\n' for n in range(12)))
    assert tune.channel.tolist() == [*range(9), 11, 12, 13]


@pytest.mark.parametrize('how', ['V:2 clef=perc', 'V:2\n%%MIDI channel 10', 'V:2\nK:perc'])
def test_percussion_is_drums(read_abc, how):
    assert read_abc(f'V:1\nC4|\n{how}\nC4|').channel.tolist() == [0, 9]


ROCK = [(36, 0, 0.5), (42, 0, 0.5), (42, 0.5, 0.5), (38, 1, 0.5), (42, 1, 0.5), (42, 1.5, 0.5)]


@pytest.mark.parametrize('name', ['drummap', 'percmap', 'plain_perc'])
def test_percussion_maps_are_followed(name):
    (tune,), _, _ = read_tune_book(CASES3 / f'a01_drummap/{name}.abc')
    assert quarters(tune)[:6] == ROCK
    assert set(tune.channel.tolist()) == {9}


@pytest.mark.parametrize(
    ('line', 'pitch'),
    [
        ('%%percmap F 41', 41),
        ('%%percmap F Bass_Drum_1', 36),
        ('%%percmap *F side-stick x', 37),
        ('I:MIDI drummap F 35', 35),
        ('[I:MIDI drummap F 35]', 35),
        ('%%MIDI drummap _F 47\n%%MIDI drummap f 47\n%%MIDI drummap F, 47', 65),  # of others
        ('%%percmap F kazoo', 36),  # by its place on the staff
        ('%%percmap F 128', 36),
    ],
)
def test_drums_have_numbers_and_names(read_abc, line, pitch):
    tune = read_abc(f'{line}\nF4|', HEAD.replace('K:C', 'K:C perc'))
    assert tune.notes.pitch.tolist() == [pitch]
