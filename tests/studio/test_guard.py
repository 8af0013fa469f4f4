"""Access to the studio, security headers, and limits of requests."""

import contextlib
import select
import signal
import socket
import subprocess
import time
from collections.abc import Iterator

import pytest

from melodyvae.studio import connection, guard
from melodyvae.studio.guard import MAX_BODY, TOO_LARGE

import programs
from studios import Studio, open_studio


@pytest.fixture(scope='module')
def studio(tmp_path_factory):
    with open_studio(tmp_path_factory.mktemp('guard') / 'runs') as opened:
        yield opened


@contextlib.contextmanager
def connect(studio: Studio, *lines: str) -> Iterator[socket.socket]:
    """A connection on which a request begins with these lines and the token."""
    host, _, port = studio.origin.removeprefix('http://').rpartition(':')
    with socket.create_connection((host, int(port)), timeout=60) as client:
        head = [*lines, f'Host: {host}:{port}', f'Cookie: melodyvae_studio={studio.token}']
        client.sendall('\r\n'.join(head).encode())
        yield client


def read_status(client: socket.socket) -> int:
    return int(client.recv(65536).split()[1])


@pytest.mark.parametrize(
    'others', ['a,b=c', 'foo(bar)=1', 'x="unclosed; y', 'melodyvae_studio_old=1', 'k\xe4se=\xe9']
)
def test_cookies_of_other_programs_do_no_harm(studio, others):
    for cookie in (f'{others}; melodyvae_studio={studio.token}',
                   f'melodyvae_studio={studio.token}; {others}'):  # fmt: skip
        assert studio.request('/', cookie=False, Cookie=cookie)[0] == 200
    assert studio.request('/', cookie=False, Cookie=others)[0] == 403


def test_every_response_has_security_headers(studio):
    for path, cookie in (('/', True), ('/', False), ('/runs/none/play', True), ('/nowhere', True)):
        _, _, headers = studio.request(path, cookie=cookie)
        headers = {name.lower(): value for name, value in headers.items()}
        assert headers['x-frame-options'] == 'DENY'
        assert headers['x-content-type-options'] == 'nosniff'
        assert headers['referrer-policy'] == 'no-referrer'
        assert headers['cache-control'] == 'no-store'
        policy = headers['content-security-policy']
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
        assert 'unsafe' not in policy


def test_a_body_without_a_length_is_refused_as_too_large(studio):
    chunk = b'%x\r\n' % 2**20 + bytes(2**20) + b'\r\n'
    lines = ('POST /runs HTTP/1.1', 'Content-Type: multipart/form-data; boundary=b',
             'Transfer-Encoding: chunked')  # fmt: skip
    with connect(studio, *lines) as client:
        client.sendall(b'\r\n\r\n')
        head = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.mid"\r\n\r\n'
        client.sendall(b'%x\r\n' % len(head) + head + b'\r\n')
        for _ in range((MAX_BODY >> 20) + 2):
            if select.select([client], [], [], 0)[0]:
                break
            with contextlib.suppress(ConnectionError):
                client.sendall(chunk)
        answer = b''
        while TOO_LARGE.encode() not in answer:
            answer += client.recv(65536)
    assert answer.startswith(b'HTTP/1.1 413 ')


def test_a_length_that_is_no_number_is_refused(studio):
    with connect(studio, 'POST /runs HTTP/1.1', 'Content-Length: many') as client:
        client.sendall(b'\r\n\r\n')
        assert read_status(client) in (400, 413)


def hurry() -> None:
    """Makes a studio wait a second where others wait longer."""
    connection.HEAD_SECONDS = guard.BODY_SECONDS = 1


@pytest.fixture
def hasty(tmp_path):
    with open_studio(tmp_path / 'runs', prepare=hurry) as opened:
        yield opened


