"""Fixtures that several test modules share."""

import functools
import gc
import json
import os
import shutil
import signal
from pathlib import Path
from subprocess import CompletedProcess

import filelock
import numpy as np
import pytest

from melodyvae.config.presets import preset
from melodyvae.loops.loops import Loops
from melodyvae.loops.pattern import NOTE
from melodyvae.system import workers

import golden_files
import programs
import warm

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '2')  # before anything imports TensorFlow
# A shell ignores Ctrl-C for what runs in its background, and so would all that the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Files whose tests train models, open browsers or start many processes. They are run the longest
# first, so that no worker is left with one at the end. `make test-fast` leaves them out. Others
# may mark single tests.
SLOW_FILES = (
    'test_server', 'test_benchmarks', 'test_checkpoints', 'test_notebooks', 'lab/test_job',
    'runs/test_train', 'test_systems', 'test_readme', 'test_play_page', 'test_report',
    'test_api_reference',
    'test_page_presets', 'model/test_vae', 'test_threshold', 'cli/test_train', 'test_tfjs',
    'training/test_data', 'test_pad', 'test_wheel', 'lab/test_search', 'test_mirrored',
    'test_two_models', 'lab/test_workers', 'lab/test_compare', 'test_recipes', 'test_saved_by_tfjs',
    'test_tensorboard', 'test_batches', 'test_beam', 'runs/test_live', 'test_trainer',
    'test_runtimes', 'test_finish', 'test_registration', 'ingest/test_prepare', 'test_performer',
    'test_remote', 'runs/test_card', 'cli/test_export', 'test_schedules', 'test_listen',
    'test_reconstruction', 'test_naturalness', 'cli/test_generate', 'cli/test_evaluate',
    'ingest/test_reader', 'cli/test_program', 'model/test_saved', 'ingest/test_folk',
    'test_yardsticks', 'cli/test_prepare', 'cli/test_encode', 'tfjs_export/test_main',
    'test_guard', 'test_fold', 'test_round_trip', 'test_hostile_files',
    'test_mutated_files', 'test_best_model', 'test_balance', 'test_plots',
    'test_headline', 'test_launchers', 'studio/test_notes', 'test_sync', 'test_sound',
    'test_transport', 'test_dropped_files', 'test_browsers', 'test_fill',
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    @functools.cache
    def rank(path: Path) -> int:
        names = [number for number, file in enumerate(SLOW_FILES) if path.match(f'{file}.py')]
        return min(names, default=len(SLOW_FILES))

    for item in items:
        if rank(item.path) < len(SLOW_FILES) or 'trained' in item.fixturenames:
            item.add_marker(pytest.mark.slow)
    items.sort(key=lambda item: rank(item.path))  # else keeps the order


def pytest_configure(config: pytest.Config) -> None:
    starts_workers = config.getoption('numprocesses', None)
    if starts_workers and config.getoption('markexpr') != 'not slow':
        warm.start_server()


def pytest_unconfigure() -> None:
    """Ends readers that programs have started early and then refused to use."""
    for target in list(workers._early):
        worker = workers.Worker(target)
        worker.start()
        worker.end()


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
