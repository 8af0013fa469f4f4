"""Measures how long a person waits for the programs: to start, to train, to export, to play."""

import contextlib
import itertools
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from benchmarks.figures import Figure, in_turns, seconds
from benchmarks.libraries import write_tunes
from melodyvae.cli.main import PROGRAMS
from melodyvae.runs.folder import RunFolder
from melodyvae.studio.trainer import Trainer
from melodyvae.system.errors import UserError

IMPORTS = (
    'numpy',
    'keras',  # with TensorFlow
    'note_seq',
    'melodyvae.cli.generate',
    'melodyvae.playing.player',
    'tfjs_export',
    'melodyvae.midi.read',
)
TUNES, TRAININGS = 100, 3
CLIPS = 20
AUDIBLE = ('--z=0,0', '--threshold_min=0')  # plays notes, whatever the model has learned


def startup_figures(
    names: Sequence[str] = tuple(PROGRAMS), modules: Sequence[str] = IMPORTS, repeats: int = 5
) -> Iterator[Figure]:
    """Measures `--help` of programs and imports of modules, beside Python without imports."""
    measures: dict[str, Callable[[], float]] = {
        f'melodyvae_{name} --help': partial(run_seconds, name, '--help') for name in names
    }
    measures['python without imports'] = partial(python_seconds, 'pass')
    for module in modules:
        measures[f'import {module}'] = partial(python_seconds, f'import {module}')
    for title, values in in_turns(measures, repeats).items():
        yield Figure(title, 's', values)


def from_midi_figures() -> Iterator[Figure]:
    """Measures the way from a folder of MIDI to a model for Max, and from there to new MIDI."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write_tunes(folder / 'midi', TUNES)
        runs = [folder / f'run {number}' for number in range(TRAININGS)]
        took = tuple(train(folder / 'midi', run, {'training.epochs': 10}) for run in runs)
        name = f'melodyvae_train: {TUNES} tunes, 10 epochs, to the exported model'
        yield Figure(name, 's', took)
        yield from model_figures(RunFolder(runs[0]), folder / 'exported', repeats=7)


def model_figures(run: RunFolder, folder: Path, repeats: int) -> Iterator[Figure]:
    """Measures export, import and playing of a trained run; `folder` takes exports and MIDI."""
    # Deferred: `startup` and `waiting` need neither.
    from melodyvae.playing.exported import load_exported
    from melodyvae.playing.latent import z_random
    from melodyvae.playing.player import play
    from melodyvae.runs.export import export

    exported = folder / f'{run.config.name}.model'
    outputs = (folder / str(number) for number in itertools.count())
    export(run, folder)
    player = load_exported(exported)
    many = z_random(1000, latent=player.config.model.latent)
    list(play(player, many))  # warm
    measures = {
        'export of decoder and encoder, from the run': lambda: export(run, folder, overwrite=True),
        'import of decoder and encoder': lambda: load_exported(exported),
        'generate 1,000 z': lambda: list(play(player, many)),
        'melodyvae_generate, 1 z, from the exported model': lambda: run_seconds(
            'generate', exported, f'--output={next(outputs)}', *AUDIBLE
        ),
        'generate 1 z': lambda: list(play(player, many[:1])),
    }
    timed = {name: partial(seconds, work) for name, work in measures.items()}
    for title, values in in_turns(timed, repeats).items():
        yield Figure(title, 's', values)


def waiting_figures() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as temporary:
        write_tunes(Path(temporary, 'clips'), CLIPS)
        yield from clip_figures(Path(temporary, 'clips'), Path(temporary), {}, repeats=2)


def clip_figures(
    clips: Path, folder: Path, settings: Mapping[str, object], repeats: int
) -> Iterator[Figure]:
    """Measures a whole training with the default, and the studio; `folder` takes the runs."""
    count = len(list(clips.iterdir()))
    trained = tuple(train(clips, folder / f'run {n}', settings) for n in range(repeats))
    yield Figure(f'{count} clips to play.html and melodyvae.model, melodyvae_train', 's', trained)
    opened = tuple(open_studio(folder / 'no runs') for _ in range(repeats))
    yield Figure('melodyvae_studio, to its page', 's', opened)
    sounded = tuple(train_in_studio(clips, folder / f'runs {n}', settings) for n in range(repeats))
    yield Figure(f'{count} clips to a pad that plays, melodyvae_studio', 's', sounded)


def train(clips: Path, folder: Path, settings: Mapping[str, object]) -> float:
    """Measures `melodyvae_train`, and checks its page and its model."""
    flags = [f'--config.{name}={value}' for name, value in settings.items()]
    took = run_seconds('train', clips, f'--run_dir={folder}', *flags)
    run = RunFolder(folder)
    for path in (run.play_page, run.own_export / 'model.json'):
        if not path.is_file():
            raise RuntimeError(f'melodyvae_train has left no {path}.')
    return took


def open_studio(folder: Path) -> float:
    """Measures seconds from the studio's start until it answers at its address."""
    began = time.perf_counter()
    words = command('studio', folder, '--port=0', '--noopen')
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


def command(program: str, *arguments: object) -> list[str]:
    """Returns the command line of a program, in this Python."""
    start = f'import sys; sys.argv[0] = {program!r}; from melodyvae.cli.main import run; run()'
    return [sys.executable, '-c', start, *map(str, arguments)]


def run_seconds(program: str, *arguments: object) -> float:
    """Measures a program from start to end; a RuntimeError with its output if it fails."""
    return _command_seconds(command(program, *arguments))


def python_seconds(code: str) -> float:
    """Measures a new Python with a piece of code; a RuntimeError with its output if it fails."""
    return _command_seconds([sys.executable, '-c', code])


def _command_seconds(words: list[str]) -> float:
    def work() -> None:
        done = subprocess.run(words, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f'{" ".join(words)} failed: {done.stderr}')

    return seconds(work)
