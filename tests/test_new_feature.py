"""The recipe of CONTRIBUTING.md for a new feature, followed in a copy of the packages."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import programs

ROOT = Path(__file__).parents[1]
# What the recipe says to change, step by step, for a made-up feature: how hard a note is released.
EDITS = (
    ('loops/pattern.py', "        ('timeshift', '<f4'),\n", "        ('release', '<f4'),\n"),
    ('loops/pattern.py', "VALUES = ('velocity', 'duration', 'timeshift'", ", 'release'"),
    ('loops/stored.py', "('timeshift', '<f4')", ", ('release', '<f4')"),
    ('loops/stored.py', '\nVERSION = ', '1'),
    ('loops/stored.py', 'READABLE = (', '15, '),
    (
        'cutting/cut.py',
        "    cells['timeshift'] = places.timeshift[stays[order]]\n",
        "    cells['release'] = notes.velocity[number] / 2\n",
    ),
    (
        'config/settings.py',
        "FEATURES = ('onset', 'velocity', 'duration', 'timeshift'",
        ", 'release'",
    ),
    (
        'config/settings.py',
        'class LossConfig(Section):\n    """The weights of the features\' losses, and where errors '
        'count."""\n\n',
        "    release: float = define(1.0, 'Weight of the releases.', low=0)\n",
    ),
    ('model/networks.py', "'timeshift': 'tanh'", ", 'release': 'sigmoid'"),
    (
        'evaluation/metrics.py',
        "        ('timeshift_mae_ms', 'timeshift', 'ms'),\n",
        "        ('release_mae', 'release', ''),\n",
    ),
    (
        'evaluation/reconstruction.py',
        "        'timeshift': ('timeshift_mae_ms', half_step),\n",
        "        'release': ('release_mae', 1.0),\n",
    ),
    ('playing/device.py', "'timeshift': 0.0", ", 'release': 0.5"),
    (
        'playing/device.py',
        "    cells['timeshift'] = values['timeshift'][chosen] * grid_offset\n",
        "    cells['release'] = values['release'][chosen]\n",
    ),
    ('pages/tables.py', "    'timeshift_mae_ms',\n", "    'release_mae',\n"),
    (
        'pages/tables.py',
        "    'timeshift_loss': 'timeshift_loss_at_mean',\n",
        "    'release_loss': 'release_loss_at_mean',\n",
    ),
    ('pages/rolls.py', "    if name == 'velocity'", " or name == 'release'"),
)
PRESET = """
from melodyvae_configs import melodyvae


def get_config(fidelity='documented'):
    config = melodyvae.get_config(fidelity)
    config.features = ('onset', 'velocity', 'duration', 'timeshift', 'release')
    return config
"""
CHECK = """
import json, sys
import numpy as np
import melodyvae

run = melodyvae.load_player(sys.argv[1])
(pattern,) = melodyvae.play(run, np.zeros((1, 2)))
loops = melodyvae.load_loops(f'{sys.argv[1]}/data')
assert (loops.cells['release'] == loops.cells['velocity'] / 2).all()
figures = json.load(open(f'{sys.argv[1]}/evaluation.json'))
print(json.dumps([len(pattern), sorted(figures), pattern['release'].tolist()]))
"""


def insert(path: Path, before: str, new: str) -> None:
    text = path.read_text()
    assert text.count(before) == 1, f'{before!r} in {path.name}'
    path.write_text(text.replace(before, before + new))


def test_the_recipe_for_a_feature_works(tmp_path):
    copy = tmp_path / 'copy'
    for name, place in (
        ('melodyvae', 'melodyvae'),
        ('configs', 'melodyvae_configs'),
        ('tfjs_export',) * 2,
    ):
        ignored = shutil.ignore_patterns('node_modules', '__pycache__')
        shutil.copytree(ROOT / name, copy / place, ignore=ignored)
    recipe = (ROOT / 'CONTRIBUTING.md').read_text().partition('## How to add a feature')[2]
    recipe = recipe.partition('\n## ')[0]
    for file, before, new in EDITS:
        assert f'`{file}' in recipe, f'the recipe does not name {file}'
        insert(copy / 'melodyvae' / file, before, new)
    (tmp_path / 'mine.py').write_text(PRESET)
    run = tmp_path / 'run'
    environment = os.environ | {'PYTHONPATH': str(copy)}

    def call(*command: object) -> str:
        done = subprocess.run(
            [sys.executable, *map(str, command)],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=280,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert re.search('copy/melodyvae', call('-c', 'import melodyvae; print(melodyvae.__file__)'))
    start = 'import sys; sys.argv[0] = "train"; from melodyvae.cli.main import run; run()'
    call(
        '-c',
        start,
        f'--midi={programs.GOLDEN_MIDI}',
        f'--run_dir={run}',
        '--quiet',
        '--config=./mine.py',
        '--config.training.epochs=2',
        programs.HELD_OUT,
        *programs.SMALL,
    )
    shown = call('-c', CHECK, run)
    assert 'release_mae' in shown and 'release_loss' in shown
    assert 'Release' in (run / 'report.html').read_text()
    # The presets name their features, so they stay what they are.
    presets = 'import melodyvae; print(*melodyvae.preset("melodyvae").features)'
    assert call('-c', presets).split() == ['onset', 'velocity', 'duration', 'timeshift']
