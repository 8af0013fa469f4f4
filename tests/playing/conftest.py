"""Runs of made weights and their exports, which tests of several modules read."""

import functools
from collections.abc import Callable
from pathlib import Path

import pytest

from melodyvae.runs.export import export
from melodyvae.runs.folder import RunFolder

import runs


@pytest.fixture(scope='session')
def exported(tmp_path_factory) -> Callable[[str], tuple[RunFolder, dict[Path, object]]]:
    """A function that exports a run of a preset: the run, and the model of each folder.

    All tests share them, so they only read them.
    """

    @functools.cache
    def export_once(name: str) -> tuple[RunFolder, dict[Path, object]]:
        run = runs.make_run(tmp_path_factory.mktemp('runs') / 'run', runs.small_config(name))
        return run, export(run, run.path)

    return export_once
