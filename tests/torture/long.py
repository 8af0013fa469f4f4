"""What takes long: an open page, many epochs, many files; memory and descriptors stay flat."""

import collections
import shutil
import subprocess
import time
from pathlib import Path

from browsers import run_script

import programs

COUNT = 60  # minutes; epochs and files in proportion
EPOCHS_PER_COUNT, FILES_PER_COUNT = 5, 500
GROWTH = 1.15  # from the middle to the end


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
    train = ('train', f'--midi={programs.GOLDEN_MIDI}', f'--run_dir={folder / "long run"}')
    number = EPOCHS_PER_COUNT * count
    return _watch(*train, f'--config.training.epochs={number}', '--live', *programs.SMALL) + (
        collections.Counter(epochs=number)
    )


def files(folder: Path, count: int, seed: int) -> collections.Counter:
    """Reads 30,000 files."""
    library = folder / 'many'
    library.mkdir()
    originals = sorted(programs.GOLDEN_MIDI.glob('*.mid'))
    number = FILES_PER_COUNT * count
    for index in range(number):
        shutil.copy(originals[index % len(originals)], library / f'{index}.mid')
    watched = _watch('prepare', library, f'--output={folder / "many loops"}')
    return watched + collections.Counter(files=number)


def _watch(*arguments: object) -> collections.Counter:
    """Runs a program, and compares its memory and descriptors at its middle and its end."""
    process = subprocess.Popen(
        programs.command(*arguments), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    seen: list[tuple[int, int]] = []
    while process.poll() is None:
        try:
            status = Path(f'/proc/{process.pid}/status').read_text()
            resident = int(status.partition('VmRSS:')[2].split()[0])
            seen.append((resident, len(list(Path(f'/proc/{process.pid}/fd').iterdir()))))
        except (OSError, IndexError):  # it has just ended
            pass
        time.sleep(0.25)
    assert process.returncode == 0, arguments[0]
    middle, end = seen[len(seen) // 2 : 3 * len(seen) // 4], seen[3 * len(seen) // 4 :]
    memory, open_files = (
        [max(values[index] for values in part) for part in (middle, end)] for index in (0, 1)
    )
    assert open_files[1] <= open_files[0] + 8, open_files
    return collections.Counter(
        {
            f'{arguments[0]} MB in the third quarter': memory[0] // 1024,
            f'{arguments[0]} MB in the last': memory[1] // 1024,
            f'{arguments[0]} descriptors': max(open_files),
        }
    )


TRIALS = (page_open_for_an_hour, epochs, files)
