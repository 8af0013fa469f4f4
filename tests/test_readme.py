"""Every command of the README runs; the trainings are shortened, `make demo` does one in full."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import programs

ROOT = Path(__file__).parents[1]
README = (ROOT / 'README.md').read_text()
SHORT = ' --config.training.epochs=1'


def blocks(language: str) -> list[str]:
    return re.findall(rf'```{language}\n(.*?)```', README, re.DOTALL)


@pytest.mark.timeout(900)
def test_commands_run_in_order(tmp_path):
    shutil.copytree(programs.GOLDEN_MIDI, tmp_path / 'my_midi')
    lines = [line for block in blocks('bash') for line in block.splitlines() if line]
    commands = [line for line in lines if line.startswith('melodyvae ')]
    # make demo and make test, which CI runs; uv, as which test_wheel.py installs
    assert len(commands) == len(lines) - 3
    for command in commands:
        short = SHORT if command.startswith('melodyvae train ') else ''
        if short and not re.search('--midi|--dataset', command):
            short += ' --midi=my_midi'  # `make demo` trains on the folk tunes
        done = subprocess.run(
            f'{Path(sys.executable).parent / command}{short}',
            shell=True,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, f'{command}\n{done.stderr}'
    assert (tmp_path / 'for_max' / 'melodyvae.model' / 'model.json').is_file()
    [notebook] = blocks('python')
    done = subprocess.run(
        [sys.executable, '-c', notebook], cwd=tmp_path, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr


def test_files_that_the_readme_names_exist():
    for target in re.findall(r'\]\(([^)#]+)\)', README):
        assert target.startswith('https://') or (ROOT / target).exists(), target
    for config in re.findall(r'^\| `(\w+)`', README, flags=re.MULTILINE):
        assert (ROOT / 'configs' / f'{config}.py').is_file(), config
