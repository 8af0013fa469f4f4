"""The launcher of the studio, with a made-up uv that installs this checkout's programs."""

import os
import shlex
import shutil
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

LAUNCHERS = Path(__file__).parents[1] / 'launchers'
# The studio answers its secret address with a cookie.
OPENER = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
UV = """#!/bin/sh
echo "$@" >> {log}
case "$*" in
  'tool dir --bin') echo {programs} ;;
  'tool install '*) {install} ;;
esac
"""
PROGRAM = """#!/bin/sh
exec {python} -c 'from melodyvae.cli.main import run; run()' "$@"
"""


@pytest.fixture
def home(tmp_path) -> Path:
    """A home folder, with the programs that the launcher finds on its path."""
    (tmp_path / 'path').mkdir()
    for name in ('dirname', 'mkdir'):
        (tmp_path / 'path' / name).symlink_to(shutil.which(name))
    (tmp_path / 'programs').mkdir()
    return tmp_path


def write_program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def add_uv(home: Path, install: str) -> None:
    """Adds a uv that runs `install`, a shell command, to install melodyvae."""
    words = {'log': home / 'log', 'programs': home / 'programs'}
    quoted = {name: shlex.quote(str(path)) for name, path in words.items()}
    write_program(home / 'path' / 'uv', UV.format(install=install, **quoted))


def start(home: Path, *arguments: str, suffix: str = 'sh') -> subprocess.Popen:
    return subprocess.Popen(
        ['/bin/sh', LAUNCHERS / f'Melodyvae Studio.{suffix}', *arguments],
        env=os.environ | {'HOME': str(home), 'PATH': str(home / 'path')},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.mark.parametrize('suffix', ['sh', 'command'])
def test_it_installs_and_opens_the_studio(home, suffix):
    write_program(home / 'melodyvae', PROGRAM.format(python=shlex.quote(sys.executable)))
    add_uv(home, f'/bin/cp {shlex.quote(str(home))}/melodyvae {shlex.quote(str(home))}/programs')
    with start(home, '--port=0', '--noopen', suffix=suffix) as launcher:
        try:
            launcher.stdout.readline()
            address = launcher.stdout.readline().split()[-1]
            with OPENER.open(address, timeout=60) as answer:
                assert b'<title>' in answer.read()
        finally:
            os.killpg(launcher.pid, signal.SIGTERM)
    installed = (home / 'log').read_text().splitlines()[-1]
    assert installed.endswith(f'{LAUNCHERS.parent}[demo,studio]')
    assert (home / 'Melodyvae').is_dir()


def test_it_says_where_to_find_uv(home):
    stderr = start(home).communicate(timeout=60)[1]
    assert 'https://docs.astral.sh/uv/' in stderr


def test_it_says_that_nothing_could_be_installed(home):
    add_uv(home, 'exit 2')
    launcher = start(home)
    assert 'Check the internet connection' in launcher.communicate(timeout=60)[1]
    assert launcher.returncode == 1


def test_it_opens_what_is_installed_if_there_is_no_update(home):
    write_program(home / 'programs' / 'melodyvae', '#!/bin/sh\necho "opened $*"\n')
    add_uv(home, 'exit 2')
    stdout, stderr = start(home, 'runs').communicate(timeout=60)
    assert 'could not be updated' in stderr
    assert stdout.endswith('opened studio runs\n')


def test_each_system_has_one():
    assert {path.suffix for path in LAUNCHERS.iterdir()} == {'.sh', '.command', '.bat'}
    batch = (LAUNCHERS / 'Melodyvae Studio.bat').read_bytes()
    assert batch.count(b'\r\n') == batch.count(b'\n')
    for suffix in ('sh', 'command'):
        assert os.access(LAUNCHERS / f'Melodyvae Studio.{suffix}', os.X_OK)
