"""MusicXML in, literal notes out."""

import pytest

from melodyvae.midi.musicxml import read_musicxml
from melodyvae.midi.musicxml_file import ScoreError

import golden_files
from midi_bytes import metres, note_rows, quarters
from scores import BACK, ONE_NOTE, START, STOP, WHOLE, bars, note, read_score, score

CASES = golden_files.GOLDEN / 'cases' / 'xml'
CASES3 = golden_files.GOLDEN / 'cases3'
FIRST_BAR = [48, 65, 71, 62, 67, 72, 64, 69]  # of most cases
REST = '<note><rest/><duration>16</duration></note>'


def velocities(piece):
    return [velocity for _, velocity, _, _ in note_rows(piece.notes)]


EIGHTHS = [(pitch, n / 2, 0.5) for n, pitch in enumerate(FIRST_BAR)]
TIED = [(60, 0, 1), (62, 1, 1), (64, 2, 4), (65, 6, 1)]
KIT = [(42, 0, 0.5), (36, 0, 0.5), (42, 0.5, 0.5), (42, 1, 0.5), (38, 1, 0.5)]


@pytest.mark.parametrize(
    ('name', 'first', 'count'),
    [
        ('cases/xml/plain.musicxml', EIGHTHS, 64),
        ('cases/xml/plain.mxl', EIGHTHS, 64),
        ('cases/xml/plain_utf16.musicxml', EIGHTHS, 64),
        ('cases/xml/pickup.musicxml', EIGHTHS, 64),
        ('cases/xml/repeat.musicxml', EIGHTHS, 32),  # bars in repeats are there once
        ('cases/xml/tie_over_bar.musicxml', [(60, 0, 6), (62, 6, 0.5)], None),
        # Ties that do not end, or have only one of the two elements.
        ('cases3/x09_ties/start_only.musicxml', TIED, None),
        ('cases3/x09_ties/tied_only.musicxml', TIED, None),
        ('cases3/x09_ties/three.musicxml', TIED, None),
        # Drums by their names or their places.
        ('cases3/x08_unpitched/kit_bare.musicxml', KIT, None),
        ('cases3/x08_unpitched/kit_named.musicxml', KIT, None),
        ('cases3/x08_unpitched/kit_unnamed.musicxml', KIT, None),
        # An instrument that is the only one.
        ('cases3/x08_unpitched/one_instrument.musicxml', [(38, 0, 0.5)], 24),
    ],
)
def test_scores(name, first, count):
    piece = read_musicxml(golden_files.GOLDEN / name)
    assert quarters(piece)[: len(first)] == first
    assert count in (None, len(piece.notes))
    assert metres(piece) == [(0, 4, 4)]
    assert set(piece.channel.tolist()) == {9 if 'unpitched' in name else 0}


TRANSPOSE = '<transpose><chromatic>-2</chromatic><octave-change>-1</octave-change></transpose>'
GRACE = '<note><grace/><pitch><step>B</step><octave>4</octave></pitch></note>'
REPEAT = '<barline location="right"><repeat direction="backward"/></barline>'


@pytest.mark.parametrize(
    ('parts', 'notes'),
    [
        # Pitches that MIDI does not have, grace notes and cues are left out.
        ([bars(note('C4', 8).replace('>4<', '>20<') + note('C4', 8))], [(60, 2, 2)]),
        ([bars(GRACE + note('C4', 8) + note('D4', 8, '<cue/>'))], [(60, 0, 2)]),
        # A C flat and a B sharp stay in their octave.
        ([bars(note('Cb4', 8) + note('B#3', 8))], [(59, 0, 2), (60, 2, 2)]),
        ([bars(note('F#4', 8) + note('Bb4', 8))], [(66, 0, 2), (70, 2, 2)]),
        ([bars(WHOLE, attributes=TRANSPOSE)], [(46, 0, 4)]),
        # Chords, voices and rests.
        (
            [
                bars(
                    note('C4', 8)
                    + note('E4', 8, '<chord/>')
                    + '<forward><duration>4</duration></forward>'
                    + note('D4', 4)
                    + BACK
                    + '<note><rest/><duration>12</duration></note>'
                    + note('G3', 4)
                )
            ],
            [(60, 0, 2), (64, 0, 2), (62, 3, 1), (55, 3, 1)],
        ),
        # A tie needs its start, and ends where another note does not follow at once.
        (
            [
                bars(
                    note('C4', 16, after=START),
                    note('C4', 4, after=STOP + START) + note('C4', 4, after=STOP) + note('C4', 8),
                )
            ],
            [(60, 0, 6), (60, 6, 2)],
        ),
        (
            [bars(note('C4', 4, after=START) + REST.replace('16', '4') + note('C4', 8))],
            [(60, 0, 1), (60, 2, 2)],
        ),
        # A pickup is left out, and its tie goes on.
        ([bars(note('C4', 4, after=START), note('C4', 16, after=STOP))], [(60, 0, 4)]),
        # A bar is as long as its longest part, but a part that is too long moves no other.
        (
            [bars(note('C4', 8), note('D4', 16)), bars(note('D4', 16), note('D4', 16))],
            [(60, 0, 2), (62, 4, 4), (62, 0, 4), (62, 4, 4)],
        ),
        (
            [bars(WHOLE, note('D4', 16)), bars(note('E4', 20), note('F4', 16))],
            [(60, 0, 4), (62, 4, 4), (64, 0, 5), (65, 4, 4)],
        ),
        # A short bar before a repeat sign is filled up, unless a pickup after it completes it.
        (
            [bars(WHOLE, note('D4', 12) + REPEAT, note('E4', 16), note('F4', 16))],
            [(60, 0, 4), (62, 4, 3), (64, 8, 4), (65, 12, 4)],
        ),
        (
            [bars(WHOLE, note('D4', 12) + REPEAT, note('E4', 4), note('F4', 16))],
            [(60, 0, 4), (62, 4, 3), (64, 7, 1), (65, 8, 4)],
        ),
    ],
)
def test_notes(tmp_path, parts, notes):
    piece = read_score(tmp_path, score(*parts))
    assert quarters(piece) == notes
    assert metres(piece) == [(0, 4, 4)]


