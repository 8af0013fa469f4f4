"""Chromium, as a person uses it; `tests/browser` holds its scripts."""

import atexit
import functools
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

BROWSER = Path(__file__).parent / 'browser'
WEB = Path(__file__).parents[1] / 'web'


def run_script(script: str, *arguments: object) -> Any:
    """What a script of `tests/browser` prints, from JSON; its first argument is Chromium."""
    done = subprocess.run(command(script, *arguments), capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def assert_sound(views: list[dict]) -> None:
    """Asserts that a page is whole and clear in all its views; see `lookAround`."""
    assert {(view['width'], view['colorScheme']) for view in views} == {
        (width, scheme) for width in (1280, 400) for scheme in ('light', 'dark')
    }
    for view in views:
        place = f'{view["width"]} {view["colorScheme"]}'
        for trouble in ('cutOff', 'outside', 'squeezed', 'faint', 'pale', 'unnamed'):
            assert view[trouble] == [], place
        assert (view['overflow'], view['brokenImages'], view['unnamedImages']) == (0, 0, 0), place
    light, dark = (
        {view['background'] for view in views if view['colorScheme'] == scheme}
        for scheme in ('light', 'dark')
    )
    assert light.isdisjoint(dark)


def command(script: str, *arguments: object) -> list[str]:
    chromium = shutil.which('chromium')
    if not chromium:
        pytest.fail('Chromium is missing: apt-get install chromium')
    for folder in (BROWSER, WEB):
        if not (folder / 'node_modules').is_dir():
            pytest.fail(f'Node packages are missing: cd {folder} && npm ci')
    return list(map(str, ['node', BROWSER / script, chromium, *arguments]))


def run_job(job: str, value: Any) -> Any:
    """What a job of `modules.mjs` gives for a value."""
    jobs = start_jobs()
    assert jobs.stdin and jobs.stdout
    jobs.stdin.write(json.dumps([job, value]) + '\n')
    jobs.stdin.flush()
    answer = json.loads(jobs.stdout.readline())
    assert 'error' not in answer, answer['error']
    return answer['value']


@functools.cache
def start_jobs() -> subprocess.Popen:
    """Starts the Chromium that all jobs of this process share."""
    jobs = subprocess.Popen(
        command('modules.mjs'), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    atexit.register(jobs.communicate)  # closes its input, which ends it
    return jobs
