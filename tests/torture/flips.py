"""One flipped bit in what we wrote: it is told in a sentence, or it changes nothing.

The tests of datasets, checkpoints and exports flip bits of those.
"""

import collections
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from melodyvae.config.presets import preset
from melodyvae.ingest.prepare import prepare_midi
from melodyvae.loops.dataset import load_loops
from melodyvae.runs.checkpoints import State
from melodyvae.runs.folder import RunFolder
from melodyvae.system.checked_json import write_checked
from melodyvae.system.errors import UserError

import golden_files
from runs import made_model, make_run, small_config

COUNT = 300


def libraries(folder: Path, count: int, seed: int) -> collections.Counter:
    """What `prepare --resume` reads of a dataset beside its arrays."""
    data, grid = folder / 'library', preset('melodyvae').grid
    prepare_midi([golden_files.GOLDEN / 'midi'], grid, data)
    files = [data / name for name in ('sources.csv', 'report.csv', 'checksums.json')]

    def read() -> Any:
        reports = prepare_midi([golden_files.GOLDEN / 'midi'], grid, data, resume=True)
        return reports, load_loops(data)[:]

    return _flip(files, read, count // 10, seed)


def states(folder: Path, count: int, seed: int) -> collections.Counter:
    """A state of training, without its model."""
    state = folder / 'epoch-000003'
    state.mkdir()
    model = made_model(small_config())
    model.save(state / 'model.keras')
    known = {'EarlyStopping': {'best': 0.25, 'wait': 3}}
    write_checked({'epoch': 3, 'finished': False, 'callbacks': known}, state / 'state.json')

    def read() -> Any:
        found = State(state)
        return found.epoch, found.finished, found.callbacks

    return _flip([state / 'state.json'], read, count // 3, seed)


def finished_runs(folder: Path, count: int, seed: int) -> collections.Counter:
    """Settings and summary of a finished run, and their checksums."""
    run = make_run(folder / 'whole run')
    run.write_checksums()
    files = [run.path / name for name in ('config.json', 'summary.json', 'checksums.json')]
    return _flip(files, lambda: (run.config, run.summary), count, seed)


def settings(folder: Path, count: int, seed: int) -> collections.Counter:
    """Values of other kinds in `config.json` and `summary.json`, which people may edit."""
    choose = random.Random(seed)
    run = RunFolder.create(folder / 'settings', small_config())
    run.write_summary({'threshold': 0.2, 'epochs': 3, 'tempo': 120.0})
    counts: collections.Counter = collections.Counter()
    for _ in range(count):
        file = run.path / choose.choice(('config.json', 'summary.json'))
        whole = file.read_text()
        values = json.loads(whole)
        at = values
        while isinstance(at[key := choose.choice(list(at))], dict) and choose.random() < 0.9:
            at = at[key]
        at[key] = choose.choice((None, True, -1, 10**400, 1e308, float('nan'), 'x', [], {}, [[]]))
        file.write_text(json.dumps(values))
        try:
            run.config.validate()
            run.summary  # noqa: B018 - it is a property
            counts['taken'] += 1
        except UserError as error:
            assert '\n' not in str(error), error
            counts['told'] += 1
        file.write_text(whole)
    return counts


def _flip(files: list[Path], read: Callable[[], Any], count: int, seed: int) -> collections.Counter:
    choose, expected = random.Random(seed), read()
    counts: collections.Counter = collections.Counter()
    for trial in range(count):
        file = choose.choice(files)
        whole = file.read_bytes()
        file.write_bytes(_flip_bit(whole, choose))
        try:
            assert read() == expected, f'trial {trial}: {file.name} is read as something else'
            counts['harmless'] += 1
        except (UserError, ValueError, OSError):
            counts['told'] += 1
        file.write_bytes(whole)
    return counts


def _flip_bit(data: bytes, choose: random.Random) -> bytes:
    """Turns one bit."""
    damaged = bytearray(data)
    bit = choose.randrange(8 * len(data))
    damaged[bit // 8] ^= 1 << bit % 8
    return bytes(damaged)


TRIALS = (libraries, states, finished_runs, settings)
