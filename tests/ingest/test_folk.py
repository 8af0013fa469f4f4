"""The embedded default, read from the real package."""

import importlib.util

import numpy as np
import pytest

from melodyvae.config.presets import preset
from melodyvae.config.settings import GridConfig
from melodyvae.ingest import folk
from melodyvae.ingest.file_report import read_report
from melodyvae.ingest.prepare import prepare_folk_tunes
from melodyvae.loops.dataset import load_loops
from melodyvae.system.errors import UserError


@pytest.fixture(scope='module')
def tunes():
    return folk.read_folk_loops(preset('melodyvae_improved').grid)


def test_there_are_enough_loops_and_not_too_many(tunes):
    loops, _ = tunes
    assert 8000 <= len(loops) <= 12000


def test_no_loop_occurs_twice(tunes):
    loops, _ = tunes
    assert len({loops[index].tobytes() for index in range(len(loops))}) == len(loops)


def test_a_tune_is_a_file(tunes):
    loops, reports = tunes
    assert len(set(loops.files)) == len(loops.files)
    assert 'ryansMammoth/GoldenEagleHornpipe#1 Golden Eagle -- Hornpipe' in loops.files
    assert {name.split('/')[0] for name in loops.files} == set(folk.COLLECTIONS)
    assert sum(report.kept for report in reports) == len(loops)
    assert [report.path for report in reports if report.kept] == list(loops.files)


def test_loops_are_melodies_that_start_on_the_beat(tunes):
    loops, _ = tunes
    per_step = np.bincount(loops.cells['step'], minlength=32)
    assert len(loops.cells) / len(loops) > 10
    assert per_step[0] / len(loops) > 0.95  # a pickup left in would move all downbeats
    assert per_step[0::4].min() > per_step[1::2].max()


def test_they_become_the_same_dataset_every_time(tunes, tmp_path):
    loops, reports = tunes
    assert prepare_folk_tunes(loops.grid, tmp_path / 'out') == reports
    again = load_loops(tmp_path / 'out')
    assert again.files == loops.files
    assert (again.cells[:] == loops.cells).all()
    assert read_report(tmp_path / 'out' / 'report.csv') == reports
    with pytest.raises(UserError, match='exists'):
        prepare_folk_tunes(loops.grid, tmp_path / 'out')


def test_without_music21_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(importlib.util, 'find_spec', lambda name: None)
    with pytest.raises(UserError, match=r'melodyvae\[demo\]'):
        folk.read_folk_loops(GridConfig())


def test_there_are_no_drums():
    with pytest.raises(UserError, match='no drums'):
        folk.read_folk_loops(preset('rhythmvae').grid)
