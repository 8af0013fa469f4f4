"""Chromium, as a person uses it; `tests/browser` holds its scripts."""

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
    chromium = shutil.which('chromium')
    if not chromium:
        pytest.fail('Chromium is missing: apt-get install chromium')
    for folder in (BROWSER, WEB):
        if not (folder / 'node_modules').is_dir():
            pytest.fail(f'Node packages are missing: cd {folder} && npm ci')
    command = ['node', BROWSER / script, chromium, *arguments]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def run_job(job: str, value: Any, folder: Path) -> Any:
    """What a job of `modules.mjs` gives for a value."""
    path = folder / f'{job}.json'
    path.write_text(json.dumps(value))
    return run_script('modules.mjs', job, path)
