"""Fixtures that several test modules share."""

import gc
import json
import os
import shutil
from pathlib import Path
from subprocess import CompletedProcess

import filelock
import numpy as np
import pytest

from melodyvae.config.presets import preset
from melodyvae.loops.loops import Loops
from melodyvae.loops.pattern import NOTE

import golden_files
import programs

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '2')  # before anything imports TensorFlow

# Files whose tests train models, open browsers or start many processes. They go first, so that no
# worker is left with one at the end, and `make test-fast` leaves them out. Single tests of other
# files have the mark themselves.
SLOW_FILES = (
    'test_checkpoints', 'test_notebooks', 'test_readme', 'test_systems', 'test_server',
    'test_benchmarks', 'test_performer', 'test_wheel', 'test_search', 'lab/test_compare',
    'lab/test_workers', 'test_job', 'test_yardsticks', 'runs/test_live', 'test_tensorboard',
    'runs/test_train', 'test_report', 'test_play_page', 'test_two_models',
    'test_headline', 'test_plots', 'test_fold', 'test_tfjs', 'test_threshold', 'test_runtimes',
    'test_saved_by_tfjs', 'test_hostile_files', 'test_beam', 'test_remote', 'test_launchers',
    'cli/test_train', 'cli/test_evaluate', 'cli/test_export', 'cli/test_generate',
    'test_registration', 'test_mirrored', 'test_pad', 'test_reconstruction', 'test_naturalness',
    'test_recipes', 'test_api_reference', 'test_page_presets', 'test_listen', 'test_modules',
    'test_sync', 'test_feel', 'test_variations', 'test_contrast', 'test_guard', 'test_trainer',
    'ingest/test_prepare', 'ingest/test_reader', 'ingest/test_folk', 'cli/test_prepare',
    'cli/test_encode', 'runs/test_card', 'training/test_data', 'test_finish', 'test_batches',
    'test_schedules', 'test_best_model', 'test_balance', 'test_fill', 'tfjs_export/test_main',
    'model/test_vae', 'model/test_saved', 'cli/test_program', 'test_round_trip',
    'test_mutated_files',
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        name = item.path.with_suffix('').as_posix()
        slow = name.endswith(tuple(f'/{file}' for file in SLOW_FILES))
        if slow or 'trained' in item.fixturenames:
            item.add_marker(pytest.mark.slow)
    items.sort(key=lambda item: item.get_closest_marker('slow') is None)  # else keeps the order


def pytest_collection_finish() -> None:
    gc.freeze()  # TensorFlow, and soon models: looking through it takes a seventh of the time
    gc.set_threshold(50_000, 10, 10)


@pytest.fixture(scope='session')
def golden_loops() -> Loops:
    """The Improved device's own training loops of the golden MIDI files, not transposed."""
    files = golden_files.read('melodyvae_improved.patterns.augment0.json')
    entries = [
        (name, [(i, np.array([tuple(c) for c in p], NOTE)) for i, p in enumerate(file['patterns'])])
        for name, file in files.items()
        if file['patterns']
    ]
    loops = Loops.from_files(entries, preset('melodyvae_improved').grid)
    loops.cells.setflags(write=False)  # all tests share them
    return loops


@pytest.fixture(scope='session')
def few_loops(golden_loops) -> Loops:
    """As many as `programs.FEW_MIDI` has: too few for the network that judges melodies."""
    return golden_loops.take(np.arange(40))


@pytest.fixture(scope='session')
def trained(tmp_path_factory) -> tuple[Path, CompletedProcess]:
    """A tiny run on the golden MIDI files, only to be read, and what `melodyvae_train` printed.

    All xdist workers of a session share it.
    """
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if 'PYTEST_XDIST_WORKER' in os.environ else base) / 'trained'
    folder.mkdir(exist_ok=True)
    run, printed = folder / 'run', folder / 'printed.json'
    with filelock.FileLock(folder / 'lock'):
        if not printed.exists():
            done = programs.run(
                'train',
                f'--midi={programs.GOLDEN_MIDI}',
                f'--run_dir={run}',
                '--config.training.epochs=3',
                *programs.ABOUT,
                programs.HELD_OUT,
                *programs.SMALL,
            )
            printed.write_text(json.dumps(vars(done)))
    return run, CompletedProcess(**json.loads(printed.read_text()))


@pytest.fixture
def tiny():
    """See `runs.tiny_model`."""
    from runs import tiny_model  # here: most tests do without TensorFlow

    return tiny_model()


@pytest.fixture
def tiny_loops(tiny) -> Loops:
    """Two loops on its grid, of one note and of two."""
    from runs import two_tiny_loops

    return two_tiny_loops(tiny.config.grid)


@pytest.fixture
def library(tmp_path) -> Path:
    """A folder with one usable file, which tests add to."""
    folder = tmp_path / 'library'
    folder.mkdir()
    shutil.copy(golden_files.GOLDEN / 'midi' / 'chords.mid', folder)
    return folder
