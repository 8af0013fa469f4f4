"""A disk that is full: each program says so in a sentence and leaves nothing half-written."""

import collections
import contextlib
import math
import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import works

import programs

COUNT = 3
PAGE = 4096  # bytes; files take whole pages
FULL = ('No space left', 'File too large')


def outputs(folder: Path, count: int, seed: int) -> collections.Counter:
    """Writes to a small disk of a random size, up to nearly enough, or prints to a full one."""
    choose = random.Random(seed)
    counts: collections.Counter = collections.Counter()
    for name, work, whole, _ in works.make_works(folder):
        files = [path for path in [whole, *whole.rglob('*')] if path.is_file()]
        needed = sum(math.ceil(path.stat().st_size / PAGE) for path in files)
        for trial in range(count if needed else 0):
            pages = choose.randrange(math.ceil(0.9 * needed))
            with _small_disk(folder / 'disk', pages) as disk:
                output = disk / f'out{work.suffix}'
                done = programs.run_cold(*work.command(output))
                what = f'{name} on {pages} of {needed} pages, trial {trial}'
                works.check_said(what, done.returncode, done.stdout + done.stderr)
                assert done.returncode != 0, what
                assert any(words in done.stderr for words in FULL), f'{what}: {done.stderr}'
                assert not works.find_leftovers(disk), [what, *works.find_leftovers(disk)]
                works.check_output(work, output, whole)
            counts[f'{name} told'] += 1
        if not needed:
            done = _print_to_full_disk(work.command(whole))
            works.check_said(name, done.returncode, done.stderr)
            assert done.returncode == 1 and FULL[0] in done.stderr, f'{name}: {done.stderr}'
            counts[f'{name} told'] += 1
    return counts


def _print_to_full_disk(arguments: tuple[object, ...]) -> subprocess.CompletedProcess:
    with Path('/dev/full').open('w') as full:
        command = programs.command(*arguments)
        return subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)


@contextlib.contextmanager
def _small_disk(place: Path, pages: int) -> Iterator[Path]:
    """Mounts a file system with room for a number of pages, which needs root."""
    place.mkdir()
    mount = ['mount', '-t', 'tmpfs', '-o', f'size={max(PAGE, pages * PAGE)}', 'tmpfs', place]
    done = subprocess.run(mount, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f'  not tried, since this user may not mount: {done.stderr.strip()}')
    try:
        if not pages:
            (place / 'filler').write_bytes(bytes(PAGE))
        yield place
    finally:
        subprocess.run(['umount', place], check=True)
        shutil.rmtree(place)


TRIALS = (outputs,)
