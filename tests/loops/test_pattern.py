"""Rows of pitches, notes of patterns and dense grids, on cases small enough to check by eye."""

import numpy as np
import pytest

from melodyvae.config.presets import preset, resolve_config
from melodyvae.config.settings import GridConfig
from melodyvae.loops.drum_maps import known_map
from melodyvae.loops.pattern import (
    NOTE,
    learned_pitches,
    name_pitch,
    pattern_notes,
    pitch_rows,
    row_names,
    row_pitches,
    shaded_rows,
)
from melodyvae.system.errors import UserError

MELODY = GridConfig()
DRUMS = preset('rhythmvae').grid


def test_pitches_fold_by_octaves():
    pitches = np.array([0, 23, 24, 47, 48, 60, 71, 72, 127], np.int16)
    assert pitch_rows(pitches, MELODY).tolist() == [0, 23, 0, 23, 0, 12, 23, 0, 7]


def test_a_grid_of_25_rows_keeps_its_top_row():
    grid = GridConfig(rows=25, lowest_pitch=40)
    assert pitch_rows(np.array([40, 64, 65, 39]), grid).tolist() == [0, 24, 1, 23]


def test_a_melody_needs_an_octave():
    with pytest.raises(UserError, match='rows=11'):
        pitch_rows(np.array([60]), GridConfig(rows=11))


@pytest.mark.parametrize('name', ['strict', 'greedy', 'device', 'nearest'])
def test_drum_maps_sort_into_nine_classes(name):
    grid = GridConfig(rows=9, drum_map=name)
    rows = pitch_rows(np.arange(128), grid)
    assert {note: rows[note] for note in np.flatnonzero(rows >= 0).tolist()} == known_map(name)
    grid.drum_classes = ('127 rim', '0 kick')
    rows = pitch_rows(np.arange(128), grid)
    assert (rows[0], rows[127], (rows >= 0).sum()) == (0, 8, 2)


def test_drums_are_played_back_as_the_device_does_or_as_the_strict_map_has_them():
    for drum_map in ('strict', 'greedy', 'device'):
        grid = GridConfig(rows=9, drum_map=drum_map)
        assert row_pitches(grid).tolist() == [36, 38, 42, 46, 41, 45, 48, 39, 37]
        grid.drum_notes = 'strict'
        assert row_pitches(grid).tolist() == [36, 38, 42, 46, 45, 48, 50, 39, 51]


def test_the_revision_with_25_rows_counts_rows_from_pitch_0_as_it_runs():
    pitches = np.array([64, 40, 41, 72, 60])  # E, E, F, C, C
    as_it_runs = preset('melodyvae_improved_25x32', 'js').grid
    assert pitch_rows(pitches, as_it_runs).tolist() == [16, 16, 17, 0, 12]
    assert row_pitches(as_it_runs)[16] == 56  # an E comes back as a G#
    documented = preset('melodyvae_improved_25x32').grid
    assert pitch_rows(pitches, documented).tolist() == [24, 0, 1, 8, 20]


@pytest.mark.parametrize(
    ('name', 'pitches'),
    [
        ('rhythmvae', [36, 38, 42, 46, 41, 47, 50, 39, 51]),
        ('drums', [36, 38, 42, 46, 41, 45, 48, 39, 37]),
        ('melodyvae_improved', range(48, 72)),
        ('melodyvae_improved_25x32', range(40, 65)),
        ('melodyvae_improved_25x32:js', [*range(48, 72), 64]),
    ],
)
def test_clips_hold_pitches_that_are_read_as_the_same_rows(name, pitches):
    assert learned_pitches(resolve_config(name).grid).tolist() == list(pitches)


def test_clips_hold_the_notes_of_a_drum_map_or_of_the_strict_map_if_asked():
    grid = preset('drums').grid
    grid.drum_classes = ('60 kick', '62 snare')
    assert learned_pitches(grid).tolist() == [60, 62, 42, 46, 41, 45, 48, 39, 37]
    grid.drum_notes = 'strict'
    assert learned_pitches(grid).tolist() == [36, 38, 42, 46, 45, 48, 50, 39, 51]


def test_pictures_name_and_shade_rows():
    assert row_names(MELODY) == {0: 'C2', 7: 'G2', 12: 'C3', 19: 'G3'}
    assert shaded_rows(GridConfig(rows=13, lowest_pitch=40)) == [2, 4, 6, 9, 11]  # from an E
    assert row_names(DRUMS)[0] == 'kick' and len(row_names(DRUMS)) == 9
    assert shaded_rows(DRUMS) == [1, 3, 5, 7]


def test_pattern_notes_tell_pitch_and_time():
    pattern = np.array([(0, 4, 0.5, 0.5, 1), (23, 0, 2, 0.01, -0.5)], NOTE)
    played = pattern_notes(pattern, MELODY)
    assert played.pitch.tolist() == [71, 48]  # by start
    assert played.start.tolist() == [-0.0625, 1.125]
    assert played.velocity.tolist() == [1, 0.5]
    assert played.length == pytest.approx([0.2, 1.0])


def test_pitches_have_the_names_that_live_shows():
    names = [name_pitch(pitch) for pitch in (60, 48, 71, 40, 0, 127)]
    assert names == ['C3', 'C2', 'B3', 'E1', 'C-2', 'G8']
