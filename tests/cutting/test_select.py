"""Which notes count for a grid, and what is said of the others."""

import dataclasses

import numpy as np
import pytest

from melodyvae.config.presets import preset
from melodyvae.config.settings import GridConfig
from melodyvae.cutting.select import find_tracks, name_track, select_notes
from melodyvae.midi.read import read_pieces

import golden_files
from pieces import make_piece, play

CASES3 = golden_files.GOLDEN / 'cases3'

MELODY = GridConfig()
OWN = preset('melodyvae').grid
DRUMS = preset('rhythmvae').grid
KIT = dataclasses.replace(DRUMS, voices='drums')
BEAT = play(36, 42, 38, 42)
TUNE = play(60, 62, 64, 65)
SONG = make_piece(
    TUNE + BEAT + play(48, 50, 52, 53),
    track=[0] * 4 + [1] * 4 + [2] * 4,
    channel=[0] * 4 + [9] * 4 + [1] * 4,
    names=('Lead', 'Kit', 'Slap Bass'),
)


def pitches(pieces, grid):
    return select_notes(pieces, grid).notes.pitch.tolist()


def test_notes_of_pieces_stay_apart_and_in_order():
    voices = select_notes([make_piece(TUNE), make_piece([]), SONG], MELODY)
    assert voices.notes.pitch.tolist() == [60, 62, 64, 65, 60, 62, 64, 65, 48, 50, 52, 53]
    assert voices.piece.tolist() == [0, 2]
    assert voices.first.tolist() == [0, 4, 12]
    assert voices.reasons == ['', 'no notes', '']


@pytest.mark.parametrize(
    ('grid', 'reason'),
    [
        (MELODY, 'only drums'),
        (dataclasses.replace(MELODY, ignored_channels=(), tracks=('flute',)), "(it has 'Kit')"),
        (dataclasses.replace(DRUMS, ignored_channels=(9,)), 'only drums'),
    ],
)
def test_the_first_thing_that_leaves_nothing_is_the_reason(grid, reason):
    piece = make_piece(BEAT, channel=9, names=['Kit'])
    voices = select_notes([piece], grid)
    assert voices.reasons[0].endswith(reason)
    assert voices.remarks == [[]]


HITS = play(42, 42, 42, 42) + play(36, None, 38)


@pytest.mark.parametrize(
    ('drums', 'name'),
    [
        (HITS, '808'),  # by its pitches
        (play(36, 36, 36, 36), 'My Drums'),  # by its name
    ],
)
def test_drums_on_any_channel_are_left_out_beside_other_tracks(drums, name):
    tracks = [0] * 4 + [1] * len(drums)
    song = make_piece(TUNE + drums, track=tracks, channel=tracks, names=('Lead', name))
    assert pitches([song], OWN) == [60, 62, 64, 65]
    assert select_notes([song], OWN).remarks == [[f"drums left out: '{name}'"]]
    assert len(pitches([song], MELODY)) == len(tracks)  # as the device does
    chosen = dataclasses.replace(OWN, tracks=(name.lower(),))
    assert pitches([song], chosen) == [int(row[0]) for row in drums]
    alone = make_piece(drums, names=[name])
    assert len(pitches([alone], OWN)) == len(drums)  # the check-up says what they look like


def test_drums_in_a_track_of_several_channels_are_named_by_theirs():
    song = make_piece(TUNE + BEAT, channel=[0] * 4 + [9] * 4, names=['All'])
    assert select_notes([song, SONG], OWN).remarks == [
        ['drums left out: channel 10'],
        ["drums left out: 'Kit'"],
    ]


@pytest.mark.parametrize(
    ('wanted', 'found'),
    [
        (['lead'], [0]),
        (['BASS'], [2]),
        (['a'], [0, 2]),  # part of two names
        (['2'], [1]),
        (['ch1'], [0]),
        (['channel 10'], [1]),
        (['Ch 2', 'lead'], [0, 2]),
        (['4'], []),
        (['ch16'], []),
        (['flute'], []),
    ],
)
def test_tracks_are_found_by_name_number_and_channel(wanted, found):
    assert np.unique(SONG.track[find_tracks(SONG, wanted)]).tolist() == found


def test_tracks_that_are_not_there_are_told_with_those_that_are():
    grid = dataclasses.replace(OWN, tracks=('flute', 'oboe'))
    (reason,) = select_notes([SONG], grid).reasons
    assert reason == "no track that is flute or oboe (it has 'Lead', 'Kit', 'Slap Bass')"
    assert name_track(make_piece(TUNE), 0) == 'track 1'


def test_drums_are_channel_10_where_there_is_some():
    assert pitches([SONG], KIT) == [36, 42, 38, 42]
    assert select_notes([SONG], KIT).remarks == [['only channel 10 taken']]
    alone = make_piece(BEAT, channel=3)
    assert pitches([alone], KIT) == [36, 42, 38, 42]
    assert select_notes([alone], KIT).remarks == [
        ['no drums by channel, name or pitches: all channels taken for drums']
    ]
    assert pitches([SONG], DRUMS) == [36, 42, 38, 42, 48, 50, 52, 53]  # as the device does


def remarks_of(name, grid):
    voices = select_notes(read_pieces(CASES3 / name).pieces, grid)
    return voices, voices.remarks[0]


OWN_KIT = preset('drums').grid


