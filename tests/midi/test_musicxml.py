"""MusicXML in, literal notes out."""

import xml.etree.ElementTree as ET
import zipfile

import pytest

from melodyvae.midi.musicxml import read_musicxml
from melodyvae.midi.musicxml_file import ScoreError

import golden_files
from midi_bytes import note_rows

CASES = golden_files.GOLDEN / 'cases' / 'xml'
CASES3 = golden_files.GOLDEN / 'cases3'
FIRST_BAR = [48, 65, 71, 62, 67, 72, 64, 69]  # of most cases
REST = '<note><rest/><duration>16</duration></note>'


def note(pitch, duration, before='', after=''):
    """A note such as 'C4', 'Bb3' or 'F#5', in sixteenths."""
    step, octave = pitch[0], pitch[-1]
    alter = {'b': -1, '#': 1}.get(pitch[1:-1], 0)
    return (
        f'<note>{before}<pitch><step>{step}</step><alter>{alter}</alter><octave>{octave}</octave>'
        f'</pitch><duration>{duration}</duration>{after}</note>'
    )


def bars(*contents, attributes=''):
    """The bars of a part in 4/4, at 4 divisions a quarter."""
    first, *others = contents
    first = (
        f'<attributes><divisions>4</divisions><time><beats>4</beats><beat-type>4</beat-type></time>'
        f'{attributes}</attributes>{first}'
    )
    return ''.join(f'<measure>{content}</measure>' for content in (first, *others))


def score(*parts, infos=None):
    infos = infos or [''] * len(parts)
    listed = ''.join(f'<score-part id="P{n}">{info}</score-part>' for n, info in enumerate(infos))
    played = ''.join(f'<part id="P{n}">{part}</part>' for n, part in enumerate(parts))
    return f'<score-partwise><part-list>{listed}</part-list>{played}</score-partwise>'


def read(tmp_path, text):
    path = tmp_path / 'score.musicxml'
    path.write_text(text)
    return read_musicxml(path)


def quarters(piece):
    """Pitch, start and length of the notes."""
    return [(pitch, start, length) for pitch, _, start, length in note_rows(piece.notes)]


def velocities(piece):
    return [velocity for _, velocity, _, _ in note_rows(piece.notes)]


def metres(piece):
    return [tuple(metre) for metre in piece.metres]


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


def test_a_part_of_unpitched_notes_does_not_lose_the_others():
    piece = read_musicxml(CASES / 'melody_with_drum_part.musicxml')
    melody = read_musicxml(CASES / 'clarinet_and_piano.musicxml')
    assert quarters(piece)[:64] == quarters(melody)[:64]
    assert piece.channel.tolist() == [0] * 64 + [9] * 64


def test_each_part_of_a_score_is_told_apart():
    piece = read_musicxml(CASES / 'clarinet_and_piano.musicxml')
    assert piece.track_names == ('Clarinet', '')
    assert piece.track.tolist() == [0] * 64 + [1] * 64


BACK = '<backup><duration>16</duration></backup>'
START, STOP = '<tie type="start"/>', '<tie type="stop"/>'
TRANSPOSE = '<transpose><chromatic>-2</chromatic><octave-change>-1</octave-change></transpose>'
GRACE = '<note><grace/><pitch><step>B</step><octave>4</octave></pitch></note>'
REPEAT = '<barline location="right"><repeat direction="backward"/></barline>'
WHOLE = note('C4', 16)


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
    piece = read(tmp_path, score(*parts))
    assert quarters(piece) == notes
    assert metres(piece) == [(0, 4, 4)]


def test_the_hands_of_a_piano_are_told_apart(tmp_path):
    staves, left = '<staves>2</staves>', '<staff>2</staff>'
    content = note('E4', 16, after='<staff>1</staff>') + BACK + note('C3', 16, after=left + START)
    stop = WHOLE + BACK + note('C3', 16, after=left + STOP)
    piano = bars(content, stop, attributes=staves)
    info = '<part-name>Piano</part-name>'
    text = score(piano, bars(note('G4', 16)), infos=[info, '<part-name>Flute</part-name>'])
    piece = read(tmp_path, text)
    assert piece.track_names == ('Piano, staff 1', 'Piano, staff 2', 'Flute')
    assert piece.track.tolist() == [0, 0, 1, 2]
    assert piece.notes.pitch.tolist() == [64, 60, 48, 67]
    assert quarters(piece)[2] == (48, 0, 8)


