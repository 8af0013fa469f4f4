"""Where each thing of a run is, and what a folder that is no run is told."""

import numpy as np
import pytest

from melodyvae.config import write_config
from melodyvae.loops.dataset import save_loops
from melodyvae.runs.dataset import refuse_run
from melodyvae.runs.folder import RunFolder, find_dataset
from melodyvae.runs.load import load_model
from melodyvae.system.checked_json import read_checked
from melodyvae.system.errors import UserError
from melodyvae.training.history import forget_later_epochs, read_history, write_history
from melodyvae.training.split import split

from runs import make_run, make_run_with_loops, small_config

LINES = 'epoch,loss,val_loss\n0,9.5,NA\n1,8.5,NA\n'


def test_a_new_run_has_its_config_and_nothing_else(tmp_path):
    run = RunFolder.create(tmp_path / 'new' / 'run', small_config())
    assert [path.name for path in run.path.iterdir()] == ['config.json']
    assert run.config == small_config()
    assert run.summary == {} and not run.finished
    with pytest.raises(UserError, match='is not empty: name a new folder'):
        RunFolder.create(run.path, small_config())


@pytest.mark.parametrize('name', ['data', '.data.x1', '.config.json.x1', '.DS_Store'])
def test_a_run_may_begin_beside_its_own_data(name, tmp_path):
    (tmp_path / name).mkdir()
    refuse_run(tmp_path)
    (tmp_path / 'song.mid').touch()
    with pytest.raises(UserError, match='is not empty'):
        refuse_run(tmp_path)
    with pytest.raises(UserError, match='is a file'):
        refuse_run(tmp_path / 'song.mid')


def test_a_run_has_finished_when_its_model_is_there_and_its_states_are_gone(tmp_path):
    run = make_run(tmp_path / 'run')
    assert not run.finished
    (run.path / f'{run.config.name}.model').mkdir()
    assert run.finished
    run.states.mkdir()
    assert not run.finished


def test_what_is_no_model_is_one_sentence(tmp_path):
    with pytest.raises(UserError, match='is not a run folder'):
        load_model(tmp_path)
    with pytest.raises(UserError, match=r'none\.keras does not exist'):
        load_model(tmp_path / 'none.keras')
    run = RunFolder.create(tmp_path / 'run', small_config())
    with pytest.raises(UserError, match='has no checkpoint'):
        run.load_model()
    run.model_path.write_text('text')
    with pytest.raises(UserError, match=r'model\.keras cannot be read'):
        run.load_model()


def test_the_dataset_of_a_run_is_found_from_its_folder(golden_loops, tmp_path):
    config = small_config()
    with pytest.raises(UserError, match='names no dataset'):
        find_dataset(config, tmp_path)
    save_loops(golden_loops.take(np.arange(4)), tmp_path / 'data')
    config.data.path = 'data'
    assert len(find_dataset(config, tmp_path)) == 4
    drums = small_config('rhythmvae')
    drums.data.path = str(tmp_path / 'data')
    with pytest.raises(UserError, match=r'grid\.rows'):
        find_dataset(drums, tmp_path / 'elsewhere')


@pytest.mark.parametrize(
    'text',
    [
        '{',
        '[]',
        '[' * 100_000,
        '{"threshold": NaN}',
        '{"threshold": "0.2"}',
        '{"threshold": 1.5}',
        '{"tempo": -1}',
        '{"tempo": Infinity}',
        f'{{"epochs": {10**400}}}',
        '{"epochs": null}',
        '{"loops": true}',
    ],
)
def test_a_summary_that_no_training_wrote_names_its_file(text, tmp_path):
    (tmp_path / 'summary.json').write_text(text)
    with pytest.raises(UserError, match=r'summary\.json (cannot be read|is damaged)'):
        RunFolder(tmp_path).summary  # noqa: B018 - it is a property


def test_a_model_of_another_run_is_refused(tmp_path):
    run, other = make_run(tmp_path / 'run'), small_config()
    other.model.hidden = 9
    write_config(other, run.path / 'config.json')
    with pytest.raises(UserError, match=r'model\.keras was trained with other settings \(model\)'):
        run.load_model()


@pytest.fixture
def remembered(golden_loops, tmp_path):
    """A run that knows what it was trained on."""
    run = make_run_with_loops(tmp_path / 'run', golden_loops)
    run.remember_sides(golden_loops, *split(golden_loops, run.config))
    return run


def test_a_run_knows_its_dataset_and_its_sides_again(golden_loops, remembered):
    loops = remembered.loops()
    assert len(loops) == len(golden_loops)
    _, held_out = remembered.split(loops)
    known = read_checked(remembered.trained_on)['held_out_files']
    assert set(known) == {loops.files[file] for file in loops.file[held_out.loop]}


def test_sides_that_differ_are_refused(golden_loops, remembered):
    config = remembered.config
    config.training.seed = 7
    write_config(config, remembered.path / 'config.json')
    with pytest.raises(UserError, match='trained on other loops of its dataset'):
        remembered.split(remembered.loops())


def test_a_damaged_memory_is_one_sentence(remembered):
    text = remembered.trained_on.read_text()
    remembered.trained_on.write_text(text.replace('a', 'b', 1))
    with pytest.raises(UserError, match=r'trained_on\.json cannot be read'):
        remembered.loops()


def test_the_history_comes_back_without_columns_that_have_no_value(tmp_path):
    metrics = tmp_path / 'metrics.csv'
    assert read_history(metrics) == {}
    metrics.write_text(LINES)
    assert read_history(metrics) == {'epoch': [0, 1], 'loss': [9.5, 8.5]}
    history = {'epoch': [0.0, 1.0], 'loss': [0.1, 1 / 3]}
    write_history(history, metrics)
    assert read_history(metrics) == history


@pytest.mark.parametrize(('epoch', 'kept'), [(0, ''), (1, LINES[:29]), (2, LINES), (3, LINES)])
def test_epochs_after_the_last_state_are_forgotten(epoch, kept, tmp_path):
    metrics = tmp_path / 'metrics.csv'
    forget_later_epochs(metrics, epoch)
    assert not metrics.exists()
    metrics.write_text(f'{LINES}2,7')  # cut off
    forget_later_epochs(metrics, epoch)
    assert metrics.read_text() == kept
