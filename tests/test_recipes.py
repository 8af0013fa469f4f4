"""The recipes of CONTRIBUTING.md for a device, a feature and a file format, followed in a copy."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import programs

ROOT = Path(__file__).parents[1]
PACKAGES = {'melodyvae': 'melodyvae', 'configs': 'melodyvae_configs', 'tfjs_export': 'tfjs_export'}
# Text to insert, file by file: file, the text before it, the text.
# A made-up feature: how hard a note is released.
FEATURE_EDITS = (
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
        'evaluation/metrics.csv',
        'for z = z_mean (at 120 bpm)"\n',
        'release_mae,release MAE,,lower,mean absolute error of the releases\n',
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
FEATURE_PRESET = """
from melodyvae_configs import melodyvae


def get_config(fidelity='documented'):
    config = melodyvae.get_config(fidelity)
    config.features = ('onset', 'velocity', 'duration', 'timeshift', 'release')
    return config
"""
FEATURE_CHECK = """
import json, sys
import numpy as np
import melodyvae
from melodyvae.cli.main import run

try:
    sys.argv[0] = 'train'
    run()
except SystemExit as end:
    assert not end.code
player = melodyvae.load_player('run')
(pattern,) = melodyvae.play(player, np.zeros((1, 2)))
loops = melodyvae.load_loops('run/data')
assert (loops.cells['release'] == loops.cells['velocity'] / 2).all()
# The presets name their features, so they stay what they are.
assert melodyvae.preset('melodyvae').features == ('onset', 'velocity', 'duration', 'timeshift')
print(sorted(json.load(open('run/evaluation.json'))), pattern['release'])
"""

# A made-up device with three rows of 16 steps, which plays all of them above a threshold of 0.4.
DEVICE_EDITS = (
    (
        'config/devices.py',
        'DEVICES = {\n',
        "    'trio': Device(\n"
        "        name='Trio',\n"
        "        tfjs='4.22.0',\n"
        "        choice='all',\n"
        '        threshold=0.4,\n'
        '        pad=1.5,\n'
        "        dials=(Dial('swing', '0', 'nobody has played it'),),\n"
        "        own_decoders=(OwnDecoder(2, 48, 'trio'),),\n"
        '    ),\n',
    ),
    ('config/settings.py', '"The device, by the messages that it sends: ', "'trio' (three rows), "),
)
DEVICE_PRESET = """
from melodyvae.config import Config


def get_config(fidelity: str = 'documented') -> Config:
    config = Config(name='trio', fidelity=fidelity, features=('onset', 'velocity'))
    config.device.messages = 'trio'
    config.grid.rows, config.grid.steps, config.grid.lowest_pitch = 3, 16, 60
    return config
"""
DEVICE_CHECK = """
import json, sys
from pathlib import Path
import numpy as np
from melodyvae.config import preset
from melodyvae.config.presets import preset_names
from melodyvae.playing import device, dials, latent, live, metadata

config = preset('trio')
onset = np.zeros((3, 16))
onset[0, 0], onset[2, 0], onset[1, 4] = 0.5, 0.9, 0.3
pattern = device.select({'onset': onset}, config, threshold_min=config.device.threshold_as_loaded)
own, threshold = metadata.identify(Path('model.json'), {}, [48, 48])
print(json.dumps({
    'named': 'trio' in preset_names(),
    'rows': pattern['row'].tolist(),
    'pitches': live.make_live_notes(pattern, config).pitch.tolist(),
    'edge': float(latent.choose_points(config, grid=3).max()),
    'own': [own.name, threshold],
    'dials': [dial.name for dial in dials.choose_dials(config, 0.4)],
    'tensorflow': 'tensorflow' in sys.modules,
}))
"""

# A made-up format: one line per note, with pitch, start and length in quarter notes.
FORMAT_EDITS = (
    (
        'midi/read.py',
        "XML_SUFFIXES = ('.xml', '.musicxml', '.mxl')\n",
        "LINE_SUFFIXES = ('.notes',)\n",
    ),
    (
        'midi/read.py',
        '        return Reading([read_musicxml(Path(path))], [], [])\n',
        '    if suffix.endswith(LINE_SUFFIXES):\n'
        '        return Reading([read_lines(Path(path))], [], [])\n',
    ),
    (
        'midi/read.py',
        'from melodyvae.midi.abc_notation import read_tune_book\n',
        'from melodyvae.midi.note_lines import read_lines\n',
    ),
    ('ingest/find.py', 'ABC_SUFFIXES, MIDI_SUFFIXES', ', LINE_SUFFIXES'),
    ('ingest/find.py', '*ABC_SUFFIXES, *XML_SUFFIXES', ', *LINE_SUFFIXES'),
)
READER = """
from pathlib import Path

