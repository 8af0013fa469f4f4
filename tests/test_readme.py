"""Every command of the README runs; the trainings are shortened, `make demo` does one in full."""

import re
import shlex
from pathlib import Path

import pytest

import programs

ROOT = Path(__file__).parents[1]
README = (ROOT / 'README.md').read_text()
SHORT = ' '.join(['', '--config.training.epochs=1', *programs.SMALL])
SMALL = 'config.model.hidden = config.model.decoder_hidden = 8; config.pad.tiles = 12'


def blocks(language: str) -> list[str]:
    return re.findall(rf'```{language}\n(.*?)```', README, re.DOTALL)


@pytest.mark.timeout(900)
def test_commands_run_in_order(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    programs.copy_few(tmp_path / 'my_midi')
    lines = [line for block in blocks('bash') for line in block.splitlines() if line]
    commands = [line for line in lines if line.startswith('melodyvae ')]
    # make demo and make test, which CI runs; uv, as which test_wheel.py installs
    assert len(commands) == len(lines) - 3
    for command in commands:
        short = SHORT if command.startswith('melodyvae train ') else ''
        if short and not re.search('--midi|--dataset', command):
            short += ' --midi=my_midi'  # `make demo` trains on the folk tunes
        programs.run_here(*shlex.split(command + short)[1:], check=True)
    assert (tmp_path / 'for_max' / 'melodyvae.model' / 'model.json').is_file()
    [code] = blocks('python')
    short, count = re.subn(r'(?m)^config = .*', rf'\g<0>; {SMALL}', code)
    assert count == 1
    exec(compile(short, 'README.md', 'exec'), {})


def test_files_that_the_readme_names_exist():
    for target in re.findall(r'\]\(([^)#]+)\)', README):
        assert target.startswith('https://') or (ROOT / target).exists(), target
    for config in re.findall(r'^\| `(\w+)`', README, flags=re.MULTILINE):
        assert (ROOT / 'configs' / f'{config}.py').is_file(), config
