"""The studio's server and its trainer, killed at any moment: the run can be continued."""

import collections
import contextlib
import os
import random
import signal
import time
from pathlib import Path

import programs
from studios import find_child, open_studio

COUNT = 4
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
ENDED = ('stopped', 'finished', 'failed')


def trainers(folder: Path, count: int, seed: int) -> collections.Counter:
    """Sends signals to the training process."""
    choose = random.Random(seed)
    music = tuple(sorted(programs.GOLDEN_MIDI.glob('*.mid')))
    counts: collections.Counter = collections.Counter()
    with open_studio(folder / 'trained', 'training.epochs=5') as studio:
        for trial in range(count):
            name, number = f'run {trial}', choose.choice(SIGNALS)
            assert studio.train(name, files=music) == ''
            time.sleep(choose.uniform(0, 15))
            with contextlib.suppress(ValueError, ProcessLookupError):  # it may have ended
                os.kill(find_child(studio.process.pid), number)
            ended = studio.wait(name, lambda run: run['state'] in ENDED)
            counts[f'{number.name}: {ended["state"]}'] += 1
            if ended['state'] == 'stopped':
                assert studio.act(name, 'resume') == ''
                again = studio.wait(name, lambda run: run['state'] in ENDED[1:])
                assert again['state'] == 'finished', again
            elif ended['state'] == 'failed':  # before its first epoch
                assert ended['sentence'] and 'Traceback' not in ended['sentence'], ended
    return counts


def servers(folder: Path, count: int, seed: int) -> collections.Counter:
    """Sends signals to the server while it trains: the next one shows the run."""
    choose = random.Random(seed)
    music = tuple(sorted(programs.GOLDEN_MIDI.glob('*.mid')))
    counts: collections.Counter = collections.Counter()
    for trial in range(count):
        runs, number = folder / f'served {trial}', choose.choice(SIGNALS)
        with open_studio(runs, 'training.epochs=5') as studio:
            assert studio.train('mine', files=music) == ''
            time.sleep(choose.uniform(0, 15))
            studio.process.send_signal(number)
            said = studio.process.stdout
            assert said
            studio.process.wait(30)
            assert 'Traceback' not in said.read()
        with open_studio(runs) as studio:
            ended = studio.wait('mine', lambda run: run['state'] in ENDED)
            counts[f'{number.name}: {ended["state"]}'] += 1
            if ended['state'] == 'stopped':
                assert studio.act('mine', 'resume') == ''
                again = studio.wait('mine', lambda run: run['state'] in ENDED[1:])
                assert again['state'] == 'finished', again
        assert not list(runs.rglob('*.part')), list(runs.rglob('*.part'))
    return counts


TRIALS = (trainers, servers)
