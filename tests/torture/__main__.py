"""Damage, load and malice at length: `make torture`, which `make test` leaves out.

Usage: python tests/torture [PART ...] [--count=N] [--seed=N]

Each part prints how often what has happened, and stops with the seed and the trial at the first
thing that must not: a crash, a hang, a traceback, damage that nobody told, another end.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import disks
import flips
import fuzz
import kills
import long
import names
import pairs
import studio

PARTS = {part.__name__: part for part in (fuzz, flips, kills, studio, disks, pairs, names, long)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('parts', nargs='*', choices=[*PARTS, []], help='all if none is named')
    parser.add_argument('--count', type=int, help='trials of a kind; each part has its own')
    parser.add_argument('--seed', type=int, default=int(time.time()))
    options = parser.parse_args()
    for name in options.parts or PARTS:
        part = PARTS[name]
        print(f'{name}, seed {options.seed}:', flush=True)
        with tempfile.TemporaryDirectory() as folder:
            for trial in part.TRIALS:
                began = time.monotonic()
                counts = trial(Path(folder), options.count or part.COUNT, options.seed)
                said = ', '.join(f'{counts[what]} {what}' for what in sorted(counts))
                print(f'  {trial.__name__}: {said} ({time.monotonic() - began:.0f} s)', flush=True)


if __name__ == '__main__':
    sys.exit(main())
