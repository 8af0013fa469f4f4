"""The studio's server and its trainer, killed at any moment: the run can be continued."""

import collections
import contextlib
import os
import random
import signal
import time
from pathlib import Path

import programs
from studios import Studio, open_studio

COUNT = 4
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
EPOCHS = 5
MUSIC = tuple(sorted(programs.GOLDEN_MIDI.glob('*.mid')))


def trainers(folder: Path, count: int, seed: int) -> collections.Counter:
    """Sends signals to the training process."""
    choose = random.Random(seed)
    counts: collections.Counter = collections.Counter()
    with open_studio(folder / 'trained', f'training.epochs={EPOCHS}') as studio:
        for trial in range(count):
            name, number = f'run {trial}', SIGNALS[trial % len(SIGNALS)]
            _train(studio, name, choose)
            with contextlib.suppress(ValueError, ProcessLookupError):  # it may have ended
                os.kill(_find_child(studio), number)
            counts[f'{number.name}: {_continue(studio, name)}'] += 1
    return counts


def servers(folder: Path, count: int, seed: int) -> collections.Counter:
    """Sends signals to the server while it trains: the next one shows the run."""
    choose = random.Random(seed)
    counts: collections.Counter = collections.Counter()
    for trial in range(count):
        runs, number = folder / f'served {trial}', SIGNALS[trial % len(SIGNALS)]
        with open_studio(runs, f'training.epochs={EPOCHS}') as studio:
            _train(studio, 'mine', choose)
            studio.program.send_signal(number)
            ended = studio.program.wait()
            assert 'Traceback' not in ended.stdout + ended.stderr
        with open_studio(runs) as studio:
            counts[f'{number.name}: {_continue(studio, "mine")}'] += 1
        assert not list(runs.rglob('*.part')), list(runs.rglob('*.part'))
    return counts


def _find_child(studio: Studio) -> int:
    """Returns the number of the only process that a studio has started."""
    # Each thread has children of its own.
    tasks = Path(f'/proc/{studio.program.process.pid}/task').glob('*/children')
    (child,) = ' '.join(task.read_text() for task in tasks).split()
    return int(child)


def _train(studio: Studio, name: str, choose: random.Random) -> None:
    """Starts a training, and waits until a random moment of it."""
    assert studio.train(name, files=MUSIC) == ''
    epochs = choose.randrange(EPOCHS + 1)
    studio.wait(
        name,
        lambda run: run['state'] != 'training' or run['done'] >= epochs,
    )
    time.sleep(choose.uniform(0, 3))


def _continue(studio: Studio, name: str) -> str:
    """Waits until a training has ended, resumes it if it has stopped, and returns how it ended."""
    ended = studio.wait(name, lambda run: run['state'] != 'training')
    if ended['state'] == 'stopped':
        assert studio.act(name, 'resume') == ''
        again = studio.wait(name, lambda run: run['state'] in ('finished', 'failed'))
        assert again['state'] == 'finished', again
    elif ended['state'] == 'failed':  # before its first epoch
        assert ended['sentence'] and 'Traceback' not in ended['sentence'], ended
    return ended['state']


TRIALS = (trainers, servers)
