"""Programs that are killed or interrupted at any moment: nothing half-done, and the same end."""

import collections
import random
import signal
import subprocess
import time
from pathlib import Path

import works

from melodyvae.runs.folder import RunFolder

import programs

COUNT = 10
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
SETTINGS = ('--config.training.epochs=12', '--config.training.batch_size=8', *programs.SMALL)


def preparations(folder: Path, count: int, seed: int) -> collections.Counter:
    """SIGKILL while a library is read; `--resume` ends with the same bytes."""
    choose = random.Random(seed)
    library, whole, output = folder / 'music', folder / 'whole', folder / 'out'
    _make_library(library)
    seconds = _run('prepare', library, f'--output={whole}')
    counts: collections.Counter = collections.Counter()
    for _ in range(count):
        moment = choose.uniform(0, seconds)
        killed = _press(signal.SIGKILL, moment, 'prepare', library, *_to(output))
        counts['killed' if killed.returncode == -signal.SIGKILL else 'too late'] += 1
    _run('prepare', library, *_to(output))
    assert programs.read_folder(output) == programs.read_folder(whole), 'another dataset'
    assert not [entry for entry in folder.iterdir() if entry.name.startswith('.out')], 'leftovers'
    return counts


def trainings(folder: Path, count: int, seed: int) -> collections.Counter:
    """SIGKILL while a model learns; `--resume` ends with the same history, bit for bit."""
    choose = random.Random(seed)
    data, whole, run = folder / 'loops', folder / 'run whole', folder / 'run'
    _run('prepare', programs.GOLDEN_MIDI, f'--output={data}')
    new, resumed = ('train', f'--dataset={data}', *SETTINGS), ('train', '--resume')
    seconds = _run(*new, f'--run_dir={whole}')
    counts: collections.Counter = collections.Counter()
    for _ in range(count):
        train = resumed if (run / 'config.json').exists() else new
        killed = _press(signal.SIGKILL, choose.uniform(0, seconds), *train, f'--run_dir={run}')
        counts['killed' if killed.returncode == -signal.SIGKILL else 'too late'] += 1
        if killed.returncode == 0:
            break
    else:
        train = resumed if (run / 'config.json').exists() else new
        _run(*train, f'--run_dir={run}')
    assert (run / 'metrics.csv').read_text() == (whole / 'metrics.csv').read_text(), 'another end'
    left = [path for path in run.rglob('*') if '.part' in path.name]
    assert not left, left
    return counts


def signals(folder: Path, count: int, seed: int) -> collections.Counter:
    """Any signal, once or twice, at any moment of any program; the same again then succeeds."""
    choose = random.Random(seed)
    counts: collections.Counter = collections.Counter()
    for name, work, whole, seconds in works.make_works(folder):
        for trial in range(max(1, count // 3)):
            place = folder / f'{name} {trial}'
            place.mkdir()
            output = place / f'out{work.suffix}'
            number = choose.choice(SIGNALS)
            moment, times = choose.uniform(0.3, seconds), choose.choice((1, 2))
            ended = _press(number, moment, *work.command(output), times=times)
            what = f'{name}, {number.name} x {times} after {moment:.2f} s, trial {trial}'
            if ended.returncode >= 0:
                works.check_said(what, ended.returncode, ended.stdout + ended.stderr)
            works.check_output(work, output, whole)
            if ended.returncode:
                _repeat(name, work, output)
            left = works.find_leftovers(place)
            assert not left or not output.exists(), [what, *left]
            counts[f'{number.name}' if ended.returncode else 'too late'] += 1
    return counts


def _repeat(name: str, work: works.Work, output: Path) -> None:
    """Runs a program again whose output may exist in part."""
    if name == 'train' and (output / 'config.json').exists():
        if not RunFolder(output).finished:
            programs.run('train', '--resume', f'--run_dir={output}')
        return
    overwrite = output.exists() and name != 'compare'
    programs.run(*work.command(output), *(['--overwrite'] if overwrite else []))


def _make_library(library: Path) -> None:
    """More files than can be read at once, of other names and times."""
    library.mkdir()
    files = sorted(programs.GOLDEN_MIDI.glob('*.mid'))
    for number in range(20 * len(files)):
        file = files[number % len(files)]
        (library / f'{number:04}.mid').write_bytes(file.read_bytes())


def _to(output: Path) -> list[str]:
    """The output, resumed where there is something to resume."""
    left = output.exists() or list(output.parent.glob(f'.{output.name}.*.part'))
    return [f'--output={output}', *(['--resume'] if left else [])]


def _run(*arguments: object) -> float:
    """Runs a program to its end; how long that takes."""
    began = time.monotonic()
    done = programs.run_cold(*arguments)
    assert done.returncode == 0, done.stderr
    return time.monotonic() - began


def _press(
    number: signal.Signals, moment: float, *arguments: object, times: int = 1
) -> subprocess.CompletedProcess:
    """Runs a program and sends it a signal at a moment, as long as it runs."""
    started = subprocess.Popen(
        programs.command(*arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    try:
        stdout, stderr = started.communicate(timeout=moment)
    except subprocess.TimeoutExpired:
        for _ in range(times):
            started.send_signal(number)
            time.sleep(0.05)
        stdout, stderr = started.communicate(timeout=120)
    return subprocess.CompletedProcess(arguments, started.returncode, stdout, stderr)


TRIALS = (preparations, trainings, signals)
