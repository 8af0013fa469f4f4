"""The notebooks as a reader runs them: from top to bottom, in this Python, in their own folder."""

import os
import re
import zipfile
from collections.abc import Sequence
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
    name: str, folder: Path, paths: str = '', again: Sequence[str] = (), **settings: object
) -> dict[str, nbformat.NotebookNode]:
    """Runs a notebook with a small model on fewer tunes; returns its code cells by id.

    Args:
      paths: where its Python looks for more modules.
      again: ids of cells that a reader runs again at the end, as `ID-again`, or code to run there.
      settings: new values of its settings.
    """
    notebook = read(name)
    cells = {cell.id: cell for cell in notebook.cells}
    for setting, value in settings.items():
        cell = cells['settings']
        cell.source, count = re.subn(
            rf'^{setting} = .*$', f'{setting} = {value!r}', cell.source, flags=re.MULTILINE
        )
        assert count == 1
    for cell in notebook.cells:
        cell.source = re.sub(r'read_folk_tunes\(.*?\)', rf'\g<0>[:{LOOPS}]', cell.source)
        cell.source = re.sub('(?m)^ *config = .*', rf'\g<0>; {SMALL}', cell.source)
    for each in again:
        known = each in cells
        name, source = (each, cells[each].source) if known else ('settings', each)
        notebook.cells.append(nbformat.v4.new_code_cell(source, id=f'{name}-again'))
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
    expected = dict.fromkeys(('fit', 'run', 'run-again'), PROGRESS)
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
def trained(tmp_path_factory):
    """A folder, and the first notebook run there: on folk tunes, then read again with own MIDI."""
    folder = tmp_path_factory.mktemp('notebooks')
    own = f"MY_MIDI, PRESET, FIDELITY = {str(programs.GOLDEN_MIDI)!r}, 'melodyvae_original', 'js'"
    return folder, execute(NAMES[0], folder, again=(own, 'preset', 'loops'), EPOCHS=SHORT)


@pytest.mark.parametrize('name', [*NAMES, 'drums', 'colab'])
def test_stored_without_outputs(name):
    notebook = read(name)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        assert not cell.metadata
        if cell.cell_type == 'code':
            assert not cell.outputs
            assert cell.execution_count is None


def test_train_on_the_folk_tunes(trained):
    folder, cells = trained
    assert complaints(cells) == []
    losses = held_out_losses(stream(cells['fit'], 'stderr'))
    assert len(losses) == SHORT
    assert losses[-1] < losses[0]
    assert pictures(cells) == {'rolls', 'curves', 'generate'}
    assert players(cells) == {'listen'}

    run = RunFolder(folder / RUN)
    assert run.finished
    assert run.summary['objective'] == pytest.approx(losses[-1], abs=0.01)  # printed digits
    for path in [*run.midi.iterdir(), run.path / 'eight.mid']:
        assert len(read_pieces(path).pieces[0].notes)
    player = load_player(run.path / 'for_max' / 'mine.model')
    assert player.encoder
    assert player.threshold == run.config.device.threshold_as_loaded  # its dial stays where it is
    assert str(Path('for_max', 'mine.model')) in stream(cells['export'], 'stdout')


def test_ones_own_midi_and_another_system(trained):
    _, cells = trained
    assert 'empty.mid' in stream(cells['loops-again'], 'stdout')
    assert cells['preset-again'].outputs[0].data != cells['preset'].outputs[0].data


def test_explore_a_run_and_a_tune_of_ones_own_and_from_nothing(trained):
    folder, _ = trained
    before = RunFolder(folder / RUN).model_path.read_bytes()
    again = ("RUN, MY_TUNE = Path('runs/new'), None", 'run', 'player', 'tune', 'encode')
    tune = str(programs.GOLDEN_MIDI / 'humanized_97.mid')
    cells = execute(NAMES[1], folder, again=again, MY_TUNE=tune, EPOCHS=1)
    assert complaints(cells) == []
    assert pictures(cells) == {'map', 'grid', 'point', 'interpolate', 'compare', 'bend'}
    assert players(cells) == {'listenpoint', 'listenwalk', 'listentune', 'listenbend'}
    assert not cells['run'].outputs
    assert RunFolder(folder / RUN).model_path.read_bytes() == before
    assert stream(cells['encode'], 'stdout').startswith('loop 0: z1 = ')

    assert len(held_out_losses(stream(cells['run-again'], 'stderr'))) == 1
    tune = stream(cells['encode-again'], 'stdout').splitlines()
    assert [line.split(':')[0] for line in tune] == [f'loop {number}' for number in range(4)]
    run = RunFolder(folder / 'runs' / 'new')
    assert run.finished
    assert (run.path / DECODER / 'weights.bin').is_file()


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