@pytest.mark.parametrize(
    ('name', 'notes', 'remarks'),
    [
        (
            'd07_ezdrummer_ch4/song.mid',
            28,
            ["drums taken from 'EZdrummer' (--tracks takes others)"],
        ),
        ('d14_click_on_10/song.mid', 28, ["drums taken from 'Drum Kit' (--tracks takes others)"]),
        ('d06_ch16/two_kits.mid', 32, []),
        (
            'd06_ch16/extended.mid',
            52,
            ["drums taken from 'Drums ch16', 'Drums ch10' (--tracks takes others)"],
        ),
    ],
)
def test_the_kit_is_found_by_channel_name_and_pitches(name, notes, remarks):
    voices, said = remarks_of(name, OWN_KIT)
    assert len(voices.notes) == notes
    assert said == remarks


def test_a_kit_with_a_track_per_drum_is_found_by_their_names():
    hits = play(36, 36) + play(38, 38) + play(42, 42, 42) + play(37, 37) + play(40, 43, 45)
    tracks = np.repeat(range(5), [2, 2, 3, 2, 3])
    names = ('Kick 1', 'SNARE', 'Hi-Hat', 'Click', 'Bass')
    song = make_piece(hits, track=tracks, channel=np.where(tracks == 3, 9, 0), names=names)
    assert pitches([song], OWN_KIT) == [36, 36, 38, 38, 42, 42, 42]


KICKS, BASS = play(36, 36, 36, 36), play(36, 36, 43, 41)


@pytest.mark.parametrize(
    ('first', 'second', 'names', 'melody', 'kit'),
    [
        (TUNE, TUNE, ('Drum lead', 'Lead'), TUNE + TUNE, None),  # a melody that is called drums
        (BEAT, BASS, ('HH', 'Kick Bass'), BASS, BEAT),  # a bass that is named after the kick
        *(
            (TUNE, KICKS, ('Lead', name), TUNE, KICKS)
            for name in ('Bass Drum', 'Schlagzeug', 'Batería', 'ドラム', 'Ударные')
        ),
    ],
)
def test_drums_are_found_by_names_and_pitches(first, second, names, melody, kit):
    song = make_piece(first + second, track=[0] * 4 + [1] * 4, names=names)
    assert pitches([song], OWN) == [row[0] for row in melody]
    assert kit is None or pitches([song], OWN_KIT) == [row[0] for row in kit]


def test_tracks_that_are_named_are_drums_whatever_they_hold():
    grid = dataclasses.replace(OWN_KIT, tracks=('guitar',))
    voices, _ = remarks_of('d07_ezdrummer_ch4/song.mid', grid)
    assert set(voices.track.tolist()) == {1}


def test_a_click_that_is_all_there_is_stays():
    assert pitches([make_piece(play(76, 77, 77, 77), channel=9)], OWN_KIT) == [76, 77, 77, 77]


@pytest.mark.parametrize(
    ('name', 'channels', 'track'),
    [
        ('m07_guitar_strings/dense_gtr.mid', 5, 'Lead Guitar'),
        ('m07_guitar_strings/lead_gtr.mid', 5, 'Lead Guitar'),
        ('m08_mpe/mpe_lead.mid', 15, 'MPE lead'),
        ('m08_mpe/mpe_rotating_15.mid', 15, 'MPE lead'),
        ('m08_mpe/mpe_rotating_5.mid', 5, 'MPE lead'),
    ],
)
def test_a_line_over_several_channels_is_one_voice(name, channels, track):
    (piece,) = read_pieces(CASES3 / name).pieces
    voices, said = remarks_of(name, OWN)
    assert len(voices) == 1
    assert len(voices.notes) == len(piece.notes)
    assert said == [f'one line over {channels} channels: {track!r}']


def test_key_switches_are_left_out():
    voices, said = remarks_of('m10_keyswitches/violin.mid', OWN)
    without, _ = remarks_of('m10_keyswitches/violin_without.mid', OWN)
    assert voices.notes.pitch.tolist() == without.notes.pitch.tolist()
    assert said == ['4 key switches left out: C-1, C#-1']
    device, _ = remarks_of('m10_keyswitches/violin.mid', MELODY)
    assert len(device.notes) == len(without.notes) + 4


def test_notes_without_a_drum_class_are_counted_and_named():
    piece = make_piece(play(22, 36, 22, 55, 22), channel=9)
    voices = select_notes([make_piece(BEAT, channel=9), piece], DRUMS)
    assert voices.notes.pitch.tolist() == [36, 42, 38, 42, 36]
    assert voices.remarks == [[], ['4 of 5 notes have no drum class: 22 (3), 55 (1)']]
    (remark,) = select_notes([make_piece(play(*range(60, 75)))], DRUMS).remarks[0]
    assert remark == (
        '15 of 15 notes have no drum class: 60 (1), 61 (1), 62 (1), 63 (1), 64 (1), 65 (1), '
        '66 (1), 67 (1) and 7 more'
    )


def test_one_piece_of_years_does_not_cost_the_others():
    voices = select_notes([make_piece(TUNE), make_piece([(60, 1, 2e6, 1)])], MELODY)
    assert voices.notes.pitch.tolist() == [60, 62, 64, 65]
    assert voices.reasons == ['', 'damaged (it claims to last 2000000 quarter notes)']
