"""Files that people meet, from the file to its loops and its report."""

import dataclasses

import numpy as np
import pytest

from melodyvae.config.presets import preset
from melodyvae.cutting.cut import cut_loops
from melodyvae.ingest.batch import read_batch
from melodyvae.ingest.check_up import check_library
from melodyvae.ingest.find import inspect_file
from melodyvae.ingest.ingest import ingest
from melodyvae.midi.read import read_pieces

import golden_files

CASES = golden_files.GOLDEN / 'cases'
OWN = preset('melodyvae').grid
FITTING = dataclasses.replace(OWN, bars='fitting')
PORT = preset('melodyvae_improved').grid
KIT = preset('drums').grid
WHOLE = dataclasses.replace(OWN, rows=128, lowest_pitch=0)  # every pitch has a row of its own
DOWNBEAT = 48  # the pitch that most cases have at the start of every bar, and nowhere else


def read(name, grid=OWN):
    """The loops of a case that are kept, and its report."""
    batch = read_batch([inspect_file(str(CASES / name), name)], grid)
    return list(batch.loops), batch.reports[0]


def downbeats(loop):
    return sorted(loop['step'][loop['row'] == DOWNBEAT].tolist())


@pytest.mark.parametrize(
    ('name', 'metre', 'loops', 'bars'),
    [
        ('m01_4_4', '4/4', 8, [0, 16]),
        ('m01_2_2', '2/2', 8, [0, 16]),
        ('m01_2_4', '2/4', 4, [0, 8, 16, 24]),
        ('m01_waltz_3_4', '3/4', 8, [0, 12]),
        ('m01_jig_6_8', '6/8', 8, [0, 12]),
        ('m01_5_4', '5/4', 16, [0]),
    ],
)
def test_every_loop_begins_on_a_bar_and_holds_whole_bars(name, metre, loops, bars):
    found, report = read(f'music/{name}.mid', WHOLE)
    assert (len(found), report.metre) == (loops, metre)
    assert all(downbeats(loop) == bars for loop in found)
    fits = metre in ('4/4', '2/2', '2/4')
    fitting, report = read(f'music/{name}.mid', FITTING)
    assert len(fitting) == loops * fits
    assert fits or f'bars of {metre} left out' in report.reason


@pytest.mark.parametrize(
    ('name', 'loops', 'remark'),
    [
        ('m02_44_with_one_24_bar', 6, ''),
        ('m03_pickup_padded_bar', 4, 'before the first full bar, and left out: 1 of 65 notes'),
        ('m03_pickup_timesig_1_4', 4, 'before the first full bar, and left out: 1 of 65 notes'),
        ('m04_count_in_bar_ch10', 4, 'drums left out: track 2'),
        ('m04_starts_bar_17', 2, ''),
    ],
)
def test_loops_begin_with_the_first_full_bar_of_music(name, loops, remark):
    found, report = read(f'music/{name}.mid', WHOLE)
    assert len(found) == loops
    assert all(downbeats(loop) == [0, 16] for loop in found)
    assert report.reason == remark


def test_a_song_is_its_voices():
    found, report = read('music/m05_song_4tracks.mid')
    assert report.voices == 3
    assert report.reason == (
        "drums left out: 'Drums'; chords, of which one note per step is taken: 'Chords'"
    )
    for loop in found:
        assert len(np.unique(loop['step'])) == len(loop)
    lead, _ = read('music/m05_song_4tracks.mid', dataclasses.replace(OWN, tracks=('lead',)))
    assert len(lead) == 4
    assert [loop.tobytes() for loop in lead] == [loop.tobytes() for loop in found[:4]]


def test_drums_of_a_song_are_those_of_channel_10():
    found, report = read('music/m05_song_4tracks.mid', KIT)
    assert sum((loop['row'] == 0).sum() for loop in found) == 16
    assert report.reason == 'only channel 10 taken'
    device, _ = read('music/m05_song_4tracks.mid', preset('rhythmvae').grid)
    assert sum((loop['row'] == 0).sum() for loop in device) == 40  # with bass and piano


def test_drums_under_a_melody_preset_are_told():
    _, report = read('music/m06_drums_channel1.mid')
    assert report.looks_like == 'drums'
    assert any('look like drums' in sentence for sentence in check_library([report], OWN))


@pytest.mark.parametrize('name', ['m07_sparse_ballad', 'm07_chords_one_a_bar'])
def test_sparse_music_names_the_setting(name):
    found, report = read(f'music/{name}.mid')
    assert not found
    few = 'fewer than 6 onsets in every loop (--config.grid.minimum_onsets)'
    assert report.reason.split('; ')[0] == few
    found, _ = read(f'music/{name}.mid', dataclasses.replace(OWN, minimum_onsets=2))
    assert len(found) == 4


