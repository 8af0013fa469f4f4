"""The notebooks as a reader runs them: from top to bottom, in this Python, in their own folder."""

import json
import os
import re
import zipfile
from pathlib import Path

import nbclient
import nbformat
import pytest

from melodyvae.midi.read import read_pieces
from melodyvae.runs.folder import RunFolder
from melodyvae.runs.load import load_player

import programs

NOTEBOOKS = Path(__file__).parents[1] / 'notebooks'
NAMES = ('train_on_your_midi', 'explore_latent_space')
SETTINGS = 1  # number of the cell that a reader changes
SHORT = 2  # epochs, of the ten that the notebooks train
LOOPS = 60  # of the folk tunes, all of which `make demo` takes
SMALL = (
    'config.model.hidden = config.model.decoder_hidden = 64; config.pad.tiles = 12; '
    'config.data.learn_all_below = 0'
)
RUN = Path('runs/notebook')  # what both notebooks call their run folder
DECODER = 'melodyvae.model'

# What may stand on pink ground: TensorFlow's words on the computer, and what training says.
START_UP = re.compile(
    r'WARNING: All log messages before absl::InitializeLog'
    r'|[IWE]0000 '
    r'|\d{4}-\d\d-\d\d [\d:.]+: [IWE] '  # TensorFlow before 2.21
    r'|$'
)
PROGRESS = re.compile(r'epoch \d+/\d+ |Training |Making |Writing |\S+ plays\. |$')


def read(name: str) -> nbformat.NotebookNode:
    return nbformat.read(NOTEBOOKS / f'{name}.ipynb', as_version=4)


def execute(
    name: str, folder: Path, paths: str = '', **settings: object
) -> dict[str, nbformat.NotebookNode]:
    """Runs a notebook with a small model on fewer tunes; returns its code cells by id.

    Args:
      paths: where its Python looks for more modules.
      settings: new values of its settings.
    """
    notebook = read(name)
    for setting, value in settings.items():
        cell = notebook.cells[SETTINGS]
        cell.source, count = re.subn(
            rf'^{setting} = .*$', f'{setting} = {value!r}', cell.source, flags=re.MULTILINE
        )
        assert count == 1
    for cell in notebook.cells:
        cell.source = re.sub(r'read_folk_tunes\(.*?\)', rf'\g<0>[:{LOOPS}]', cell.source)
        if 'MY_MIDI' not in settings:  # a small model of few files is silent
            cell.source = re.sub('(?m)^ *config = .*', rf'\g<0>; {SMALL}', cell.source)
    client = nbclient.NotebookClient(
        notebook,
        timeout=None,  # pytest has one
        kernel_name='python3',
        resources={'metadata': {'path': folder}},
    )
    # Without what pytest has set, so that a notebook does not lean on it.
    environment = {key: value for key, value in os.environ.items() if not key.startswith('TF_')}
    environment |= {'IPYTHONDIR': str(folder / '.ipython'), 'PYTHONPATH': paths}
    client.execute(env=environment)
    return {cell.id: cell for cell in notebook.cells if cell.cell_type == 'code'}


def stream(cell: nbformat.NotebookNode, name: str) -> str:
    """What a cell wrote to stdout or stderr."""
    return ''.join(output.text for output in cell.outputs if output.get('name') == name)


def complaints(cells: dict[str, nbformat.NotebookNode]) -> list[str]:
    """Lines on stderr that a reader would have to think about."""
    expected = dict.fromkeys(('fit', 'run'), PROGRESS)
    nothing = re.compile('$')
    return [
        f'{name}: {line}'
        for name, cell in cells.items()
        for line in stream(cell, 'stderr').splitlines()
        if not START_UP.match(line) and not expected.get(name, nothing).match(line)
    ]


def shown(cells: dict[str, nbformat.NotebookNode], kind: str, marker: str) -> set[str]:
    """Cells with an output of a MIME type that has `marker` in it."""
    return {
        name
        for name, cell in cells.items()
        for output in cell.outputs
        if marker in output.get('data', {}).get(kind, '')
    }


def pictures(cells: dict[str, nbformat.NotebookNode]) -> set[str]:
    return shown(cells, 'image/png', 'iVBORw0KGgo')  # PNG's signature in base64


def players(cells: dict[str, nbformat.NotebookNode]) -> set[str]:
    return shown(cells, 'text/html', 'src="data:audio/wav;base64,')


def held_out_losses(text: str) -> list[float]:
    """The held-out loss at beta 1 of each epoch in printed progress."""
    return [float(loss) for loss in re.findall(r' held-out loss ([\d.]+) ', text)]


