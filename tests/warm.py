"""Programs in processes that begin with TensorFlow imported, which takes longer than a tiny run.

The process that they are copies of imports it once, and runs nothing.
"""

import multiprocessing
import os
import re
import sys
import tempfile
from pathlib import Path
from subprocess import CompletedProcess, TimeoutExpired

SECONDS = 280  # for a program
NO_GPU = re.compile('^E0000 .*cuInit.*\n', re.MULTILINE)  # what TensorFlow says, on import
_CONTEXT = multiprocessing.get_context('forkserver')
# Not the programs themselves: each defines flags of its own.
_CONTEXT.set_forkserver_preload(['melodyvae.training.train', 'melodyvae.evaluation.evaluate'])


def run(arguments: list[str], stdin: str) -> CompletedProcess:
    """Runs a program as `melodyvae.cli.main` starts it, in this folder and environment.

    Args:
      arguments: the program's name, then what follows it on its command line.
      stdin: what it reads.
    """
    with tempfile.TemporaryDirectory() as folder:
        streams = [Path(folder, name) for name in ('stdin', 'stdout', 'stderr')]
        streams[0].write_text(stdin)
        here = Path.cwd(), dict(os.environ)
        process = _CONTEXT.Process(target=_run, args=(arguments, streams, *here))
        process.start()
        process.join(SECONDS)
        if process.exitcode is None:
            process.kill()
            raise TimeoutExpired(arguments, SECONDS)
        stdout, stderr = (path.read_text() for path in streams[1:])
        stderr = NO_GPU.sub('', stderr)
        return CompletedProcess(arguments, process.exitcode, stdout, stderr)


def _run(
    arguments: list[str], streams: list[Path], folder: Path, environment: dict[str, str]
) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for number, path in enumerate(streams):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT if number else os.O_RDONLY), number)
    sys.stdin = open(0)  # noqa: SIM115 - multiprocessing has closed it
    sys.argv = arguments
    from melodyvae.cli.main import run

    run()
