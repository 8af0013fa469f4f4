"""What is said of a library before training."""

import dataclasses

import pytest

from melodyvae.config.presets import preset
from melodyvae.ingest.batch import read_batch
from melodyvae.ingest.check_up import check_library
from melodyvae.ingest.file_report import FileReport
from melodyvae.ingest.find import inspect_file

import golden_files

PORT = preset('melodyvae_improved').grid
OWN = preset('melodyvae').grid
DRUMS = preset('rhythmvae').grid
OWN_DRUMS = preset('drums').grid
GOOD = FileReport('a.mid', 20, notes=200, voices=1, metre='4/4')


def check(*reports, grid=OWN, others=None):
    return check_library([GOOD, *reports], grid, others)


def test_of_a_good_library_there_is_nothing_to_say():
    for grid in (OWN, PORT, DRUMS, OWN_DRUMS):
        assert check(grid=grid) == []


@pytest.mark.parametrize(
    ('report', 'grid', 'words'),
    [
        ({'folded': 50}, PORT, ['25% of the notes', 'C2 to B3', '--config.grid.octaves=shift']),
        ({'folded': 50}, OWN, ['25% of the notes', '--tracks=']),
        (
            {'chords': 5, 'collisions': 7},
            PORT,
            ['5 of 20 loops', '7 notes share', '--config.grid.voices=highest'],
        ),
        ({'chords': 5, 'collisions': 7}, OWN, ['the highest is taken', '7 notes', '--tracks=']),
        ({'collisions': 7}, OWN, ['7 notes', '--config.grid.steps_per_quarter=8']),
        ({'metre': '3/4'}, PORT, ['3/4 (1 of 1 files)', '--config.grid.bars=metre']),
        ({'metre': '4/4, 2/4'}, PORT, ['4/4, 2/4 (1 of 1 files)', '--config.grid.bars=metre']),
        ({'metre': '6/8'}, OWN, ['6/8 (1 of 1 files)', '--config.grid.bars=fitting']),
        ({'repeats': 3}, OWN, ['3 of 20 loops repeat', '--config.grid.bars=start']),
        ({'looks_like': 'drums'}, OWN, ['1 of 1 files look like drums', '--config=drums']),
        ({'looks_like': 'melody'}, DRUMS, ['look like melodies', '--config=melodyvae']),
        ({'looks_like': 'song'}, DRUMS, ['beside channel 10', '--config.grid.voices=drums']),
        ({'kept': 11}, OWN, ['Only 11 loops', '--config.data.transpositions']),
        ({'kept': 11}, DRUMS, ['Only 11 loops', 'add files']),
        ({'kept': 1}, DRUMS, ['Only one loop', 'add files']),
        ({'too_few_onsets': 21}, OWN, ['21 loops', '--config.grid.minimum_onsets']),
    ],
)
def test_each_thing_is_one_sentence_with_the_flag_that_helps(report, grid, words):
    (sentence,) = check_library([GOOD._replace(**report)], grid)
    assert '\n' not in sentence and sentence.endswith('.')
    for word in words:
        assert word in sentence


@pytest.mark.parametrize(
    ('report', 'grid'),
    [
        *(({'metre': x}, OWN) for x in ('2/4', '2/2', '4/4', '1/4', '8/4', '4/4, 2/4')),
        ({'metre': '3/4'}, dataclasses.replace(OWN, steps=24)),
        ({'folded': 2}, OWN),  # of 200
        ({'collisions': 2}, OWN),
        ({'chords': 20, 'collisions': 3}, DRUMS),
    ],
)
def test_what_is_rare_or_fits_needs_no_word(report, grid):
    assert check_library([GOOD._replace(**report)], grid) == []


def test_of_no_loops_it_is_only_said_that_there_are_none():
    nothing = FileReport('a.mid', 0, notes=10, collisions=5, reason='no notes')
    assert check_library([nothing], OWN) == ['1 of 1 files gave no loop: report.csv says why.']


def test_files_that_are_left_out_are_counted():
    unused, skipped = (
        check(FileReport('b.mid', 0, reason='no notes'))[0],
        check(others={'.als': 3, '': 1})[0],
    )
    assert unused == '1 of 2 files gave no loop: report.csv says why.'
    assert skipped.startswith('Not read: 3 .als, 1 without suffix.') and '.mid' in skipped


@pytest.mark.parametrize(
    ('name', 'config', 'words'),
    [
        ('m08_mpe/mpe_rotating_5.mid', 'melodyvae', '1 of 1 files have one line over several'),
        ('m10_keyswitches/violin.mid', 'melodyvae', '1 of 1 files have key switches'),
        ('d02_octaves/plus24.mid', 'drums', '1 of 1 files follow another drum map'),
        ('d01_ad2/ad2_groove.mid', 'drums', '1 of 1 files follow another drum map'),
        ('d03_mpc/mpc_chromatic.mid', 'drums', '1 of 1 files seem to have another drum map'),
    ],
)
def test_guesses_of_the_reader_are_told(name, config, words):
    grid = preset(config).grid
    path = golden_files.GOLDEN / 'cases3' / name
    reports = read_batch([inspect_file(str(path), path.name)], grid).reports
    assert any(sentence.startswith(words) for sentence in check_library(reports, grid))


def test_doubts_about_the_metre_are_told_if_they_are_not_rare():
    doubt = GOOD._replace(reason='bars of three quarter notes? (--config.grid.metre=3/4)')
    (sentence,) = check(*[doubt] * 2, *[GOOD] * 5)
    assert sentence.startswith('2 of 8 files name no time signature or 4/4')
    assert '--config.grid.metre=3/4' in sentence
    assert check(*[doubt] * 2, *[GOOD] * 7) == check(doubt) == []
    assert len(check_library([doubt], OWN)) == 1
