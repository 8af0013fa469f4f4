"""Trainings in processes of their own: how they are stopped, and what is said of their end."""

import json
import shutil
import signal
import subprocess
import sys
import time
import unittest.mock

import filelock
import pytest

from melodyvae.config.json_file import write_config
from melodyvae.config.presets import preset
from melodyvae.studio import processes
from melodyvae.studio.describe import describe_run
from melodyvae.studio.logs import STARTING
from melodyvae.studio.trainer import Trainer
from melodyvae.system.errors import UserError

import programs
from studios import WarmTraining


@pytest.fixture
def trainer(tmp_path, monkeypatch):
    monkeypatch.setattr(processes, 'start_process', WarmTraining)
    settings = {'training.epochs': 100000, 'model.hidden': 8, 'data.learn_all_below': 0}
    trainer = Trainer(tmp_path / 'runs', settings)
    yield trainer
    started = [*trainer.processes._children.values(), trainer.processes._warm]
    trainer.close()
    for child in filter(None, started):
        child.kill()
        child.wait()


@pytest.fixture
def stopped(trainer):
    """A run that was stopped."""
    (trainer.folder / 'mine').mkdir()
    write_config(preset('melodyvae'), trainer.folder / 'mine' / 'config.json')
    return 'mine'


def test_no_process_is_signaled_whose_number_was_reused(trainer, stopped):
    innocent = subprocess.Popen([sys.executable, '-c', 'input()'], stdin=subprocess.PIPE)
    try:
        for name in ('mine.pid', 'mine.lock', 'mine.stop'):
            (trainer.state / name).write_text(str(innocent.pid))
        trainer.stop('mine')
        with lock(trainer):
            trainer.stop('mine')  # pressed while the run is listed or trained elsewhere
        trainer.close()
        with pytest.raises(subprocess.TimeoutExpired):
            innocent.wait(1)
    finally:
        innocent.kill()
        innocent.wait()
        assert innocent.stdin
        innocent.stdin.close()


def lock(trainer: Trainer) -> filelock.BaseFileLock:
    """Locks `mine` as a process of another studio does that trains it."""
    return filelock.FileLock(trainer.state / 'mine.lock', is_singleton=False)


def wait(trainer: Trainer, name: str) -> int:
    return trainer.processes._children[name].wait(100)


def start_broken(trainer: Trainer, name: str) -> None:
    """Starts a training of one loop, which ends with a sentence when the dataset is there."""
    trainer.music(name).mkdir()
    shutil.copy(programs.GOLDEN_MIDI / 'sparse_six_onsets.mid', trainer.music(name))
    trainer.start(name, 'melodyvae')


def assert_broken(trainer: Trainer, name: str) -> None:
    assert wait(trainer, name) == 1
    assert 'Too little to learn from' in trainer.explain_end(name)
    assert not trainer.music(name).exists() and not (trainer.folder / name).exists()


def test_a_training_is_stopped_before_it_has_begun(trainer):
    music = shutil.copytree(programs.GOLDEN_MIDI, trainer.music('mine'))
    trainer.start('mine', 'melodyvae', {'.wav': 3})
    assert 'Skipped: 3 .wav.' in trainer.read_log('mine')
    assert trainer.is_training('mine')
    assert trainer.close() == ['mine']
    assert wait(trainer, 'mine') == 128 + signal.SIGTERM
    assert trainer.explain_end('mine') == 'Stopped before the first epoch.'
    assert not music.exists() and not (trainer.folder / 'mine').exists()
    assert not trainer.is_training('mine')


def test_the_next_training_takes_the_process_that_waits(trainer):
    (trainer.state / 'mine.stop').touch()  # of another training, which has ended
    trainer.processes.warm_up()
    waiting = trainer.processes._warm
    trainer.processes.warm_up()
    assert trainer.processes._warm is waiting, 'one is enough'
    start_broken(trainer, 'mine')
    assert trainer.processes._children['mine'] is waiting and trainer.processes._warm is None
    assert_broken(trainer, 'mine')
    trainer.processes.warm_up()
    waiting = trainer.processes._warm
    assert trainer.close() == []
    assert waiting.wait(100) == 0, 'it ends with the studio'


def test_trainings_wait_for_their_turn(trainer, stopped):
    with lock(trainer):
        for name in ('first', 'second', 'third'):
            start_broken(trainer, name)
            described = describe_run(trainer, name)
            assert described['state'] == 'training'
            assert described['stage'] == 'Waiting for another training'
            with pytest.raises(UserError, match='exists already'):
                trainer.check_free(name)
        trainer.stop('second')
        assert 'second' not in trainer.list_names() and not trainer.music('second').exists()
        trainer.processes.tend()
        assert trainer.processes.is_waiting('first')
    trainer.processes.tend()
    trainer.processes.tend()
    assert trainer.is_training('first') and trainer.processes.is_waiting('third')
    assert_broken(trainer, 'first')
    assert trainer.close() == []
    assert describe_run(trainer, 'third')['sentence'].startswith('It did not start')
    assert not trainer.music('third').exists()


def test_a_training_without_memory_is_refused_and_does_not_wait(trainer, monkeypatch):
    refuse = unittest.mock.Mock(side_effect=OSError('no memory'))
    monkeypatch.setattr(processes, 'start_process', refuse)
    trainer.music('mine').mkdir()
    with pytest.raises(OSError, match='no memory'):
        trainer.start('mine', 'melodyvae')
    assert not trainer.processes.is_waiting('mine') and not trainer.music('mine').exists()


