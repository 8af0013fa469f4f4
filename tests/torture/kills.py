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
        killed = _press(
            signal.SIGKILL, choose.uniform(0, seconds), 'prepare', library, *_to(output)
        )
        counts['killed' if killed.returncode == -signal.SIGKILL else 'too late'] += 1
    _run('prepare', library, *_to(output))
    assert _contents(output) == _contents(whole), 'another dataset'
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


def interruptions(folder: Path, count: int, seed: int) -> collections.Counter:
    """Ctrl-C, once or twice, at any moment of training or preparing: a sentence each."""
    choose = random.Random(seed)
    library = folder / 'songs'
    _make_library(library)
    counts: collections.Counter = collections.Counter()
    for trial in range(2 * count):
        prepare = ('prepare', library, f'--output={folder / f"out {trial}"}')
        train = ('train', f'--midi={library}', f'--run_dir={folder / f"run {trial}"}', *SETTINGS)
        program, longest = choose.choice(((prepare, 4), (train, 25)))
        moment = choose.uniform(0.15, longest)  # earlier, Python has not begun to run ours
        times = choose.choice((1, 2))
        ended = _press(signal.SIGINT, moment, *program, times=times)
        assert 'Traceback' not in ended.stderr and 'Exception ignored' not in ended.stderr, (
            f'trial {trial}, {program[0]} after {moment:.2f} s, {times} times:\n{ended.stderr}'
        )
        assert ended.returncode in (0, 130), (ended.returncode, ended.stderr)
        counts[f'{program[0]} ended with {ended.returncode}'] += 1
    return counts


def signals(folder: Path, count: int, seed: int) -> collections.Counter:
    """Any signal at any moment of any program; the same again succeeds and leaves nothing else."""
    choose = random.Random(seed)
    counts: collections.Counter = collections.Counter()
    for name, work, whole, seconds in works.make_works(folder):
        for trial in range(max(1, count // 5)):
            place = folder / f'{name} {trial}'
            place.mkdir()
            output = place / f'out{work.suffix}'
            number = choose.choice(SIGNALS)
            ended = _press(number, choose.uniform(0.3, seconds), *work.command(output))
            what = f'{name}, {number.name}, trial {trial}'
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
    more: tuple[str, ...] = ()
    if name == 'train' and (output / 'config.json').exists():
        if RunFolder(output).finished:
            return
        programs.run('train', '--resume', f'--run_dir={output}')
        return
    if output.exists() and name != 'compare':
        more = ('--overwrite',)
    programs.run(*work.command(output), *more)


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


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


TRIALS = (preparations, trainings, interruptions, signals)
