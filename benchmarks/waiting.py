"""Measures how long a producer waits: 20 clips to a model and its page, and to a pad that plays."""

import contextlib
import json
import re
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from benchmarks import programs
from benchmarks.figures import Figure
from benchmarks.libraries import write_tunes
from melodyvae.runs.folder import RunFolder

CLIPS = 20
REPEATS = 2
NAME = 'clips'
PATIENCE = 600  # seconds without an event, and for a training to stop


def figures() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as temporary:
        write_tunes(Path(temporary, 'clips'), CLIPS)
        yield from clip_figures(Path(temporary, 'clips'), Path(temporary), REPEATS)


def clip_figures(clips: Path, folder: Path, repeats: int, *settings: str) -> Iterator[Figure]:
    """Measures a whole training with the default, and the studio.

    Args:
      clips: a folder of MIDI.
      folder: for runs.
      repeats: of each measurement.
      *settings: of the config, such as 'training.epochs=20', for tests.
    """
    count = len(list(clips.iterdir()))
    runs = [folder / f'run {number}' for number in range(repeats)]
    trained = tuple(train(clips, run, *settings) for run in runs)
    yield Figure(f'{count} clips to play.html and melodyvae.model, melodyvae_train', 's', trained)
    folders = [folder / f'runs {number}' for number in range(repeats)]
    opened, sounded = zip(
        *[open_and_train(clips, runs, *settings) for runs in folders], strict=True
    )
    yield Figure('melodyvae_studio, to its page', 's', opened)
    yield Figure(f'{count} clips to a pad that plays, melodyvae_studio', 's', sounded)


def train(clips: Path, folder: Path, *settings: str) -> float:
    """Measures `melodyvae_train`, and checks its page and its model."""
    flags = [f'--config.{setting}' for setting in settings]
    took = programs.run_seconds('train', clips, f'--run_dir={folder}', *flags)
    run = RunFolder(folder)
    for path in (run.play_page, run.own_export / 'model.json'):
        if not path.is_file():
            raise RuntimeError(f'melodyvae_train has left no {path}.')
    return took


def open_and_train(clips: Path, folder: Path, *settings: str) -> tuple[float, float]:
    """Measures seconds from the studio's start to its page, and from there to a pad that plays.

    Does what the page does, without a browser.
    """
    flags = [f'--setting={setting}' for setting in settings]
    began = time.perf_counter()
    with _studio(programs.command('studio', folder, '--port=0', '--noopen', *flags)) as address:
        # Without a proxy, since the studio is local; with the cookie of a browser.
        browser = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor()
        )
        browser.open(address).close()
        opened = time.perf_counter()
        origin = address.partition('/?')[0]
        browser.open(_upload(f'{origin}/runs', clips)).close()
        _await_pad(browser, origin)
        return opened - began, time.perf_counter() - opened


@contextlib.contextmanager
def _studio(command: list[str]) -> Iterator[str]:
    """Yields the address of a studio, and stops it at the end of the block."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            address = re.search(r'http://\S+', process.stdout.readline())
            if not address:
                raise RuntimeError('melodyvae_studio has not opened.')
            yield address[0]
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(PATIENCE)


def _upload(address: str, clips: Path) -> urllib.request.Request:
    """Builds the request that the page sends when Train is pressed."""
    parts = [('name="name"', NAME.encode()), ('name="config"', b'melodyvae')]
    for path in sorted(clips.iterdir()):
        parts.append((f'name="files"; filename="{path.name}"', path.read_bytes()))
    body = b''.join(
        b'--boundary\r\nContent-Disposition: form-data; %b\r\n\r\n%b\r\n' % (head.encode(), content)
        for head, content in parts
    )
    kind = 'multipart/form-data; boundary=boundary'
    return urllib.request.Request(address, body + b'--boundary--\r\n', {'Content-Type': kind})


def _await_pad(browser: urllib.request.OpenerDirector, origin: str) -> None:
    """Returns once the run has a page that plays, during the training or at its end."""
    with browser.open(f'{origin}/events', timeout=PATIENCE) as events:
        for line in events:
            for run in json.loads(line[6:]) if line.startswith(b'data: ') else ():
                if run['state'] in ('failed', 'stopped'):
                    raise RuntimeError(f'The training in the studio has failed: {run["sentence"]}')
                if run['live'] or run['state'] == 'finished':
                    # No page while the live model is being replaced.
                    with contextlib.suppress(urllib.error.HTTPError):
                        browser.open(f'{origin}/runs/{NAME}/play').close()
                        return
    raise RuntimeError('melodyvae_studio has ended.')
