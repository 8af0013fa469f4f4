"""The dataset of a new run."""

import dataclasses

import numpy as np
import pytest

from melodyvae.config.presets import preset
from melodyvae.loops.dataset import save_loops
from melodyvae.loops.loops import Loops
from melodyvae.loops.pattern import NOTE
from melodyvae.runs.dataset import find_or_prepare
from melodyvae.system.errors import UserError

MAP = ('37 kick', '38 snare')


@pytest.fixture
def dataset(tmp_path):
    grid = dataclasses.replace(preset('drums').grid, drum_classes=MAP, metre='3/4')
    save_loops(Loops.from_files([('a.mid', [(0, np.zeros(1, NOTE))])], grid), tmp_path / 'data')
    return str(tmp_path / 'data')


def test_a_run_takes_the_drum_map_and_the_meter_of_its_dataset(dataset, tmp_path):
    config = preset('drums')
    assert find_or_prepare(config, tmp_path / 'run', [], dataset) == dataset
    assert (config.grid.drum_classes, config.grid.metre) == (MAP, '3/4')


def test_a_dataset_of_another_drum_map_is_refused(dataset, tmp_path):
    config = preset('drums')
    config.grid.drum_classes = ('36 kick',)
    with pytest.raises(UserError, match='another drum map: leave --drum_map out'):
        find_or_prepare(config, tmp_path / 'run', [], dataset)
