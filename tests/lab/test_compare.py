"""`melodyvae_compare` from MIDI to tables: killed and gone on with, with a run that fails."""

import csv
import json
import signal
import time
from pathlib import Path

import pytest

import programs

TINY = """
from melodyvae.config.presets import preset


def get_config(fidelity='documented'):
    config = preset('{preset}', fidelity)
    config.model.hidden = config.model.decoder_hidden = 16
    {more}
    return config
"""
CONFIGS = {
    'broken': ('melodyvae_improved', 'config.loss.duration = 1e38'),
    'tiny': ('melodyvae_improved', ''),
    'drums': ('rhythmvae', ''),
}


@pytest.fixture(scope='module')
def arguments(tmp_path_factory) -> list:
    """A command that compares a config that fails, one that does not and one on another grid."""
    folder = tmp_path_factory.mktemp('comparison')
    for name, (preset, more) in CONFIGS.items():
        (folder / f'{name}.py').write_text(TINY.format(preset=preset, more=more))
    names = [f'{folder}/{name}' for name in ('broken.py:js', 'tiny.py', 'drums.py')]
    return [
        f'--configs={",".join(names)}',
        '--seeds=1',
        '--epochs=2',
        f'--midi={programs.copy_few(folder / "midi")}',
        f'--out={folder / "out"}',
    ]


@pytest.fixture(scope='module')
def finished(arguments):
    """The comparison, killed after its first run and gone on with; and what it printed."""
    folder = Path(arguments[-1].removeprefix('--out='))
    program = programs.start_on_one_core('compare', *arguments)
    while program.runs and not list(folder.glob('runs/*/result.json')):
        time.sleep(0.05)
    assert program.runs
    program.send_signal(signal.SIGKILL)
    program.wait()
    first = next(folder.glob('runs/[!.]*/result.json'))
    made = first.stat().st_mtime_ns
    done = programs.start_on_one_core('compare', *arguments).wait()
    assert done.returncode == 0, done.stderr
    assert first.stat().st_mtime_ns == made
    return folder, done


@pytest.fixture
def found(finished) -> dict:
    """Its results.json."""
    return json.loads((finished[0] / 'results.json').read_text())


def test_every_run_is_made_once_and_reported(finished, found):
    folder, done = finished
    runs = [(run['name'], run['seed']) for run in found['runs']]
    assert runs == [('broken:js', 0), ('tiny', 0), ('drums', 0)]
    assert not list(folder.glob('runs/.*'))
    assert done.stdout.strip() == (folder / 'results.md').read_text().strip()
    assert '3/3  ' in done.stderr and 'Traceback' not in done.stderr
    assert 'leaked' not in done.stderr


def test_a_run_that_fails_loses_no_other(finished, found):
    failed = {run['name']: run['failed'] for run in found['runs']}
    assert 'not a number any more' in failed.pop('broken:js')
    assert not any(failed.values())
    assert '| broken:js | 0 | ' in finished[1].stdout


def test_all_forms_of_the_results_have_the_same_figures(finished, found):
    folder, done = finished
    with (folder / 'results.csv').open() as file:
        rows = {row['config']: row for row in csv.DictReader(file)}
    for run in found['runs']:
        for name, value in run['figures'].items():
            assert float(rows[run['name']][name]) == value
    assert '\n| parameter | broken:js | tiny | drums |\n' in done.stdout


def test_configs_of_a_grid_share_their_loops(finished, found):
    folder, _ = finished
    data = {candidate['name']: candidate['data'] for candidate in found['candidates']}
    assert data['tiny'] == data['broken:js']
    assert data['tiny']['held_out_files'] > 0 and data['drums']['loops'] < data['tiny']['loops']
    assert len(list((folder / 'data').iterdir())) == len(list(folder.glob('*.png'))) == 2


@pytest.mark.parametrize(
    ('change', 'words'),
    [
        ('--epochs=3', 'is a run of another config or other --epochs'),
        ('--loops=20', 'is a comparison on another library'),
        ('--midi=nowhere', 'is a comparison on another library'),
    ],
)
def test_another_command_for_the_same_folder_is_refused(finished, arguments, change, words):
    folder, _ = finished
    before = (folder / 'results.json').read_bytes()
    done = programs.run('compare', *arguments, change, check=False)
    assert words in programs.sentence(done)
    assert (folder / 'results.json').read_bytes() == before
