"""A running studio, as a browser or another program talks to it."""

import contextlib
import io
import json
import os
import signal
import sys
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from urllib.parse import quote

from melodyvae.studio import training

import warm

SMALL = ('model.hidden=8', 'model.decoder_hidden=16', 'training.least_steps=0', 'pad.tiles=12')
PATIENCE = 120  # seconds until a training has come so far


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *arguments):
        return None


OPENER = urllib.request.build_opener(NoRedirect)


@dataclass
class Studio:
    """A running `melodyvae_studio`, the address that it printed, and its runs."""

    program: warm.Program
    address: str
    folder: Path

    @property
    def origin(self) -> str:
        return self.address.partition('/?')[0]

    @property
    def token(self) -> str:
        return self.address.partition('token=')[2]

    def request(
        self, path: str, data: bytes | None = None, cookie: bool = True, **headers: str
    ) -> tuple[int, str, dict]:
        """Status, text and headers of an answer."""
        if cookie:
            headers['Cookie'] = f'melodyvae_studio={self.token}'
        headers = {name.replace('_', '-'): value for name, value in headers.items()}
        request = urllib.request.Request(self.origin + path, data, headers)
        try:
            answer = OPENER.open(request, timeout=60)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            return answer.status, answer.read().decode(), dict(answer.headers)

    def send(self, path: str, **fields: str | tuple[Path, ...]) -> tuple[int, str]:
        """Sends a form of texts and files; returns status and text of the answer."""
        parts = []
        for key, value in fields.items():
            head = f'Content-Disposition: form-data; name="{key}"'
            if isinstance(value, str):
                parts.append(f'{head}\r\n\r\n{value}'.encode())
                continue
            for file in value:
                parts.append(f'{head}; filename="{file.name}"\r\n\r\n'.encode() + file.read_bytes())
        body = b''.join(b'--boundary\r\n' + part + b'\r\n' for part in parts) + b'--boundary--\r\n'
        kind = 'multipart/form-data; boundary=boundary'
        return self.request(path, body, Content_Type=kind)[:2]

    def train(self, name: str, config: str = 'melodyvae', files: tuple[Path, ...] = ()) -> str:
        """The sentence of a refusal; '' if the training has begun."""
        status, text = self.send('/runs', name=name, config=config, files=files)
        return '' if status == 200 else json.loads(text)['error']

    def act(self, name: str, action: str) -> str:
        status, text, _ = self.request(f'/runs/{quote(name)}/{action}', b'')
        return '' if status == 200 else json.loads(text)['error']

    def wait(self, name: str, is_there: Callable[[dict], bool]) -> dict:
        """What the studio says of a run, once it is as it should be."""
        until = time.monotonic() + PATIENCE
        request = urllib.request.Request(
            self.origin + '/events', headers={'Cookie': f'melodyvae_studio={self.token}'}
        )
        with OPENER.open(request, timeout=PATIENCE) as events:
            for line in events:
                assert time.monotonic() < until, line
                if line.startswith(b'data: '):
                    runs = {run['name']: run for run in json.loads(line[6:])}
                    if name in runs and is_there(runs[name]):
                        return runs[name]
        raise AssertionError('the studio has ended')


@contextlib.contextmanager
def open_studio(
    folder: Path, *settings: str, prepare: Callable[[], None] | None = None
) -> Iterator[Studio]:
    """Opens a studio; first its process calls `prepare`."""
    arguments = [f'--setting={setting}' for setting in (*SMALL, *settings)]
    command = ['studio', str(folder), '--port=0', '--noopen', *arguments]
    program = warm.Program(command, prepare=prepare)
    try:
        yield Studio(program, program.wait_for(r'http://\S+(?=\n)'), folder)
    finally:
        if program.runs:
            program.send_signal(signal.SIGINT)
            program.wait()


class WarmTraining:
    """The process of a training, with what `Processes` uses of a `Popen`."""

    def __init__(self):
        jobs, ours = warm.CONTEXT.Pipe(duplex=False)
        self.stdin = os.fdopen(os.dup(ours.fileno()), 'wb')
        self._process = warm.CONTEXT.Process(target=_train, args=(jobs,), daemon=True)
        warm.start_server()
        self._process.start()
        for pipe in (jobs, ours):
            pipe.close()

    def poll(self) -> int | None:
        return self._process.exitcode

    def kill(self) -> None:
        self._process.kill()

    def wait(self, timeout: float | None = None) -> int | None:
        self._process.join(timeout)
        return self.poll()


def _train(jobs: Connection) -> None:
    os.dup2(jobs.fileno(), 0)
    sys.stdin = open(0)  # noqa: SIM115 - multiprocessing has closed it
    training.main()


def pack(files: dict[str, bytes]) -> io.BytesIO:
    """A ZIP archive of some files."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, 'w', zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    content.seek(0)
    return content
