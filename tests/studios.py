"""A running studio, as a browser or another program talks to it."""

import contextlib
import io
import json
import re
import signal
import subprocess
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import programs

SMALL = ('model.hidden=8', 'model.decoder_hidden=16', 'training.least_steps=0')
PATIENCE = 120  # seconds until a training has come so far


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *arguments):
        return None


OPENER = urllib.request.build_opener(NoRedirect)


@dataclass
class Studio:
    """A running `melodyvae_studio`: its process, the address that it printed, its runs."""

    process: subprocess.Popen
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

    def train(self, name: str, config: str = 'melodyvae', files: tuple[Path, ...] = ()) -> str:
        """The sentence of a refusal; '' if the training has begun."""
        boundary = 'boundary'
        parts = [
            f'Content-Disposition: form-data; name="{key}"\r\n\r\n{value}'.encode()
            for key, value in (('name', name), ('config', config))
        ]
        parts += [
            f'Content-Disposition: form-data; name="files"; filename="{file.name}"\r\n\r\n'.encode()
            + file.read_bytes()
            for file in files
        ]
        body = b''.join(b'--boundary\r\n' + part + b'\r\n' for part in parts) + b'--boundary--\r\n'
        kind = f'multipart/form-data; boundary={boundary}'
        status, text, _ = self.request('/runs', body, Content_Type=kind)
        return '' if status == 200 else json.loads(text)['error']

    def locate(self, run: str, name: str, content: bytes) -> tuple[int, str]:
        """What is answered to a clip: status and text."""
        head = f'Content-Disposition: form-data; name="clip"; filename="{name}"\r\n\r\n'
        body = b'--boundary\r\n' + head.encode() + content + b'\r\n--boundary--\r\n'
        kind = 'multipart/form-data; boundary=boundary'
        return self.request(f'/runs/{quote(run)}/locate', body, Content_Type=kind)[:2]

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
def open_studio(folder: Path, *settings: str) -> Iterator[Studio]:
    arguments = [f'--setting={setting}' for setting in (*SMALL, *settings)]
    command = programs.command('studio', folder, '--port=0', '--noopen', *arguments)
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert process.stdout
        found = re.search(r'http://\S+', process.stdout.readline())
        assert found
        yield Studio(process, found[0], folder)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)
        assert process.stdout
        process.stdout.close()


def find_child(parent: int) -> int:
    """Returns the number of the only process that another has started."""
    tasks = Path(f'/proc/{parent}/task').glob('*/children')  # each thread has children of its own
    (child,) = ' '.join(task.read_text() for task in tasks).split()
    return int(child)


def pack(files: dict[str, bytes]) -> io.BytesIO:
    """A ZIP archive of some files."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, 'w', zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    content.seek(0)
    return content
