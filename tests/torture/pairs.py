"""Two processes on one output: each writes it or says that it does not, and it is whole."""

import collections
import random
import shutil
import subprocess
import time
from pathlib import Path

import works

import programs

COUNT = 2


def outputs(folder: Path, count: int, seed: int) -> collections.Counter:
    """Starts every program twice, a random moment apart."""
    choose = random.Random(seed)
    counts: collections.Counter = collections.Counter()
    for name, work, whole, _ in works.make_works(folder):
        place = folder / 'both'
        for trial in range(count):
            place.mkdir()
            output = place / f'out{work.suffix}'
            both = []
            for _ in range(2):
                command = programs.command(*work.command(output))
                pipes = {'stdout': subprocess.PIPE, 'stderr': subprocess.STDOUT}
                both.append(subprocess.Popen(command, text=True, **pipes))
                time.sleep(choose.uniform(0, 1))
            ends = []
            for process in both:
                said, _ = process.communicate(timeout=280)
                works.check_said(f'{name}, trial {trial}', process.returncode, said)
                ends.append(process.returncode)
            assert 0 in ends, f'{name}, trial {trial}: neither has succeeded'
            assert output.exists() == whole.exists()
            works.check_output(work, output, whole)
            assert not works.find_leftovers(place), works.find_leftovers(place)
            counts['both wrote it' if ends == [0, 0] else 'one was refused'] += 1
            shutil.rmtree(place)
    return counts


TRIALS = (outputs,)
