"""Every program with small work, for trials that kill it, fill its disk or run it twice."""

import dataclasses
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import programs

SETTINGS = ('--config.training.epochs=3', *programs.SMALL)
LEFTOVER = '.part'


@dataclasses.dataclass(frozen=True, slots=True)
class Work:
    """A program and what it writes.

    Attributes:
      command: the arguments that write to an output, or print.
      suffix: of the output; '' for a folder.
      same: whether it always writes the same bytes.
    """

    command: Callable[[Path], tuple[object, ...]]
    suffix: str = ''
    same: bool = True


def make_works(folder: Path) -> Iterator[tuple[str, Work, Path, float]]:
    """Yields each program with its name, what it writes undisturbed, and how long that takes."""
    for name, work in _list_works(folder).items():
        whole = folder / f'whole {name}{work.suffix}'
        began = time.monotonic()
        done = programs.run_cold(*work.command(whole))
        assert done.returncode == 0, done.stderr
        yield name, work, whole, time.monotonic() - began


def _list_works(folder: Path) -> dict[str, Work]:
    """Prepares a dataset and a run in a folder, and returns the programs that use them."""
    music, data, run = programs.GOLDEN_MIDI, folder / 'data', folder / 'finished'
    programs.run('prepare', music, f'--output={data}')
    programs.run('train', f'--dataset={data}', f'--run_dir={run}', *SETTINGS, programs.HELD_OUT)
    compare = (f'--midi={music}', f'--configs={run / "config.json"}', '--seeds=1', '--epochs=3')
    return {
        'prepare': Work(lambda out: ('prepare', music, f'--output={out}')),
        'train': Work(
            lambda out: ('train', f'--dataset={data}', f'--run_dir={out}', *SETTINGS), same=False
        ),
        'generate': Work(lambda out: ('generate', run, f'--output={out}', '--grid=4')),
        'export': Work(lambda out: ('export', run, f'--output={out}')),
        'play': Work(lambda out: ('play', run, f'--output={out}'), '.html'),
        'card': Work(lambda out: ('card', run, f'--output={out}'), '.md'),
        'evaluate': Work(lambda out: ('evaluate', run, f'--output={out}'), '.json', same=False),
        'compare': Work(lambda out: ('compare', *compare, f'--out={out}'), same=False),
        'encode': Work(lambda out: ('encode', run, *sorted(music.glob('*.mid'))[:3])),
    }


def check_said(what: str, status: int, said: str) -> None:
    """Fails on a traceback, or an error that is not one sentence."""
    assert 'Traceback' not in said and 'Exception ignored' not in said, f'{what}:\n{said}'
    assert status == 0 or said.strip(), f'{what} ended with {status} and said nothing'


def check_output(work: Work, output: Path, expected: Path) -> None:
    """Fails unless each file under an output is whole: as in the expected one, or valid JSON."""
    if work.same:
        _check_same(output, expected)
    for path in [output, *output.rglob('*.json')]:
        if path.suffix == '.json' and path.exists() and LEFTOVER not in str(path):
            json.loads(path.read_bytes())


def _check_same(output: Path, expected: Path) -> None:
    for path in [output, *output.rglob('*')]:
        if not path.is_file() or LEFTOVER in str(path.relative_to(output.parent)):
            continue
        twin = expected / path.relative_to(output) if path != output else expected
        if twin.name in ('sources.csv', 'checksums.json', 'report.csv'):
            continue  # times of files
        assert path.read_bytes() == twin.read_bytes(), f'{path} is not what it should be'


def find_leftovers(folder: Path) -> list[Path]:
    """Returns the temporary files and folders under a folder."""
    return [path for path in folder.rglob('*') if LEFTOVER in path.name]
