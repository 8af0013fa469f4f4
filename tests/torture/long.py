"""What takes long: an open page, many epochs, many files; memory and descriptors stay flat."""

import collections
import contextlib
import shutil
import subprocess
import time
from pathlib import Path

from browsers import run_script

import programs

COUNT = 60  # minutes; epochs and files in proportion
EPOCHS_PER_COUNT, FILES_PER_COUNT = 5, 500
GROWTH = 1.15  # of memory, at most


def page_open_for_an_hour(folder: Path, count: int, seed: int) -> collections.Counter:
    """Plays a page for an hour of a fake clock: memory is flat, and what was started has ended."""
    programs.run(
        'train',
        f'--midi={programs.GOLDEN_MIDI}',
        f'--run_dir={folder / "run"}',
        '--config.training.epochs=2',
        *programs.SMALL,
    )
    found = run_script('hour.mjs', folder / 'run' / 'play.html', count)
    assert found['troubles'] == [] and found['playing'] == 'true', found
    measured = found['measured']
    for what in ('heap', 'nodes', 'listeners'):
        assert measured[-1][what] <= GROWTH * measured[0][what], measured
    last = measured[-1]
    assert last['started'] > 10 * count and last['started'] - last['ended'] < 200, last
    return collections.Counter(
        {
            'minutes': count,
            'sounds': last['started'],
            'kB at the first measurement': measured[0]['heap'] // 1024,
            'kB at the last': last['heap'] // 1024,
        }
    )


def epochs(folder: Path, count: int, seed: int) -> collections.Counter:
    """Trains for 300 epochs."""
    run, number = folder / 'long run', EPOCHS_PER_COUNT * count
    train = ('train', f'--midi={programs.GOLDEN_MIDI}', f'--run_dir={run}', '--live')
    settings = (f'--config.training.epochs={number}', *programs.SMALL)
    watched = _watch(run / 'trained.keras', *train, *settings)  # written after the last epoch
    return watched + collections.Counter(epochs=number)


def files(folder: Path, count: int, seed: int) -> collections.Counter:
    """Reads 30,000 files."""
    library = folder / 'many'
    library.mkdir()
    originals = sorted(programs.GOLDEN_MIDI.glob('*.mid'))
    number = FILES_PER_COUNT * count
    for index in range(number):
        shutil.copy(originals[index % len(originals)], library / f'{index}.mid')
    output = folder / 'many loops'
    watched = _watch(output, 'prepare', library, f'--output={output}')
    return watched + collections.Counter(files=number)


def _watch(end: Path, *arguments: object) -> collections.Counter:
    """Runs a program, and compares its memory and descriptors until a path exists."""
    process = subprocess.Popen(
        programs.command(*arguments), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    seen: list[tuple[int, int]] = []
    while process.poll() is None:
        with contextlib.suppress(OSError, IndexError):  # it has just ended
            if not end.exists():
                seen.append(_measure(process.pid))
        time.sleep(0.25)
    assert process.returncode == 0, arguments[0]
    third, last = seen[len(seen) // 2 : 3 * len(seen) // 4], seen[3 * len(seen) // 4 :]
    memory, open_files = (
        [max(values[index] for values in part) for part in (third, last)] for index in (0, 1)
    )
    assert open_files[1] <= open_files[0] + 8, open_files
    assert memory[1] <= GROWTH * memory[0], memory
    return collections.Counter(
        {
            f'{arguments[0]} MB in the third quarter': memory[0] // 1024,
            f'{arguments[0]} MB in the last': memory[1] // 1024,
            f'{arguments[0]} descriptors': max(open_files),
        }
    )


def _measure(process: int) -> tuple[int, int]:
    """Returns the resident kB and the open files of a process and its children."""
    folder = Path(f'/proc/{process}')
    resident = int((folder / 'status').read_text().partition('VmRSS:')[2].split()[0])
    files = len(list((folder / 'fd').iterdir()))
    for task in (folder / 'task').iterdir():
        for child in (task / 'children').read_text().split():
            more = _measure(int(child))
            resident, files = resident + more[0], files + more[1]
    return resident, files


TRIALS = (page_open_for_an_hour, epochs, files)