def test_channels_count_from_0(tmp_path):
    info = (
        '<part-name>Flute</part-name><midi-instrument id="I"><midi-channel>3</midi-channel>'
        '</midi-instrument>'
    )
    piece = read(tmp_path, score(bars(note('C4', 16)), infos=[info]))
    assert piece.channel.tolist() == [2]
    assert piece.track_names == ('Flute',)


def test_a_voice_that_crosses_staves_is_one_track():
    piece = read_musicxml(CASES3 / 'x11_voices/cross_staff.musicxml')
    line = [48, 50, 52, 53, 55, 53, 52, 50, 48, 52, 55, 60, 59, 57, 55, 52]
    assert piece.notes.pitch[piece.track == 0].tolist() == line
    tied = read_musicxml(CASES3 / 'x09_ties/cross_staff.musicxml')
    assert (55, 3, 2) in quarters(tied)


def test_hands_whose_voices_have_the_same_number_stay_apart(tmp_path):
    right = note('E4', 16, after='<voice>1</voice><staff>1</staff>')
    left = note('C3', 16, after='<voice>1</voice><staff>2</staff>')
    text = score(bars(right + BACK + left, attributes='<staves>2</staves>'))
    assert read(tmp_path, text).track.tolist() == [0, 1]


UNPITCHED = '<note><unpitched>{}</unpitched><duration>8</duration>{}</note>'
PLACE = '<display-step>C</display-step><display-octave>5</display-octave>'
SNARE = '<part-name>Snare Drum</part-name>'


@pytest.mark.parametrize(
    ('info', 'content', 'pitches'),
    [
        (  # by the numbers of their instruments, of which one has none
            '<midi-instrument id="0"><midi-unpitched>37</midi-unpitched></midi-instrument>',
            [UNPITCHED.format('', f'<instrument id="{n}"/>') for n in range(2)],
            [36],
        ),
        (  # by the names of their instruments or, of one, by its place
            ''.join(
                f'<score-instrument id="{n}"><instrument-name>{name}</instrument-name>'
                '</score-instrument>'
                for n, name in enumerate(('Kick', 'Closed Hi-Hat', 'Thunder sheet'))
            ),
            [UNPITCHED.format(PLACE, f'<instrument id="{n}"/>') for n in range(3)],
            [36, 42, 38],
        ),
        # By the name of their part.
        (SNARE, [UNPITCHED.format('', '')] * 2, [38, 38]),
        (SNARE, [UNPITCHED.format('<display-step>E</display-step>', '')], [38]),
    ],
)
def test_unpitched_notes_are_drums(tmp_path, info, content, pitches):
    piece = read(tmp_path, score(bars(''.join(content)), infos=[info]))
    assert piece.notes.pitch.tolist() == pitches
    assert set(piece.channel.tolist()) == {9}


def test_unpitched_notes_that_nothing_tells_are_the_reason(tmp_path):
    text = score(bars('<note><unpitched/><duration>16</duration></note>'))
    with pytest.raises(ScoreError, match='unpitched notes name no drum'):
        read(tmp_path, text)


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
    assert velocities(read(tmp_path, score(bars(content)))) == [64, 90, 127, 105, 105]


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
    assert read(tmp_path, score(bars(direction + note('C4', 16)))).tempos == (tempo,)


def test_a_sound_and_a_metronome_mark_are_one_tempo():
    assert read_musicxml(CASES3 / 'x07_tempo/tempo90.musicxml').tempos == (90,)


