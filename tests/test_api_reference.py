"""The reference of the public names, and their types, as a program of a user meets them."""

import re
import subprocess
import sys
from pathlib import Path

import pdoc
import pytest

import melodyvae
from melodyvae.midi.note_sequence import note_seq

ROOT = Path(__file__).parents[1]
SCRIPT = """
import numpy as np

import melodyvae

config = melodyvae.preset('drums')
loops = melodyvae.read_midi('my_midi', config)
data = melodyvae.training_data(loops, config)
model = melodyvae.MelodyVAE(config)
run = melodyvae.train(config, 'runs/mine', loops=loops, init_from='runs/folk')
player = melodyvae.load_player(run)
for pattern in melodyvae.play(player, np.zeros((1, 2)), threshold_min=0.3, polyphonic=True):
    print(len(pattern))
"""


def test_the_reference_has_all_public_names_and_loads_nothing(tmp_path):
    note_seq()  # imports it without its warnings
    pdoc.render.configure(docformat='google')
    pdoc.pdoc('melodyvae', r'!melodyvae\.', output_directory=tmp_path)
    page = (tmp_path / 'melodyvae.html').read_text()
    for name in melodyvae.__all__:
        assert f'id="{name}"' in page, name
    assert '<h6 id="arguments">' in page, 'docstrings are formatted'
    for file in tmp_path.rglob('*.html'):
        assert not re.findall(r'(?:src|@import|<link[^>]*href)="?\s*https?:', file.read_text())


def run_mypy(*paths: Path) -> str:
    """Returns what mypy prints for files, or for all files of the project."""
    command = [sys.executable, '-m', 'mypy', *map(str, paths)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout


@pytest.mark.timeout(900)
def test_the_types_of_the_project_are_right():
    """As `make lint` says; here beside other tests, since it takes half a minute of one core."""
    assert run_mypy().startswith('Success')


def check(script: str, folder: Path) -> str:
    """Returns what mypy prints for a script of a user."""
    path = folder / 'script.py'
    path.write_text(script)
    return run_mypy(path)


def test_a_script_of_a_user_is_checked(tmp_path):
    assert check(SCRIPT, tmp_path).startswith('Success')
    mistakes = SCRIPT
    for right, wrong in (
        ('threshold_min=0.3', 'threshold_min="0.3"'),
        ('polyphonic=True', 'polyphony=True'),
        ("preset('drums')", 'preset(3)'),
    ):
        assert right in mistakes
        mistakes = mistakes.replace(right, wrong)
    assert 'Found 3 errors in 1 file' in check(mistakes, tmp_path)
