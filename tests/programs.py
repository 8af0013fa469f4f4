"""Running the programs as a person does."""

import subprocess
import sys
from pathlib import Path

import warm

GOLDEN_MIDI = Path(__file__).parent / 'golden' / 'midi'
SMALL = (
    '--config.model.hidden=8',
    '--config.model.decoder_hidden=16',
    '--config.training.least_steps=0',
)
HELD_OUT = '--config.data.learn_all_below=0'  # of small libraries too


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


def start(program: str, *arguments: object) -> warm.Program:
    """Starts it, to be stopped or killed."""
    return warm.Program([program, *map(str, arguments)])


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


def read_folder(folder: Path) -> dict[str, bytes]:
    """All files of a folder, to see that nothing of it has changed."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}