import numpy as np

from melodyvae.midi.piece import Metre, Notes, Piece


def read_lines(path: Path) -> Piece:
    pitch, start, length = np.loadtxt(path, ndmin=2).T
    return Piece(
        Notes(pitch.astype(np.int16), np.full(len(pitch), 0.5, np.float32), start, length),
        track=np.zeros(len(pitch), np.int16),
        channel=np.zeros(len(pitch), np.int8),
        unended=np.zeros(len(pitch), bool),
        metres=(Metre(0.0, 4, 4),),
        tempos=(),
        length=float((start + length).max()),
        track_names=('',),
    )
"""
FORMAT_CHECK = """
import json, sys
import melodyvae

loops = melodyvae.read_midi('library', 'melodyvae', quiet=True)
print(json.dumps({'loops': len(loops), 'rows': sorted(loops[0]['row'].tolist())}))
"""


class Copy:
    """A copy of the packages, in which a recipe is followed."""

    def __init__(self, folder: Path):
        self.folder = folder
        ignored = shutil.ignore_patterns('node_modules', '__pycache__')
        for name, place in PACKAGES.items():
            shutil.copytree(ROOT / name, folder / 'copy' / place, ignore=ignored)

    def follow(self, recipe: str, edits: tuple[tuple[str, str, str], ...]) -> None:
        """Inserts text after other text in files that the recipe names."""
        text = (ROOT / 'CONTRIBUTING.md').read_text().partition(f'## How to add {recipe}')[2]
        text = text.partition('\n## ')[0]
        for name, before, new in edits:
            assert f'`{name}' in text, f'the recipe does not name {name}'
            path = self.folder / 'copy' / 'melodyvae' / name
            content = path.read_text()
            assert content.count(before) == 1, f'{before!r} in {name}'
            path.write_text(content.replace(before, before + new))

    def run(self, code: str, *arguments: object) -> str:
        """Returns what Python prints with the copy."""
        ours = f'assert melodyvae.__file__.startswith({str(self.folder)!r}), melodyvae.__file__'
        done = subprocess.run(
            [sys.executable, '-c', f'import melodyvae\n{ours}\n{code}', *map(str, arguments)],
            env=os.environ | {'PYTHONPATH': str(self.folder / 'copy')},
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=280,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def copied(tmp_path) -> Copy:
    return Copy(tmp_path)


def test_the_recipe_for_a_device_works(copied):
    copied.follow('a device', DEVICE_EDITS)
    (copied.folder / 'copy' / 'melodyvae_configs' / 'trio.py').write_text(DEVICE_PRESET)
    assert json.loads(copied.run(DEVICE_CHECK)) == {
        'named': True,
        'rows': [0, 2],
        'pitches': [60, 62],
        'edge': 1.5,
        'own': ['trio', 0.4],
        'dials': ['threshold', 'swing', 'pad'],
        'tensorflow': False,
    }


def test_the_recipe_for_a_file_format_works(copied):
    copied.follow('a file format', FORMAT_EDITS)
    (copied.folder / 'copy' / 'melodyvae' / 'midi' / 'note_lines.py').write_text(READER)
    (copied.folder / 'library').mkdir()
    lines = [f'{60 + step} {step} 1' for step in range(8)]
    (copied.folder / 'library' / 'scale.notes').write_text('\n'.join(lines))
    assert json.loads(copied.run(FORMAT_CHECK)) == {'loops': 1, 'rows': list(range(12, 20))}


def test_the_recipe_for_a_feature_works(copied):
    copied.follow('a feature', FEATURE_EDITS)
    (copied.folder / 'mine.py').write_text(FEATURE_PRESET)
    shown = copied.run(
        FEATURE_CHECK,
        *programs.FEW_MIDI,
        '--run_dir=run',
        '--quiet',
        '--config=./mine.py',
        '--config.training.epochs=1',
        programs.HELD_OUT,
        *programs.SMALL,
    )
    assert 'release_mae' in shown and 'release_loss' in shown
    assert 'Release' in (copied.folder / 'run' / 'report.html').read_text()
