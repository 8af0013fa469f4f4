"""The studio from dropped files to a played pad, and all that it refuses."""

import contextlib
import json
import os
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

import pytest
from browsers import run_script

from melodyvae.studio.guard import LARGEST_BODY
from melodyvae.studio.server import LARGEST_CLIP

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


@pytest.fixture(scope='module')
def studio(tmp_path_factory):
    with open_studio(tmp_path_factory.mktemp('studio') / 'runs', 'training.epochs=5') as opened:
        yield opened


@pytest.fixture(scope='module')
def music() -> tuple[Path, ...]:
    return tuple(sorted(programs.GOLDEN_MIDI.glob('*.mid')))


@pytest.fixture(scope='module')
def used(studio, music, tmp_path_factory) -> dict:
    folder = tmp_path_factory.mktemp('used')
    return run_script('studio.mjs', studio.address, folder, *music)


def test_from_dropped_files_to_a_played_pad(used, music):
    assert used['troubles'] == []
    assert used['count'] == f'{len(music)} files'
    assert used['seen'] == ['training', 'finished']
    assert 'Trained 5 epochs' in used['words']
    assert music[0].name in used['log'], 'what was read of each file'
    assert used['title'] == 'First take'
    for view in used['views']:
        assert view == {'overflow': 0, 'cutOff': [], 'faint': []}


def test_the_zip_holds_the_model_and_the_dials(used, studio):
    with zipfile.ZipFile(used['zip']) as archive:
        names = archive.namelist()
        assert names == ['melodyvae.model/model.json', 'melodyvae.model/weights.bin', 'In Max.txt']
        assert 'threshold: leave it at 20' in archive.read('In Max.txt').decode()
        model = studio.folder / 'First take' / 'melodyvae.model' / 'model.json'
        assert archive.read('melodyvae.model/model.json') == model.read_bytes()


def test_nobody_else_is_answered(studio):
    forbidden = 403
    for path in ('/', '/events', '/runs/x/play', '/runs/x/max.zip'):
        assert studio.request(path, cookie=False)[0] == forbidden
    assert studio.request('/runs', b'', cookie=False)[0] == forbidden
    assert studio.request('/?token=guess', cookie=False)[0] == forbidden
    assert studio.request('/', cookie=False, Cookie='melodyvae_studio=guess')[0] == forbidden
    # A site of another name that leads to this machine, and one that sends forms here.
    assert studio.request('/', Host='evil.example')[0] == forbidden
    assert studio.request('/', Host='127.0.0.1:1')[0] == forbidden
    assert studio.request('/runs', b'', Origin='http://evil.example')[0] == forbidden
    assert studio.request('/runs', b'', Origin='null')[0] == forbidden
    status, text, _ = studio.request('/', Origin=studio.origin)
    assert status == 200 and studio.token not in text


def test_the_token_leaves_the_address(studio):
    status, _, headers = studio.request(f'/?token={studio.token}', cookie=False)
    assert status == 303 and headers['location'] == '/'
    assert 'HttpOnly' in headers['set-cookie'] and 'SameSite=strict' in headers['set-cookie']


def test_what_is_too_large_is_refused(studio):
    status, text, _ = studio.request('/runs', b'', Content_Length=str(LARGEST_BODY + 1))
    assert (status, text) == (413, 'These files are too large.')


@pytest.mark.parametrize('name', ['../up', '/etc', '.studio', '', 'a/b', 'x' * 61, 'a\x00b', '..'])
def test_no_path_is_taken_from_the_browser(studio, music, name):
    assert 'A name is' in studio.train(name, files=music[:1])
    status, _, _ = studio.request(f'/runs/{quote(name, safe="")}/play')
    assert status in (400, 404)
    assert sorted(path.name for path in studio.folder.parent.iterdir()) == ['runs']


def test_what_cannot_be_trained_is_said(studio, used, music):
    assert 'already' in studio.train('First take', files=music[:1])
    assert 'no such preset' in studio.train('another', config='/etc/passwd', files=music[:1])
    assert 'No file was dropped' in studio.train('another')
    assert 'no such run' in studio.act('another', 'stop')
    assert 'no such run' in studio.act('another', 'resume')


