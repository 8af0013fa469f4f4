"""Parts of MusicXML: staves, channels and drums."""

import pytest

from melodyvae.midi.musicxml import read_musicxml
from melodyvae.midi.musicxml_file import ScoreError

import golden_files
from midi_bytes import quarters
from scores import BACK, START, STOP, WHOLE, bars, note, read_score, score

CASES = golden_files.GOLDEN / 'cases' / 'xml'
CASES3 = golden_files.GOLDEN / 'cases3'


def test_a_part_of_unpitched_notes_does_not_lose_the_others():
    piece = read_musicxml(CASES / 'melody_with_drum_part.musicxml')
    melody = read_musicxml(CASES / 'clarinet_and_piano.musicxml')
    assert quarters(piece)[:64] == quarters(melody)[:64]
    assert piece.channel.tolist() == [0] * 64 + [9] * 64


def test_each_part_of_a_score_is_told_apart():
    piece = read_musicxml(CASES / 'clarinet_and_piano.musicxml')
    assert piece.track_names == ('Clarinet', '')
    assert piece.track.tolist() == [0] * 64 + [1] * 64


def test_the_hands_of_a_piano_are_told_apart(tmp_path):
    staves, left = '<staves>2</staves>', '<staff>2</staff>'
    content = note('E4', 16, after='<staff>1</staff>') + BACK + note('C3', 16, after=left + START)
    stop = WHOLE + BACK + note('C3', 16, after=left + STOP)
    piano = bars(content, stop, attributes=staves)
    info = '<part-name>Piano</part-name>'
    text = score(piano, bars(note('G4', 16)), infos=[info, '<part-name>Flute</part-name>'])
    piece = read_score(tmp_path, text)
    assert piece.track_names == ('Piano, staff 1', 'Piano, staff 2', 'Flute')
    assert piece.track.tolist() == [0, 0, 1, 2]
    assert piece.notes.pitch.tolist() == [64, 60, 48, 67]
    assert quarters(piece)[2] == (48, 0, 8)


def test_channels_count_from_0(tmp_path):
    info = (
        '<part-name>Flute</part-name><midi-instrument id="I"><midi-channel>3</midi-channel>'
        '</midi-instrument>'
    )
    piece = read_score(tmp_path, score(bars(note('C4', 16)), infos=[info]))
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
    assert read_score(tmp_path, text).track.tolist() == [0, 1]


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
    piece = read_score(tmp_path, score(bars(''.join(content)), infos=[info]))
    assert piece.notes.pitch.tolist() == pitches
    assert set(piece.channel.tolist()) == {9}


def test_unpitched_notes_that_nothing_tells_are_the_reason(tmp_path):
    text = score(bars('<note><unpitched/><duration>16</duration></note>'))
    with pytest.raises(ScoreError, match='unpitched notes name no drum'):
        read_score(tmp_path, text)
