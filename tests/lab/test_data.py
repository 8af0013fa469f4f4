"""The loops that all configs of a comparison share."""

import dataclasses

import numpy as np
import pytest

from melodyvae.config.presets import preset
from melodyvae.lab.data import ComparisonFolder, Library, split_alike, summarize_data
from melodyvae.loops.dataset import load_loops
from melodyvae.system.errors import UserError

import programs

GOLDEN = Library(midi=(str(programs.GOLDEN_MIDI),))
MELODY = preset('melodyvae_improved')


def test_every_config_and_seed_holds_out_the_same_files(golden_loops):
    sides = []
    for name, seed in (('melodyvae_original', 1), ('melodyvae_improved', 2)):
        config = preset(name)
        config.training.seed, config.data.validation_fraction = seed, 0.2
        sides.append(split_alike(golden_loops, config))
        assert config.training.seed == seed  # the config stays as it is
    for side in (1, 2):
        np.testing.assert_array_equal(sides[0][side].loop, sides[1][side].loop)
    training, plain, held_out = sides[1]
    assert len(training) > len(plain) == len(np.unique(training.loop))
    files = golden_loops.file
    assert not set(files[plain.loop]) & set(files[held_out.loop])


def test_whole_files_are_drawn_until_there_are_enough_loops():
    every = GOLDEN.read(MELODY.grid)
    few = dataclasses.replace(GOLDEN, loops=20).read(MELODY.grid)
    assert 10 < len(few) <= 20
    for file in np.unique(few.file):
        name = few.files[file]
        whole = np.sum(every.file == every.files.index(name))
        assert np.sum(few.file == file) == whole
    assert dataclasses.replace(GOLDEN, loops=10**6).read(MELODY.grid) == every
    tune = Library(midi=(str(programs.GOLDEN_MIDI / 'wide_range.mid'),), loops=1)
    with pytest.raises(UserError, match='--loops=1 is too small: the smallest file has'):
        tune.read(MELODY.grid)


def test_configs_that_cut_the_same_cells_share_a_dataset(tmp_path):
    folder = ComparisonFolder(tmp_path / 'out')
    first = folder.dataset(MELODY, GOLDEN)
    made = (first / 'cells.npy').stat().st_mtime_ns
    assert folder.dataset(preset('melodyvae_original'), GOLDEN) == first
    assert (first / 'cells.npy').stat().st_mtime_ns == made
    drums = folder.dataset(preset('rhythmvae'), GOLDEN)
    assert drums != first and load_loops(drums).grid.rows == 9
    folder.refuse_others(GOLDEN)
    with pytest.raises(UserError, match='is a comparison on another library'):
        folder.refuse_others(dataclasses.replace(GOLDEN, loops=7))
    found = summarize_data(first, MELODY)
    assert found.grid == '24 rows x 32 steps'
    assert found.training_loops + found.held_out_loops == found.loops == len(load_loops(first))
    assert 0 < found.held_out_files < found.files


def test_a_folder_of_something_else_is_refused(tmp_path):
    folder = ComparisonFolder(tmp_path)
    folder.refuse_others(GOLDEN)
    for text in ('{', '[]', '{}', '{"midi": 1, "loops": 2}', '[' * 100_000):
        (tmp_path / 'library.json').write_text(text)
        with pytest.raises(UserError, match=r'library\.json cannot be read'):
            folder.refuse_others(GOLDEN)
    (tmp_path / 'library.json').unlink()
    (tmp_path / 'song.mid').touch()
    with pytest.raises(UserError, match='is not empty'):
        folder.refuse_others(GOLDEN)
    with pytest.raises(UserError, match='is a file'):
        ComparisonFolder(tmp_path / 'song.mid').refuse_others(GOLDEN)
