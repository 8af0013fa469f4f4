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
    """What a script of `tests/browser` returns."""
    return _run(script, *map(str, arguments))


def run_job(job: str, value: Any) -> Any:
    """What a job of `modules.mjs` returns for a value."""
    return _run('modules.mjs', job, value)


def _run(*request: Any) -> Any:
    runner = _start()
    assert runner.stdin and runner.stdout
    runner.stdin.write(json.dumps(request) + '\n')
    runner.stdin.flush()
    answer = json.loads(runner.stdout.readline())
    assert 'error' not in answer, answer['error']
    return answer['value']


@functools.cache
def _start() -> subprocess.Popen:
    """Starts the Chromium that all scripts of this process share."""
    chromium = shutil.which('chromium')
    if not chromium:
        pytest.fail('Chromium is missing: apt-get install chromium')
    for folder in (BROWSER, WEB):
        if not (folder / 'node_modules').is_dir():
            pytest.fail(f'Node packages are missing: cd {folder} && npm ci')
    runner = subprocess.Popen(
        ['node', BROWSER / 'run.mjs', chromium],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    atexit.register(runner.communicate)  # closes its input, which ends it
    return runner


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
