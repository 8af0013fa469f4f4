"""Measures how long a person waits for the programs: to start, to read, to train, to export."""

import contextlib
import itertools
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from benchmarks.figures import Figure, interleave, seconds
from benchmarks.libraries import write_songs, write_tunes
from melodyvae.cli.main import PROGRAMS
from melodyvae.config.presets import preset
from melodyvae.runs.folder import RunFolder
from melodyvae.studio.trainer import Trainer
from melodyvae.system.errors import UserError

CLIPS = 20
# Writer, number of files, and files per second of the device on a similar machine, where note-seq
# parsed 640 tunes or 19 songs per second.
KINDS = {
    'tunes of one voice, 0.6 KB': (write_tunes, 20_000, 410),
    'songs of ten tracks, 25 KB': (write_songs, 2000, 33),
}
PARSED = 40  # files that note-seq parses per measurement
PYTHON = 'Python without imports'
START = 'from melodyvae.system.tensorflow import start_tensorflow; start_tensorflow()'


def startup_figures(names: Sequence[str] = tuple(PROGRAMS), repeats: int = 5) -> Iterator[Figure]:
    """Measures `--help` of programs beside an empty Python, and how they import TensorFlow."""
    codes = {PYTHON: 'pass', 'import keras': 'import keras', 'TensorFlow': START}
    found = interleave(
        {
            **{name: partial(time_command, sys.executable, '-c', codes[name]) for name in codes},
            **{name: partial(time_command, find_program(name), '--help') for name in names},
        },
        repeats,
    )
    for name in names:
        yield Figure(f'melodyvae_{name} --help', 's', found[name], PYTHON, found[PYTHON])
    beside = found['import keras']
    yield Figure('Keras as programs import it', 's', found['TensorFlow'], 'import keras', beside)


def ingest_figures() -> Iterator[Figure]:
    for kind, (write, count, device_rate) in KINDS.items():
        with tempfile.TemporaryDirectory() as temporary:
            library = Path(temporary, 'library')
            write(library, count)
            yield from reading_figures(f'reading {kind}', library, device_rate, repeats=5)


def reading_figures(
    title: str, library: Path, device_rate: float, repeats: int
) -> Iterator[Figure]:
    """Measures files per second from a folder of MIDI to a dataset beside it."""
    from melodyvae.ingest.prepare import prepare_midi  # deferred: `startup` needs neither
    from melodyvae.midi.note_sequence import note_seq

    grid = preset('melodyvae_improved').grid
    datasets = (library.with_name(f'dataset {number}') for number in itertools.count())
    files = sorted(library.iterdir())
    some = [path.read_bytes() for path in files[:PARSED]]
    parse = note_seq().midi_io.midi_to_note_sequence
    found = interleave(
        {
            'read': lambda: seconds(lambda: prepare_midi([library], grid, next(datasets))),
            'parse': lambda: seconds(lambda: [*map(parse, some)]),
        },
        repeats,
    )
    read = [len(files) / took for took in found['read']]
    parsed = [len(some) / took for took in found['parse']]
    yield Figure(title, 'files/s', read, 'the device', [device_rate])
    yield Figure(title, 'files/s', read, 'note-seq, parsing only, in one process', parsed)


def waiting_figures() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as temporary:
        write_tunes(Path(temporary, 'clips'), CLIPS)
        yield from clip_figures(Path(temporary, 'clips'), Path(temporary), {}, repeats=2)


def clip_figures(
    clips: Path, folder: Path, settings: Mapping[str, object], repeats: int
) -> Iterator[Figure]:
    """Measures a whole training with the default, and the studio; `folder` takes the runs."""
    from melodyvae.runs.export import export  # deferred: `startup` needs no TensorFlow

    count, runs = len(list(clips.iterdir())), [folder / f'run {n}' for n in range(repeats)]
    trained = [train(clips, run, settings) for run in runs]
    yield Figure(f'{count} clips to play.html and melodyvae.model, melodyvae_train', 's', trained)
    exports = [seconds(partial(export, run, run / 'exported')) for run in runs]
    yield Figure('export of decoder and encoder, from the run', 's', exports)
    opened = [open_studio(folder / 'no runs') for _ in runs]
    yield Figure('melodyvae_studio, to its page', 's', opened)
    sounded = [train_in_studio(clips, run / 'studio', settings) for run in runs]
    title = f'{count} clips to a pad that plays, melodyvae_studio'
    yield Figure(title, 's', sounded, 'melodyvae_train, to its end', trained)


def train(clips: Path, folder: Path, settings: Mapping[str, object]) -> float:
    """Measures `melodyvae_train`, and checks its page and its model."""
    flags = [f'--config.{name}={value}' for name, value in settings.items()]
    took = time_command(find_program('train'), str(clips), f'--run_dir={folder}', *flags)
    run = RunFolder(folder)
    for path in (run.play_page, run.own_export / 'model.json'):
        if not path.is_file():
            raise RuntimeError(f'melodyvae_train has left no {path}.')
    return took


def open_studio(folder: Path) -> float:
    """Measures seconds from the studio's start until it answers at its address."""
    began = time.perf_counter()
    command = [find_program('studio'), str(folder), '--port=0', '--noopen']
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        address = process.stdout.readline()
        took = time.perf_counter() - began
        process.terminate()  # a background job may ignore SIGINT
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


def find_program(name: str) -> str:
    """Returns the path of a program beside this Python."""
    return str(Path(sys.executable).with_name(f'melodyvae_{name}'))


def time_command(*words: str) -> float:
    """Measures a command from start to end; a CalledProcessError if it fails."""
    return seconds(lambda: subprocess.run(words, capture_output=True, check=True))
