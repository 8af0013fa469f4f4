"""Running the programs as a person does."""

import contextlib
import functools
import importlib
import io
import logging
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

from absl import app, flags  # noqa: F401 - app defines flags that programs share
from absl import logging as absl_logging

import warm

GOLDEN_MIDI = Path(__file__).parent / 'golden' / 'midi'
# Enough to learn from, and too few for the network that judges melodies: a run takes a third less.
FEW = ('airdsAirs_book1_1', 'chords', 'drums_and_bass', 'fast_204', 'humanized_97', 'swing_120')
FEW_MIDI = [GOLDEN_MIDI / f'{name}.mid' for name in (*FEW, 'waltz_3_4', 'wide_range')]
SMALL = (
    '--config.model.hidden=8',
    '--config.model.decoder_hidden=16',
    '--config.training.least_steps=0',
    '--config.pad.tiles=12',
)
ABOUT = (
    *('--author=Me', '--license=cc0-1.0', '--about=Airs', '--tags=folk,airs'),
    *('--source_license=mine', '--source_license=O=Neill=pd'),
)
HELD_OUT = '--config.data.learn_all_below=0'  # of small libraries too


_FORMER: list[object] = []  # modules; absl knows them by their ids, which must not be reused


def command(program: str, *arguments: object) -> list[str]:
    """The command line of `melodyvae_PROGRAM`, in this Python."""
    start = f'import sys; sys.argv[0] = {program!r}; from melodyvae.cli.main import run; run()'
    return [sys.executable, '-c', start, *map(str, arguments)]


def run(
    program: str, *arguments: object, check: bool = True, stdin: str = ''
) -> subprocess.CompletedProcess:
    """Runs it; with `check`, fails with what it printed unless it succeeds."""
    done = warm.Program([program, *map(str, arguments)], stdin).wait()
    if check:
        assert done.returncode == 0, done.stderr
    return done


def run_here(
    program: str, *arguments: object, check: bool = False, stdin: str = ''
) -> subprocess.CompletedProcess:
    """Runs it in this process, which starts nothing; with `check`, fails unless it succeeds."""
    stdout, stderr = io.StringIO(), io.StringIO()
    argv = [program, *map(str, arguments)]
    with (
        _isolated_process(),
        mock.patch.multiple(sys, argv=argv, stdin=io.StringIO(stdin)),
        contextlib.redirect_stdout(stdout),
        contextlib.redirect_stderr(stderr),
    ):
        try:
            importlib.import_module('melodyvae.cli.main').run()
            status = 0
        except SystemExit as end:
            status = end.code or 0
    if check:
        assert status == 0, stderr.getvalue()
    return subprocess.CompletedProcess(argv, status, stdout.getvalue(), stderr.getvalue())


@contextlib.contextmanager
def _isolated_process() -> Iterator[None]:
    """Undoes in the end what a program changes in its process: flags, signals, environment."""
    handler = signal.getsignal(signal.SIGINT)
    verbosity, level = absl_logging.get_verbosity(), logging.root.level
    before = set(flags.FLAGS)
    programs = {name for name in sys.modules if name.startswith('melodyvae.cli')}
    with mock.patch.dict(os.environ):
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, handler)
            absl_logging.set_verbosity(verbosity)
            logging.root.setLevel(level)
            for name in set(flags.FLAGS) - before:
                if flags.FLAGS.find_module_defining_flag(name).startswith('melodyvae.'):
                    delattr(flags.FLAGS, name)
            # Defines its flags again when it is imported the next time.
            for name in set(sys.modules) - programs:
                if name.startswith('melodyvae.cli'):
                    _FORMER.append(sys.modules.pop(name))


def start(program: str, *arguments: object) -> warm.Program:
    """Starts it, to be stopped or killed."""
    return warm.Program([program, *map(str, arguments)])


def start_on_one_core(program: str, *arguments: object) -> warm.Program:
    """Starts it with one core, so that it has one process for its work: each imports TensorFlow."""
    core = min(os.sched_getaffinity(0))
    prepare = functools.partial(os.sched_setaffinity, 0, [core])
    return warm.Program([program, *map(str, arguments)], prepare=prepare)


def run_cold(program: str, *arguments: object) -> subprocess.CompletedProcess:
    """Runs it from its very start, whatever it comes to."""
    return subprocess.run(command(program, *arguments), capture_output=True, text=True, timeout=280)


def run_python(code: str) -> subprocess.CompletedProcess:
    """Runs a piece of Python in a process of its own."""
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr
    return done


def sentence(done: subprocess.CompletedProcess, status: int = 1) -> str:
    """The last line of a program that refused its input; no traceback, the given exit status."""
    assert done.returncode == status, done.stderr + done.stdout
    assert 'Traceback' not in done.stderr
    return done.stderr.strip().splitlines()[-1]


def copy_few(folder: Path) -> Path:
    """Copies a few golden MIDI files to a new folder."""
    folder.mkdir(parents=True)
    for path in FEW_MIDI:
        shutil.copy(path, folder)
    return folder


def read_folder(folder: Path) -> dict[str, bytes]:
    """All files of a folder, to see that nothing of it has changed."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}