@pytest.fixture(scope='module')
def own(tmp_path_factory):
    """Both notebooks, one after the other, on MIDI files of one's own and with another system."""
    folder = tmp_path_factory.mktemp('own')
    settings = {'PRESET': 'melodyvae_original', 'FIDELITY': 'js', 'EPOCHS': SHORT}
    trained = execute(NAMES[0], folder, MY_MIDI=str(programs.GOLDEN_MIDI), **settings)
    model = RunFolder(folder / RUN).model_path.read_bytes()
    tune = programs.GOLDEN_MIDI / 'humanized_97.mid'
    return folder, trained, model, execute(NAMES[1], folder, MY_TUNE=str(tune))


@pytest.mark.parametrize('name', [*NAMES, 'drums', 'colab'])
def test_stored_without_outputs(name):
    notebook = read(name)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        assert not cell.metadata
        if cell.cell_type == 'code':
            assert not cell.outputs
            assert cell.execution_count is None


def test_train_on_the_folk_tunes(tmp_path):
    cells = execute(NAMES[0], tmp_path, EPOCHS=SHORT)
    assert complaints(cells) == []
    losses = held_out_losses(stream(cells['fit'], 'stderr'))
    assert len(losses) == SHORT
    assert losses[-1] < losses[0]
    assert pictures(cells) == {'rolls', 'curves', 'generate'}
    assert players(cells) == {'listen'}

    run = RunFolder(tmp_path / RUN)
    assert run.finished
    assert run.summary['objective'] == pytest.approx(losses[-1], abs=0.01)  # printed digits
    for path in [*run.midi.iterdir(), run.path / 'eight.mid']:
        assert len(read_pieces(path).pieces[0].notes)
    player = load_player(run.path / 'for_max' / 'mine.model')
    assert player.encoder
    assert player.threshold == run.config.device.threshold_as_loaded  # its dial stays where it is
    assert str(Path('for_max', 'mine.model')) in stream(cells['export'], 'stdout')


def test_explore_from_nothing(tmp_path):
    cells = execute(NAMES[1], tmp_path, EPOCHS=1)
    assert complaints(cells) == []
    assert len(held_out_losses(stream(cells['run'], 'stderr'))) == 1
    assert pictures(cells) == {'map', 'grid', 'point', 'interpolate', 'compare', 'bend'}
    assert players(cells) == {'listenpoint', 'listenwalk', 'listentune', 'listenbend'}
    tune = stream(cells['encode'], 'stdout').splitlines()
    assert [line.split(':')[0] for line in tune] == [f'loop {number}' for number in range(4)]

    run = RunFolder(tmp_path / RUN)
    assert run.finished
    assert (run.path / DECODER / 'weights.bin').is_file()


def test_train_on_ones_own_midi(own):
    folder, cells, *_ = own
    assert complaints(cells) == []
    assert 'empty.mid' in stream(cells['loops'], 'stdout')
    run = RunFolder(folder / RUN)
    assert set(run.loops().files) <= {path.name for path in programs.GOLDEN_MIDI.iterdir()}
    assert (run.config.name, run.config.fidelity) == ('melodyvae_original', 'js')
    topology = json.loads((run.path / 'melodyvae_original.model' / 'model.json').read_text())
    assert topology['userDefinedMetadata']['training']['epochs'] == SHORT


def test_explore_takes_the_run_and_a_tune_of_ones_own(own):
    folder, _, model, cells = own
    assert complaints(cells) == []
    assert not cells['run'].outputs
    assert RunFolder(folder / RUN).model_path.read_bytes() == model
    assert stream(cells['encode'], 'stdout').startswith('loop 0: z1 = ')
    assert not (folder / RUN / 'ode_to_joy.abc').exists()


COLAB_FILES = """
import shutil
from pathlib import Path


def upload():
    return {{path.name: path.read_bytes() for path in Path({uploaded!r}).iterdir()}}


def download(path):
    shutil.copy(path, {downloaded!r})
"""


def test_colab_takes_clips_and_gives_page_and_model(tmp_path):
    """Runs it with the files of Colab replaced by local ones."""
    for name in ('modules/google/colab', 'downloaded', 'colab'):
        (tmp_path / name).mkdir(parents=True)
    clips = programs.copy_few(tmp_path / 'clips')
    code = COLAB_FILES.format(uploaded=str(clips), downloaded=str(tmp_path / 'downloaded'))
    (tmp_path / 'modules' / 'google' / 'colab' / 'files.py').write_text(code)
    cells = execute('colab', tmp_path / 'colab', str(tmp_path / 'modules'), EPOCHS=1)
    assert complaints(cells) == []
    [archive] = (tmp_path / 'downloaded').iterdir()
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(tmp_path / 'unpacked')
    assert '<canvas' in (tmp_path / 'unpacked' / 'play.html').read_text()
    assert load_player(tmp_path / 'unpacked' / 'melodyvae.model').threshold > 0