def test_a_training_that_cannot_begin_says_why(studio, tmp_path):
    text = tmp_path / 'notes.txt'
    text.write_text('no music')
    assert studio.train('no music', files=(text,)) == ''
    run = studio.wait('no music', lambda run: run['state'] == 'failed')
    assert 'holds no file whose name ends in' in run['sentence']
    assert studio.train('no music', files=(text,)) == '', 'the name is free again'
    studio.wait('no music', lambda run: run['state'] == 'failed')


def test_a_training_stops_is_killed_and_goes_on(music, tmp_path):
    with open_studio(tmp_path / 'runs', 'training.epochs=100000') as studio:
        assert studio.train('long', files=music) == ''
        studio.wait('long', lambda run: len(run['curves'].get('objective', [])) >= 2)
        assert 'is being trained' in studio.train('other', files=music)
        with open_studio(tmp_path / 'runs') as second:
            assert 'is being trained' in second.train('other', files=music)
        assert studio.act('long', 'stop') == ''
        stopped = studio.wait('long', lambda run: run['state'] != 'training')
        assert stopped['state'] == 'stopped' and 'Stopped in epoch' in stopped['sentence']
        epochs = len(stopped['curves']['objective'])

        assert studio.act('long', 'resume') == ''
        studio.wait('long', lambda run: len(run['curves'].get('objective', [])) > epochs)
        os.kill(int((studio.folder / '.studio' / 'long.pid').read_text()), signal.SIGKILL)
        killed = studio.wait('long', lambda run: run['state'] != 'training')
        assert killed['state'] == 'stopped'

        # The studio's end is the training's, which goes on in the next.
        assert studio.act('long', 'resume') == ''
        studio.wait('long', lambda run: run['state'] == 'training')
    with open_studio(tmp_path / 'runs') as studio:
        assert studio.wait('long', lambda run: True)['state'] == 'stopped'


def test_a_pad_is_played_while_it_learns(music, tmp_path):
    with open_studio(tmp_path / 'runs', 'training.epochs=100000') as studio:
        assert studio.train('long', files=music) == ''
        used = run_script('learn.mjs', studio.address, tmp_path, music[0])
        assert used['troubles'] == []
        assert 'of 100000 epochs' in used['first']['learning']
        assert used['isMapNew'] == [True, True]
        assert used['later']['place'] == used['first']['place'] != used['placed']['place']
        assert used['placed']['loops'][0] == f'{music[0].name}, loop 1'
        assert used['end']['place'] == used['placed']['last']
        assert [used[when]['isPlaying'] for when in ('first', 'later', 'end')] == ['true'] * 3
        for view in used['views']:
            assert view == {'overflow': 0, 'cutOff': [], 'faint': []}
        assert studio.wait('long', lambda run: run['state'] != 'training')['live'] == 0
        assert not list((studio.folder / 'long').glob('*live*'))


def test_a_clip_has_its_place(studio, used, music):
    status, text = studio.locate('First take', music[0].name, music[0].read_bytes())
    found = json.loads(text)
    assert status == 200 and found['name'] == music[0].name and found['loops'][0]['position'] == 0
    # What is no music, of a name that is a path, or too large; and a run that is not there.
    for run, name, content, reason in (
        ('First take', '../../broken.mid', b'MThd', 'broken.mid cannot be used: '),
        ('First take', 'words.txt', b'words', 'words.txt cannot be used: '),
        ('First take', 'long.mid', bytes(LARGEST_CLIP + 1), 'long.mid is too large'),
        ('another', 'a.mid', b'', 'There is no such run.'),
    ):
        status, text = studio.locate(run, name, content)
        assert status == 400 and json.loads(text)['error'].startswith(reason)
        assert str(studio.folder) not in text and '/tmp' not in text
    assert 'No file was dropped' in studio.act('First take', 'locate')
    for headers in ({'cookie': False}, {'Origin': 'http://evil.example'}, {'Host': 'evil.example'}):
        assert studio.request('/runs/First%20take/locate', b'', **headers)[0] == 403
        assert studio.request('/runs/First%20take/data', **headers)[0] == 403
    assert not (studio.folder / 'First take' / 'live').exists()


def test_a_port_that_is_taken_is_said(studio, tmp_path):
    port = studio.origin.rpartition(':')[2]
    done = programs.run('studio', tmp_path, f'--port={port}', '--noopen', check=False)
    assert f'Port {port} is taken' in programs.sentence(done)
