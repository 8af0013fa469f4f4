"""Drum maps as CSV files."""

import pytest

from melodyvae.config.devices import DRUM_CLASSES
from melodyvae.loops.drum_maps import FOLDER, known_map, parse_map, read_drum_map
from melodyvae.system.errors import UserError


@pytest.mark.parametrize('name', sorted(path.stem for path in FOLDER.iterdir()))
def test_known_maps_have_notes_for_all_classes(name):
    drums = known_map(name)
    missing = {'clap', 'rim'} if name in ('Addictive Drums 2', 'Superior Drummer') else set()
    assert {DRUM_CLASSES[row] for row in drums.values()} | missing == set(DRUM_CLASSES)


def test_known_maps_have_as_many_notes_as_those_of_the_devices():
    assert [len(known_map(name)) for name in ('strict', 'greedy', 'device')] == [18, 61, 9]
    assert set(known_map('nearest')) >= set(range(35, 82))


@pytest.mark.parametrize(
    'text',
    [
        'note,class\n37,kick\n39,closed hi-hat\n',
        '\ufeffclass;note;sound\r\nKick;37;Bang\r\nClosed Hihat;39\r\n',
        'note, class\n37, KICK\n\n37, kick\n39, closed-hi-hat',
    ],
)
def test_maps_are_read_as_spreadsheets_write_them(tmp_path, text):
    path = tmp_path / 'map.csv'
    path.write_text(text, encoding='utf-8')
    assert read_drum_map(path) == ('37 kick', '39 closed hi-hat')
    assert parse_map(read_drum_map(path)) == {37: 0, 39: 2}


@pytest.mark.parametrize(
    ('text', 'words'),
    [
        (b'', 'its first line must be "note,class"'),
        (b'37,kick\n', 'its first line must be "note,class"'),
        (b'note,class\n', 'has no notes'),
        (b'note,class\nC1,kick\n', "line 2: 'C1' is not a MIDI note: use a number from 0 to 127"),
        (b'note,class\n128,kick\n', "'128' is not a MIDI note"),
        (b'note,class\n36,kick\n37\n', "line 3: '' is not one of kick, snare"),
        (b'note,class\n36,cowbell\n', "'cowbell' is not one of kick, snare"),
        (b'note,class\n36,kick\n36,snare\n', 'line 3: note 36 has two classes'),
        (b'\xff\xfe\0', 'cannot be read'),
    ],
)
def test_wrong_maps_are_refused_with_their_line(tmp_path, text, words):
    path = tmp_path / 'map.csv'
    path.write_bytes(text)
    with pytest.raises(UserError, match=r'map\.csv') as refused:
        read_drum_map(path)
    assert words in str(refused.value)


def test_a_missing_map_is_refused(tmp_path):
    with pytest.raises(UserError, match='cannot be read'):
        read_drum_map(tmp_path / 'none.csv')
