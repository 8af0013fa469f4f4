"""The wheel, in an environment that knows nothing of the checkout."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from melodyvae.cli.main import PROGRAMS

ROOT = Path(__file__).parents[1]
PACKAGES = {'melodyvae': 'melodyvae', 'configs': 'melodyvae_configs', 'tfjs_export': 'tfjs_export'}
LEFT_OUT = shutil.ignore_patterns('node_modules', '__pycache__')
INSTALLED = Path(importlib.util.find_spec('tensorflow').origin).parents[1]  # what wheels depend on


@pytest.fixture(scope='module')
def wheel(tmp_path_factory) -> Path:
    """Built from a copy, since building writes into its folder."""
    source = tmp_path_factory.mktemp('source') / 'melodyvae'
    for package in PACKAGES:
        shutil.copytree(ROOT / package, source / package, ignore=LEFT_OUT)
    for name in ('setup.py', 'pyproject.toml', 'README.md', 'LICENSE'):
        shutil.copy(ROOT / name, source)
    folder = tmp_path_factory.mktemp('wheel')
    pip('wheel', source, '--no-deps', '--no-build-isolation', f'--wheel-dir={folder}')
    [built] = folder.iterdir()
    return built


@pytest.fixture(scope='module')
def environment(wheel, tmp_path_factory) -> Path:
    """A virtual environment with the wheel; what it depends on is lent by this one."""
    folder = tmp_path_factory.mktemp('environment') / 'with a space'
    subprocess.run([sys.executable, '-m', 'venv', '--without-pip', folder], check=True)
    python = folder / 'bin' / 'python'
    printed = subprocess.run(
        [python, '-c', 'import sysconfig; print(sysconfig.get_path("purelib"))'],
        capture_output=True,
        text=True,
        check=True,
    )
    (Path(printed.stdout.strip()) / 'lent.pth').write_text(f'{INSTALLED}\n')
    pip(f'--python={python}', 'install', '--no-deps', '--no-index', '--force-reinstall', wheel)
    return folder


def pip(*arguments: object) -> None:
    command = [sys.executable, '-m', 'pip', '--disable-pip-version-check', *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stdout + done.stderr


def run(environment: Path, folder: Path, program: str, *arguments: object) -> str:
    """What a program prints that is run in a folder as somebody who installed the wheel does."""
    clean = {name: value for name, value in os.environ.items() if name != 'PYTHONPATH'}
    done = subprocess.run(
        [environment / 'bin' / program, *map(str, arguments)],
        cwd=folder,
        env=clean,
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_holds_all_that_the_packages_hold(wheel):
    held = set(zipfile.ZipFile(wheel).namelist())
    for folder, package in PACKAGES.items():
        for path in (ROOT / folder).rglob('*'):
            inside = path.relative_to(ROOT / folder)
            if path.is_file() and not {'node_modules', '__pycache__'} & set(inside.parts):
                assert f'{package}/{inside.as_posix()}' in held
    assert not [name for name in held if name.startswith('tests') or 'node_modules' in name]


def test_all_comes_from_the_wheel(environment, tmp_path):
    names = ', '.join(PACKAGES.values())
    code = f'import {names}; print(*(x.__path__[0] for x in ({names})), sep="\\n")'
    places = run(environment, tmp_path, 'python', '-c', code)
    assert all(Path(place).is_relative_to(environment) for place in places.splitlines())
    scripts = {path.name for path in (environment / 'bin').glob('melodyvae*')}
    assert scripts == {'melodyvae', *(f'melodyvae_{program}' for program in PROGRAMS)}


RUN_NOTEBOOK = """
import re, sys, nbclient, nbformat
notebook = nbformat.read(sys.argv[1], as_version=4)
notebook.cells[1].source = re.sub('(?m)^EPOCHS = .*', 'EPOCHS = 1', notebook.cells[1].source)
small = 'config.model.hidden = config.model.decoder_hidden = 8; config.pad.tiles = 12'
for cell in notebook.cells:
    cell.source = re.sub('(?m)^config = .*', rf'\\g<0>; {small}', cell.source)
nbclient.NotebookClient(notebook, timeout=None, kernel_name='python3').execute()
"""


@pytest.mark.timeout(900)
def test_a_notebook_trains_and_programs_play(environment, tmp_path):
    """The other notebooks, which test_notebooks.py runs, come in by the same front door."""
    notebook = ROOT / 'notebooks' / 'drums.ipynb'
    run(environment, tmp_path, 'python', '-c', RUN_NOTEBOOK, notebook)
    trained = tmp_path / 'runs' / 'drums'
    assert (trained / 'nine.mid').is_file() and (trained / 'report.html').is_file()
    model = trained / 'drums.model'
    flags = ['--output=new', '--grid=2', '--threshold_min=0', '--json']
    rows = json.loads(run(environment, tmp_path, 'melodyvae_generate', model, *flags))
    assert all((tmp_path / 'new' / row['file']).is_file() for row in rows)
    run(environment, tmp_path, 'melodyvae', 'play', model, '--output=pad.html')
    assert '<canvas' in (tmp_path / 'pad.html').read_text()


def test_presets_are_known_by_name(environment, tmp_path):
    help_text = run(environment, tmp_path, 'melodyvae', 'train', '--help')
    for config in (ROOT / 'configs').glob('[!_]*.py'):
        assert config.stem in help_text