@pytest.mark.parametrize(('name', 'period'), [('m08_one_bar_loop', 16), ('m08_half_bar', 8)])
def test_a_short_clip_repeats(name, period):
    (loop,), report = read(f'music/{name}.mid')
    assert report.repeats == 1
    times = 32 // period
    first = loop[loop['step'] < period]
    assert len(loop) == times * len(first) == times * 8
    for turn in range(times):
        again = loop[loop['step'] // period == turn]
        assert (again['step'] % period).tolist() == first['step'].tolist()
        assert again['row'].tolist() == first['row'].tolist()


@pytest.mark.parametrize('name', ['m09_swing', 'm09_triplets_8th'])
def test_swing_and_triplets_are_in_the_timeshifts(name):
    found, _ = read(f'music/{name}.mid')
    device, _ = read(f'music/{name}.mid', PORT)
    for loop, same in zip(found, device, strict=True):
        ours, theirs = (
            sorted(zip(each['step'].tolist(), each['timeshift'].tolist(), strict=True))
            for each in (loop, same)
        )
        assert ours == theirs
    assert max(np.abs(loop['timeshift']).max() for loop in found) > 0.5


@pytest.mark.parametrize('name', ['m09_32nds', 'm09_triplets_16th'])
def test_notes_that_are_too_fast_for_the_grid_are_counted(name):
    found, report = read(f'music/{name}.mid')
    assert len(found) == 4
    assert report.collisions == report.notes - sum(map(len, found)) > 0
    assert report.chords == 0


@pytest.mark.parametrize('grid', [OWN, PORT])
@pytest.mark.parametrize('name', ['m10_dense_black', 'm11_octaves_fold_same_row'])
def test_notes_that_share_a_cell_are_counted(name, grid):
    batch = read_batch([inspect_file(str(CASES / f'music/{name}.mid'), name)], grid)
    (report,) = batch.reports
    assert report.collisions > 0
    assert any(str(report.collisions) in sentence for sentence in check_library([report], grid))


def test_an_early_last_downbeat_wraps_to_the_first_step():
    (loop,), report = read('music/m12_early_downbeat.mid')
    (downbeat,) = loop[loop['step'] == 0]
    assert downbeat['timeshift'] < 0
    assert report.collisions == 1  # with the note at the clip's start
    assert len(loop) == 16


def test_drums_without_a_class_are_named():
    strict = dataclasses.replace(KIT, drum_map='strict')
    _, report = read('music/d01_roland_td.mid', strict)
    assert '44 of 52 notes have no drum class: 22 (16), 26 (16), 37 (8), 55 (4)' in report.reason
    _, report = read('music/d04_808_c1_mapping.mid', strict)
    assert report.reason == (
        'no drums by channel, name or pitches: all channels taken for drums; '
        'drums read by General MIDI, 24 semitones up'
    )


def test_the_product_s_own_drums_know_every_note_of_a_roland_kit():
    found, report = read('music/d01_roland_td.mid', KIT)
    assert report.reason == ''
    assert sum(map(len, found)) + report.collisions == report.notes == 52


def test_drums_that_never_end_are_onsets():
    found, _ = read('music/d03_note_on_only.mid', KIT)
    assert [len(loop) for loop in found] == [24, 24]


@pytest.mark.parametrize(
    ('name', 'loops', 'metre'),
    [
        ('abc/pickup44.abc', 2, '4/4'),
        ('abc/waltz.abc', 4, '3/4'),
        ('abc/endings.abc', 2, '4/4'),
        ('xml/pickup.musicxml', 4, '4/4'),
        ('xml/melody_with_drum_part.musicxml', 4, '4/4'),
        ('xml/waltz.musicxml', 8, '3/4'),
    ],
)
def test_written_music_begins_on_bars_too(name, loops, metre):
    found, report = read(name)
    assert (len(found), report.metre) == (loops, metre)
    assert all((loop['step'] == 0).any() for loop in found)


def test_patterns_of_format_2_follow_one_another():
    found, report = read('midi/19_format2_three_patterns.mid')
    assert [len(loop) for loop in found] == [16, 16, 16]
    assert report.voices == 3


@pytest.fixture(scope='module')
def libraries():
    """The loops and reports of one producer's clips, as they are and some octaves up."""
    return [ingest([CASES / folder], OWN) for folder in ('library', 'library_high')]


def test_no_contour_of_a_producers_library_breaks(libraries):
    for folder, (loops, reports) in zip(('library', 'library_high'), libraries, strict=True):
        assert len(loops.files) == 20
        assert sum(report.folded for report in reports) == 0
        for report in reports:
            (piece,) = read_pieces(CASES / folder / report.path).pieces
            both = zip(cut_loops([piece], OWN), cut_loops([piece], WHOLE), strict=True)
            for loop, written in both:
                for name in ('step', 'velocity', 'duration', 'timeshift'):
                    assert loop[name].tolist() == written[name].tolist()
                assert len(set((loop['row'].astype(int) - written['row']).tolist())) == 1
    low, high = (loops for loops, _ in libraries)
    assert low.cells['step'].tolist() == high.cells['step'].tolist()


def test_a_producers_library_gets_no_wrong_advice(libraries):
    for _, reports in libraries:
        assert check_library(reports, OWN) == []
    assert check_library(ingest([CASES / 'library'], PORT)[1], PORT) == []
    (sentence,) = check_library(ingest([CASES / 'library_high'], PORT)[1], PORT)
    assert sentence.startswith('45% of the notes lie outside C2 to B3')