def test_half_sent_requests_and_endless_bodies_end(hasty):
    with contextlib.ExitStack() as stack:
        half = [stack.enter_context(connect(hasty, 'GET / HTTP/1.1')) for _ in range(50)]
        for client in half:
            assert client.recv(100) == b''  # it was closed
    lines = ('POST /runs HTTP/1.1', 'Content-Type: multipart/form-data; boundary=b')
    with connect(hasty, *lines, 'Content-Length: 1000') as client:
        client.sendall(b'\r\n\r\n--b\r\n')
        answer = b''.join(iter(lambda: client.recv(65536), b''))  # until it is closed
        assert answer.startswith(b'HTTP/1.1 408 ')
    with connect(hasty, 'GET / HTTP/1.1', 'Content-Length: 1000') as client:
        client.sendall(b'\r\n\r\n')
        assert read_status(client) == 200
        client.settimeout(10)
        while client.recv(65536):
            pass
    # A stream stays open, since its request was complete.
    with connect(hasty, 'GET /events HTTP/1.1') as client:
        client.sendall(b'\r\n\r\n')
        assert read_status(client) == 200
        time.sleep(3)
        client.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            assert client.recv(65536) != b''
    assert connection.HEAD_SECONDS > 1 and guard.BODY_SECONDS > 1  # of all others


def test_an_upload_that_breaks_off_leaves_nothing(studio):
    before = sorted((studio.folder / '.studio').iterdir())
    lines = ('POST /runs HTTP/1.1', 'Content-Type: multipart/form-data; boundary=b')
    with connect(studio, *lines, f'Content-Length: {2**22}') as client:
        client.sendall(b'\r\n\r\n--b\r\nContent-Disposition: form-data; name="name"\r\n\r\nx\r\n')
        client.sendall(b'--b\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\n')
        client.sendall(bytes(2**21))
    assert studio.request('/')[0] == 200
    assert sorted((studio.folder / '.studio').iterdir()) == before


def test_a_link_in_place_of_a_folder_is_a_sentence(studio, tmp_path):
    (studio.folder / '.studio' / 'linked').symlink_to(tmp_path)
    midi = programs.GOLDEN_MIDI / 'chords.mid'
    assert 'linked is not a plain folder' in studio.train('linked', files=(midi,))
    assert list(tmp_path.iterdir()) == []
    (studio.folder / '.studio' / 'locked.lock').symlink_to(tmp_path / 'victim')
    assert 'locked.lock is not a plain file' in studio.train('locked', files=(midi,))
    assert not (tmp_path / 'victim').exists()
    assert not (studio.folder / '.studio' / 'locked').exists()


def test_ctrl_c_with_open_streams_is_one_line(tmp_path):
    with open_studio(tmp_path / 'runs') as studio, contextlib.ExitStack() as stack:
        for _ in range(5):
            client = stack.enter_context(connect(studio, 'GET /events HTTP/1.1'))
            client.sendall(b'\r\n\r\n')
            assert read_status(client) == 200
        studio.program.send_signal(signal.SIGINT)
        ended = studio.program.wait()
        printed = ['Press Ctrl-C to close it.', 'The studio is closed.']
        assert (ended.stdout.splitlines()[1:], ended.stderr) == (printed, '')
        assert ended.returncode == 0


def test_a_full_disk_is_a_sentence(tmp_path):
    disk = tmp_path / 'disk'
    disk.mkdir()
    mount = ['mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]
    if subprocess.run(mount, capture_output=True).returncode:
        disk = tmp_path / 'quota'
        disk.mkdir()
    song = tmp_path / 'a.mid'
    song.write_bytes(bytes(2**20))
    try:
        with open_studio(disk / 'runs') as studio:
            if disk.name == 'quota':  # without the right to mount: a folder that takes no file
                (studio.folder / '.studio').chmod(0o500)
            assert 'cannot read or write its files' in studio.train('full', files=(song,))
            assert [p.name for p in (studio.folder / '.studio').iterdir()] == []
    finally:
        subprocess.run(['umount', disk], capture_output=True)