def test_a_whole_rest_in_a_pickup_is_as_long_as_the_pickup(tmp_path):
    melody, rests = bars(note('C4', 4), note('D4', 16)), bars(REST, note('E4', 16))
    text = score(melody, rests).replace('<measure>', '<measure implicit="yes">', 1)
    text = text.replace('<part id="P1"><measure>', '<part id="P1"><measure implicit="yes">')
    assert quarters(read(tmp_path, text)) == [(62, 0, 4), (64, 0, 4)]


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
    assert metres(read(tmp_path, text)) == [
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
    piece = read(tmp_path, score(bars(WHOLE, WHOLE + before, after + WHOLE, WHOLE)))
    assert piece.sections == (8,)
    plain = '<barline location="right"><bar-style>regular</bar-style></barline>'
    assert not read(tmp_path, score(bars(WHOLE, WHOLE + plain, WHOLE))).sections


def test_a_second_ending_belongs_to_the_section_of_the_first(tmp_path):
    first, second = (
        f'<barline location="left"><ending type="start" number="{n}"/></barline>' for n in (1, 2)
    )
    end = '<barline location="right"><bar-style>light-light</bar-style></barline>'
    piece = read(tmp_path, score(bars(WHOLE, first + WHOLE + REPEAT, second + WHOLE + end, WHOLE)))
    assert piece.sections == (12,)


def write_archive(path, files):
    with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)


CONTAINER = '<container><rootfiles><rootfile full-path="a/b.xml"/></rootfiles></container>'
ONE_NOTE = score(bars(note('C4', 16)))


@pytest.mark.parametrize('name', ['a.mxl', 'A.MXL', 'a.xml', 'a.musicxml'])
@pytest.mark.parametrize('container', [CONTAINER, CONTAINER.replace('r>', 'r xmlns="x">', 1)])
def test_an_archive_is_known_by_its_content(tmp_path, name, container):
    files = {'first.xml': '<html/>', 'META-INF/container.xml': container, 'a/b.xml': ONE_NOTE}
    write_archive(tmp_path / name, files)
    assert quarters(read_musicxml(tmp_path / name)) == [(60, 0, 4)]


def test_an_archive_without_a_container_is_read(tmp_path):
    write_archive(tmp_path / 'a.mxl', {'cover.png': b'', 'score.xml': ONE_NOTE})
    assert quarters(read_musicxml(tmp_path / 'a.mxl')) == [(60, 0, 4)]


def test_an_uncompressed_score_may_be_called_mxl(tmp_path):
    (tmp_path / 'a.mxl').write_text(ONE_NOTE)
    assert quarters(read_musicxml(tmp_path / 'a.mxl')) == [(60, 0, 4)]


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
        read(tmp_path, text)


def test_a_parser_without_memory_is_no_reason_to_doubt_the_score(tmp_path, monkeypatch):
    error = ET.ParseError('out of memory: line 1, column 0')
    error.code = 1  # XML_ERROR_NO_MEMORY of expat.h

    def parse(document):
        raise error

    monkeypatch.setattr(ET, 'fromstring', parse)
    with pytest.raises(MemoryError):
        read(tmp_path, ONE_NOTE)


@pytest.mark.parametrize(
    'files', [{}, {'readme.txt': 'hello'}, {'META-INF/container.xml': CONTAINER}]
)
def test_an_archive_without_a_score_says_so(tmp_path, files):
    write_archive(tmp_path / 'a.mxl', files)
    with pytest.raises(ScoreError, match='no score in the archive'):
        read_musicxml(tmp_path / 'a.mxl')


def test_a_damaged_archive_says_so(tmp_path):
    data = bytearray((CASES / 'plain.mxl').read_bytes())
    data[100:400] = bytes(300)
    (tmp_path / 'a.mxl').write_bytes(data)
    with pytest.raises(ScoreError, match='damaged archive'):
        read_musicxml(tmp_path / 'a.mxl')


@pytest.mark.parametrize('name', ['score.xml', 'META-INF/container.xml'])
def test_an_archive_that_unpacks_to_far_more_than_its_size_is_refused(tmp_path, name):
    write_archive(tmp_path / 'a.mxl', {name: ONE_NOTE + '<measure/>' * 2**19})
    assert (tmp_path / 'a.mxl').stat().st_size < 2**17
    with pytest.raises(ScoreError, match=f'a ZIP bomb: {name} unpacks to 5 MB'):
        read_musicxml(tmp_path / 'a.mxl')


def test_a_score_of_more_than_32_mb_is_refused(tmp_path):
    (tmp_path / 'a.musicxml').write_text(ONE_NOTE + ' ' * 2**25)
    with pytest.raises(ScoreError, match='larger than 32 MB'):
        read_musicxml(tmp_path / 'a.musicxml')