def test_no_process_waits_for_long(trainer, stopped, monkeypatch):
    with lock(trainer):
        trainer.processes.warm_up()
        assert trainer.processes._warm is None, 'the training that runs needs the processors'
    trainer.processes.warm_up()
    warm = trainer.processes._warm
    trainer.processes.tend()
    assert warm.poll() is None
    now = time.monotonic()
    monkeypatch.setattr(time, 'monotonic', lambda: now + processes.WARM_SECONDS + 1)
    trainer.processes.tend()
    assert warm.poll() == 0 and trainer.processes._warm is None


def test_choices_of_the_page_are_settings_of_the_run(trainer):
    config = trainer.configure('melodyvae', {'grid.bars': 'fitting', 'grid.tracks': ['lead']})
    assert (config.grid.bars, config.grid.tracks) == ('fitting', ('lead',))
    assert config.training.epochs == 100000  # of the studio
    with pytest.raises(UserError, match=r'grid\.bars=often cannot be used'):
        trainer.configure('melodyvae', {'grid.bars': 'often'})


def test_a_run_is_renamed_and_deleted(trainer, stopped):
    (trainer.state / 'mine.log').write_text(f'{STARTING}\n')
    report = trainer.folder / 'mine' / 'report.html'
    report.write_text('<title>mine: report</title><h1>mine</h1>')
    (trainer.folder / 'taken').mkdir()
    with pytest.raises(UserError, match='taken exists already'):
        trainer.rename('mine', 'taken')
    trainer.rename('mine', 'a <b>')
    assert trainer.list_names() == ['a <b>'] and trainer.read_log('a <b>') == [STARTING]
    title = (trainer.folder / 'a <b>' / 'report.html').read_text()
    assert title == '<title>a &lt;b&gt;: report</title><h1>a &lt;b&gt;</h1>'
    trainer.delete('a <b>')
    assert trainer.list_names() == [] and not list(trainer.state.iterdir())
    for change in (trainer.delete, lambda name: trainer.rename(name, 'new')):
        with pytest.raises(UserError, match='no such run'):
            change('a <b>')


def test_a_training_is_neither_renamed_nor_deleted(trainer, stopped):
    with lock(trainer):
        for change in (trainer.delete, lambda name: trainer.rename(name, 'new')):
            with pytest.raises(UserError, match='stop it first'):
                change('mine')
    assert trainer.list_names() == ['mine']


@pytest.mark.parametrize(
    ('log', 'sentence'),
    [
        ('', ''),
        (f'{STARTING}\nepoch 1/9\n', 'It was killed.'),
        (f'{STARTING}\nmelodyvae_train: Stopped.\n', 'Stopped.'),
        (f'{STARTING}\nmelodyvae_train: Stopped.\n{STARTING}\nepoch 2/9\n', 'It was killed.'),
        (
            f'{STARTING}\nTraceback (most recent call last):\n  x\nModuleNotFoundError: No jax\n',
            'The training has failed: ModuleNotFoundError: No jax',
        ),
    ],
    ids=['no log', 'killed', 'stopped', 'stopped, then killed', 'crashed'],
)
def test_the_end_is_explained(trainer, stopped, log, sentence):
    if log:
        (trainer.state / 'mine.log').write_text(log)
    assert trainer.explain_end('mine') == sentence


def test_a_training_that_was_killed_is_said_to_be(trainer):
    shutil.copytree(programs.GOLDEN_MIDI, trainer.music('mine'))
    trainer.start('mine', 'melodyvae')
    trainer.processes._children['mine'].kill()
    wait(trainer, 'mine')
    assert trainer.explain_end('mine') == 'It was killed.'
    # What it has left is removed by the next studio.
    assert trainer.music('mine').exists()
    Trainer(trainer.folder)
    assert not trainer.music('mine').exists()


def test_state_files_that_are_links_are_refused(trainer, stopped, tmp_path):
    for kind in ('log', 'lock', 'stop'):
        link = trainer.state / f'mine.{kind}'
        link.symlink_to(tmp_path / 'victim')
        with pytest.raises(UserError, match='is not a plain file'):
            trainer.resume('mine')
        link.unlink()
    assert not (tmp_path / 'victim').exists()
    (tmp_path / 'other').mkdir()
    (tmp_path / 'other' / '.studio').symlink_to(tmp_path)
    with pytest.raises(UserError, match='is not a plain folder'):
        Trainer(tmp_path / 'other')


def test_keras_runs_on_tensorflow_in_float32_whatever_the_machine_is_set_to(tmp_path):
    (tmp_path / '.keras').mkdir()
    settings = {'backend': 'jax', 'floatx': 'float64'}
    (tmp_path / '.keras' / 'keras.json').write_text(json.dumps(settings))
    code = (
        'import os\n'
        f'os.environ.update(KERAS_HOME={str(tmp_path / ".keras")!r}, KERAS_BACKEND="jax")\n'
        'from melodyvae.system.tensorflow import start_tensorflow\n'
        'start_tensorflow()\n'
        'import keras\n'
        'print(keras.backend.backend(), keras.backend.floatx(), keras.config.dtype_policy().name)'
    )
    assert programs.run_python(code).stdout.split() == ['tensorflow', 'float32', 'float32']