@pytest.mark.parametrize(
    ('name', 'expected'),
    [
        ('x05_note_dynamics/velocities', [110, 60, 90, 40] * 4),
        ('x06_dynamics_signs/signs', [45] * 8 + [120] * 8),  # those of ABC
    ],
)
def test_notes_have_velocities(name, expected):
    assert velocities(read_musicxml(CASES3 / f'{name}.musicxml')) == expected


def test_dynamics_are_percents_of_forte_or_signs_of_a_note(tmp_path):
    sound = '<direction><sound dynamics="{}"/></direction>'
    sign = '<notations><dynamics><f/></dynamics></notations>'
    content = note('C4', 4) + sound.format(100) + note('D4', 2) + sound.format(999) + note('E4', 2)
    content += note('F4', 4, after=sign) + note('G4', 4)
    assert velocities(read_score(tmp_path, score(bars(content)))) == [64, 90, 127, 105, 105]


MARK = (
    '<direction><direction-type><metronome><beat-unit>{}</beat-unit>{}<per-minute>{}</per-minute>'
    '</metronome></direction-type></direction>'
)


@pytest.mark.parametrize(
    ('direction', 'tempo'),
    [
        (MARK.format('quarter', '', 'c. 72'), 72),
        (MARK.format('quarter', '<beat-unit-dot/>', '60'), 90),
        (MARK.format('eighth', '', '96.5'), 48.25),
        (MARK.format('half', '', 'fast'), 120),
        ('<sound tempo="132"/>', 132),
        ('<sound tempo="0"/>', 120),
        (MARK.format('quarter', '', '60') + '<sound tempo="61"/>', 61),
    ],
)
def test_tempos(tmp_path, direction, tempo):
    assert read_score(tmp_path, score(bars(direction + note('C4', 16)))).tempos == (tempo,)


def test_a_sound_and_a_metronome_mark_are_one_tempo():
    assert read_musicxml(CASES3 / 'x07_tempo/tempo90.musicxml').tempos == (90,)


def test_a_whole_rest_in_a_pickup_is_as_long_as_the_pickup(tmp_path):
    melody, rests = bars(note('C4', 4), note('D4', 16)), bars(REST, note('E4', 16))
    text = score(melody, rests).replace('<measure>', '<measure implicit="yes">', 1)
    text = text.replace('<part id="P1"><measure>', '<part id="P1"><measure implicit="yes">')
    assert quarters(read_score(tmp_path, text)) == [(62, 0, 4), (64, 0, 4)]


def test_metres_change(tmp_path):
    three = '<attributes><time><beats>{}</beats><beat-type>{}</beat-type></time></attributes>'
    text = score(
        bars(
            note('C4', 16),
            three.format(3, 4) + note('D4', 12),
            three.format('3+2', 8) + note('E4', 10),
            note('F4', 8),
            note('G4', 10),
        )
    )
    assert metres(read_score(tmp_path, text)) == [
        (0, 4, 4),
        (4, 3, 4),
        (7, 5, 8),
        (9.5, 4, 8),
        (11.5, 5, 8),
    ]


@pytest.mark.parametrize(
    ('before', 'after'),
    [
        ('<barline><repeat direction="backward"/></barline>', ''),
        ('<barline location="right"><bar-style>light-light</bar-style></barline>', ''),
        ('', '<barline location="left"><repeat direction="forward"/></barline>'),
    ],
)
def test_sections_begin_after_repeats_and_double_bars(tmp_path, before, after):
    piece = read_score(tmp_path, score(bars(WHOLE, WHOLE + before, after + WHOLE, WHOLE)))
    assert piece.sections == (8,)
    plain = '<barline location="right"><bar-style>regular</bar-style></barline>'
    assert not read_score(tmp_path, score(bars(WHOLE, WHOLE + plain, WHOLE))).sections


def test_a_second_ending_belongs_to_the_section_of_the_first(tmp_path):
    first, second = (
        f'<barline location="left"><ending type="start" number="{n}"/></barline>' for n in (1, 2)
    )
    end = '<barline location="right"><bar-style>light-light</bar-style></barline>'
    piece = read_score(
        tmp_path, score(bars(WHOLE, first + WHOLE + REPEAT, second + WHOLE + end, WHOLE))
    )
    assert piece.sections == (12,)


@pytest.mark.parametrize(
    ('text', 'reason'),
    [
        ('<html/>', 'its root is <html>'),
        ('Dear diary', 'no XML'),
        ('', 'no XML'),
        (ONE_NOTE.replace('<divisions>4', '<divisions>0'), 'no divisions'),
        (ONE_NOTE.replace('<duration>16', '<duration>x'), "no number 'x'"),
        (ONE_NOTE.replace('<duration>16', '<duration>nan'), "no number 'nan'"),
        (ONE_NOTE.replace('<step>C', '<step>H'), "no pitch 'H'"),
        (ONE_NOTE.replace('<beat-type>4', '<beat-type>0'), 'no metre'),
        (ONE_NOTE.replace('<duration>16</duration>', ''), 'a <note> without <duration>'),
    ],
)
def test_what_is_no_score_is_one_reason(tmp_path, text, reason):
    with pytest.raises(ScoreError, match=reason):
        read_score(tmp_path, text)
