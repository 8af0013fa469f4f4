"""Measures how long a person waits for the programs: to start, to train, to export."""

import contextlib
import itertools
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from benchmarks.figures import Figure, in_turns, seconds
from benchmarks.libraries import write_tunes
from melodyvae.cli.main import PROGRAMS
from melodyvae.runs.folder import RunFolder
from melodyvae.studio.trainer import Trainer
from melodyvae.system.errors import UserError

CLIPS = 20
PYTHON = 'Python without imports'
START = 'from melodyvae.system.tensorflow import start_tensorflow; start_tensorflow()'


def startup_figures(names: Sequence[str] = tuple(PROGRAMS), repeats: int = 5) -> Iterator[Figure]:
    """Measures `--help` of programs beside an empty Python, and how they import TensorFlow."""
    found = in_turns(
        {
            PYTHON: partial(python_seconds, 'pass'),
            'import keras': partial(python_seconds, 'import keras'),
            'TensorFlow': partial(python_seconds, START),
            **{name: partial(program_seconds, name, '--help') for name in names},
        },
        repeats,
    )
    for name in names:
        yield Figure(f'melodyvae_{name} --help', 's', found[name], PYTHON, found[PYTHON])
    beside = found['import keras']
    yield Figure('Keras as programs import it', 's', found['TensorFlow'], 'import keras', beside)


def waiting_figures() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as temporary:
        write_tunes(Path(temporary, 'clips'), CLIPS)
        yield from clip_figures(Path(temporary, 'clips'), Path(temporary), {}, repeats=2)


def clip_figures(
    clips: Path, folder: Path, settings: Mapping[str, object], repeats: int
) -> Iterator[Figure]:
    """Measures a whole training with the default, and the studio; `folder` takes the runs."""
    from melodyvae.runs.export import export  # deferred: `startup` needs no TensorFlow

    count = len(list(clips.iterdir()))
    trained = [train(clips, folder / f'run {n}', settings) for n in range(repeats)]
    yield Figure(f'{count} clips to play.html and melodyvae.model, melodyvae_train', 's', trained)
    run, exported = RunFolder(folder / 'run 0'), (folder / str(n) for n in itertools.count())
    exports = [seconds(lambda: export(run, next(exported))) for _ in range(repeats)]
    yield Figure('export of decoder and encoder, from the run', 's', exports)
    opened = [open_studio(folder / 'no runs') for _ in range(repeats)]
    yield Figure('melodyvae_studio, to its page', 's', opened)
    sounded = [train_in_studio(clips, folder / f'runs {n}', settings) for n in range(repeats)]
    yield Figure(f'{count} clips to a pad that plays, melodyvae_studio', 's', sounded)


def train(clips: Path, folder: Path, settings: Mapping[str, object]) -> float:
    """Measures `melodyvae_train`, and checks its page and its model."""
    flags = [f'--config.{name}={value}' for name, value in settings.items()]
    took = program_seconds('train', str(clips), f'--run_dir={folder}', *flags)
    run = RunFolder(folder)
    for path in (run.play_page, run.own_export / 'model.json'):
        if not path.is_file():
            raise RuntimeError(f'melodyvae_train has left no {path}.')
    return took


def open_studio(folder: Path) -> float:
    """Measures seconds from the studio's start until it answers at its address."""
    began = time.perf_counter()
    words = command('studio', str(folder), '--port=0', '--noopen')
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        address = process.stdout.readline()
        took = time.perf_counter() - began
        process.send_signal(signal.SIGINT)
    if 'http://' not in address:
        raise RuntimeError('melodyvae_studio has not opened.')
    return took


def train_in_studio(clips: Path, folder: Path, settings: Mapping[str, object]) -> float:
    """Measures seconds from pressing Train to the first model that the studio's page plays."""
    trainer = Trainer(folder, settings)
    shutil.copytree(clips, trainer.music('clips'))
    began, took = time.perf_counter(), 0.0
    trainer.start('clips', 'melodyvae')
    while trainer.is_training('clips'):
        with contextlib.suppress(UserError):
            trainer.find_model('clips')
            took = took or time.perf_counter() - began
            trainer.stop('clips')
        time.sleep(0.05)
    if not took:
        raise RuntimeError(f'The training in the studio has failed: {trainer.explain_end("clips")}')
    return took


def command(program: str, *arguments: str) -> list[str]:
    """Returns the command line of a program, in this Python."""
    start = f'import sys; sys.argv[0] = {program!r}; from melodyvae.cli.main import run; run()'
    return [sys.executable, '-c', start, *arguments]


def program_seconds(program: str, *arguments: str) -> float:
    """Measures a program from start to end; a CalledProcessError if it fails."""
    words = command(program, *arguments)
    return seconds(lambda: subprocess.run(words, capture_output=True, check=True))


def python_seconds(code: str) -> float:
    """Measures a new Python with a piece of code; a CalledProcessError if it fails."""
    words = [sys.executable, '-c', code]
    return seconds(lambda: subprocess.run(words, capture_output=True, check=True))
