"""A run that is stopped or killed ends as if it had not been."""

import functools
import json
import random
import resource
import shutil
import signal
import time

import numpy as np
import pytest

from melodyvae.config import write_config
from melodyvae.config.presets import preset
from melodyvae.loops.dataset import load_loops
from melodyvae.runs import checkpoints as resume
from melodyvae.runs.checkpoints import SaveState, load_last_state, write_state
from melodyvae.runs.fit import fit
from melodyvae.runs.folder import RunFolder
from melodyvae.runs.load import load_player
from melodyvae.system.atomic import lock
from melodyvae.system.checked_json import read_checked
from melodyvae.system.errors import UserError
from melodyvae.training import callbacks
from melodyvae.training.data import training_data

import programs
import warm
from runs import made_model, small_config

EPOCHS = 12


@pytest.fixture(scope='module')
def prepared(tmp_path_factory):
    """A dataset of a few golden MIDI files."""
    folder = tmp_path_factory.mktemp('data') / 'loops'
    programs.run('prepare', *programs.FEW_MIDI, f'--output={folder}')
    return folder


def training(dataset, run_dir, *more):
    # Dropout, a plateau, a patience, the best weights: all state that there is has to come back.
    return [
        'train',
        f'--dataset={dataset}',
        f'--run_dir={run_dir}',
        f'--config.training.epochs={EPOCHS}',
        '--config.training.decay=plateau',
        '--config.training.early_stopping_patience=15',
        '--config.training.keep_best=true',
        '--config.training.batch_size=8',
        programs.HELD_OUT,
        *programs.SMALL,
        *more,
    ]


@pytest.fixture(scope='module')
def uninterrupted(prepared, tmp_path_factory):
    run_dir = tmp_path_factory.mktemp('runs') / 'whole'
    programs.run(*training(prepared, run_dir))
    return run_dir


def wait_for(program, run_dir, lines: int) -> None:
    """Until `metrics.csv` has so many lines."""
    for _ in range(5000):
        metrics = run_dir / 'metrics.csv'
        if not program.runs or (metrics.exists() and len(metrics.read_text().splitlines()) > lines):
            return
        time.sleep(0.05)
    raise AssertionError('training does not get on')


def assert_same_end(first, second):
    assert (first / 'metrics.csv').read_text() == (second / 'metrics.csv').read_text()
    assert_same_state(RunFolder(first).load_model(), RunFolder(second).load_model())


def assert_same_state(*models):
    states = ([*model.variables, *model.optimizer.variables] for model in models)
    for ours, theirs in zip(*states, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.timeout(600)
def test_killed_and_stopped_runs_continue_bit_for_bit(prepared, uninterrupted, tmp_path):
    seed = random.SystemRandom().randrange(10**6)
    print('seed of the moments:', seed)  # pytest shows it if this fails
    moments = random.Random(seed)
    run_dir = tmp_path / 'killed'
    arguments = training(prepared, run_dir)
    numbers = signal.SIGKILL, signal.SIGINT
    for lines, number in zip((1, 5), numbers, strict=True):
        program = programs.start(*arguments)
        wait_for(program, run_dir, lines)
        time.sleep(moments.uniform(0, 1.5))
        program.send_signal(number)
        program.wait()
        half_written = run_dir / 'states' / '.epoch-000099.half'
        half_written.mkdir(parents=True, exist_ok=True)
        (half_written / 'model.keras').write_bytes(b'half')
        arguments = ['train', f'--run_dir={run_dir}', '--resume']
    if not RunFolder(run_dir).finished:
        programs.run(*arguments)
    assert_same_end(uninterrupted, run_dir)


@pytest.fixture(scope='module')
def stopped(prepared, tmp_path_factory):
    """A run that was asked to stop after two epochs or a few more, and what it said."""
    run_dir = tmp_path_factory.mktemp('runs') / 'stopped'
    program = programs.start(*training(prepared, run_dir))
    wait_for(program, run_dir, 2)
    program.send_signal(signal.SIGTERM)
    return run_dir, program.wait()


def test_a_stopped_run_is_usable_and_says_how_to_go_on(stopped):
    run_dir, done = stopped
    stderr = done.stderr
    assert done.returncode == 143, stderr
    assert 'Traceback' not in stderr
    # Nothing that was trained is trained again, however seldom states are saved.
    epochs = len((run_dir / 'metrics.csv').read_text().splitlines()) - 1
    assert load_last_state(run_dir / 'states').epoch == epochs >= 2
    go_on = f'continue with melodyvae_train --run_dir={run_dir} --resume'
    assert stderr.splitlines()[-1].endswith(f'{go_on}, which begins epoch {epochs + 1}.')
    # The model for Max is there, and does not make the run look finished.
    assert load_player(run_dir / 'melodyvae.model').config.name == 'melodyvae'
    assert not RunFolder(run_dir).finished


def test_a_full_disk_is_one_sentence_and_keeps_the_last_checkpoint(stopped, tmp_path):
    run_dir = shutil.copytree(stopped[0], tmp_path / 'run')
    checkpoint = (run_dir / 'model.keras').read_bytes()
    epoch = load_last_state(run_dir / 'states').epoch

    limit = len(checkpoint) // 2, len(checkpoint) // 2
    prepare = functools.partial(resource.setrlimit, resource.RLIMIT_FSIZE, limit)
    program = warm.Program(
        ['train', f'--run_dir={run_dir}', '--resume', '--quiet'], prepare=prepare
    )
    sentence = programs.sentence(program.wait())
    assert f'{run_dir} cannot be written: File too large' in sentence
    assert f'The last good checkpoint is {run_dir / "model.keras"}' in sentence
    assert (run_dir / 'model.keras').read_bytes() == checkpoint
    assert load_last_state(run_dir / 'states').epoch == epoch
    assert not [path for path in run_dir.rglob('*') if '.part' in path.name]


def test_every_state_leads_to_the_same_end(prepared, tmp_path, monkeypatch):
    """States with a plateau and a patience that have begun to count, in one process."""
    monkeypatch.setattr(resume, 'SAVING_SHARE', float('inf'))  # a state an epoch
    config = preset('melodyvae_improved')
    config.model.hidden, config.model.decoder_hidden = 8, 16
    config.data.path = str(prepared)
    config.grid = load_loops(prepared).grid
    config.training.epochs = 8
    config.training.learning_rate = 0.3  # too much to get better all the time
    config.training.decay = 'plateau'
    monkeypatch.setattr(callbacks, 'DECAY_EPOCHS', 2)
    config.training.early_stopping_patience = 3
    run = RunFolder.create(tmp_path / 'whole', config)
    data = training_data(run.loops(), config)
    save = SaveState.save

    def save_and_keep(self, epoch):
        save(self, epoch)
        shutil.copytree(self.folder, tmp_path / f'after-{epoch}')

    with monkeypatch.context() as patched:
        patched.setattr(SaveState, 'save', save_and_keep)
        fit(run, data, quiet=True)
    end = load_last_state(run.states)
    kept = [f'epoch-{epoch:06}' for epoch in (end.epoch - 1, end.epoch)]
    assert sorted(path.name for path in run.states.iterdir()) == kept
    names = [f'after-{epoch}/epoch-{epoch:06}/state.json' for epoch in range(1, end.epoch)]
    states = [read_checked(tmp_path / name) for name in names]
    counting = [x['epoch'] for x in states if x['callbacks']['EarlyStopping']['wait']]
    assert counting
    again = RunFolder.create(tmp_path / 'again', config)
    shutil.copytree(tmp_path / f'after-{counting[-1]}', again.states)
    shutil.copy(run.metrics, again.metrics)
    fit(again, data, state=load_last_state(again.states))
    same = load_last_state(again.states)
    assert (same.epoch, same.finished) == (end.epoch, end.finished)
    same.callbacks.pop('EpochLines', None)
    assert same.callbacks == end.callbacks
    assert again.metrics.read_text() == run.metrics.read_text()
    assert_same_state(same.model, end.model)


def test_a_run_that_was_killed_over_its_results_ends_too(uninterrupted, tmp_path):
    run = RunFolder(shutil.copytree(uninterrupted, tmp_path / 'run'))
    write_state(run.states, run.load_model(), EPOCHS, finished=True)
    done = programs.run('train', f'--run_dir={run.path}', '--resume', '--json')
    assert json.loads(done.stdout)['epochs'] == EPOCHS
    assert run.finished


@pytest.fixture(scope='module')
def made_states(tmp_path_factory):
    folder = tmp_path_factory.mktemp('states')
    model = made_model(small_config())
    model.compile()
    for epoch in (3, 4):
        write_state(folder, model, epoch)
    return folder


@pytest.fixture
def states(made_states, tmp_path):
    return shutil.copytree(made_states, tmp_path / 'states')


@pytest.mark.parametrize(
    ('name', 'damage'),
    [
        ('state.json', lambda data: data.replace(b'"epoch": 4', b'"epoch": 5')),
        ('state.json', lambda data: b'{'),
        ('state.json', None),
        ('model.keras', lambda data: data[:9000]),
        ('model.keras', None),
    ],
)
def test_the_state_before_a_damaged_one_is_used(states, name, damage, caplog):
    assert load_last_state(states).epoch == 4
    assert caplog.messages == []
    file = states / 'epoch-000004' / name
    data = file.read_bytes()
    file.unlink()
    if damage:
        file.write_bytes(damage(data))
    assert load_last_state(states).epoch == 3
    (said,) = caplog.messages
    assert 'epoch-000004 cannot be read' in said and 'after epoch 3' in said


def test_damaged_states_are_one_sentence(states):
    for state in states.iterdir():
        (state / 'model.keras').write_bytes(b'PK')
    with pytest.raises(UserError, match=r'epoch-000004 cannot be read: .* Delete'):
        load_last_state(states)
    assert load_last_state(states / 'none') is None


def test_a_run_is_trained_by_one_program_at_a_time(uninterrupted, tmp_path):
    run = RunFolder(shutil.copytree(uninterrupted, tmp_path / 'run'))
    run.states.mkdir()
    with lock(run.path):
        done = programs.run('train', f'--run_dir={run.path}', '--resume', check=False)
    assert 'Another program is writing' in programs.sentence(done)


def test_a_run_does_not_go_on_with_other_data(uninterrupted, prepared, tmp_path):
    run = RunFolder(shutil.copytree(uninterrupted, tmp_path / 'run'))
    run.states.mkdir()
    config = run.config
    config.data.path = str(shutil.copytree(prepared, tmp_path / 'loops'))
    run.forget_checksums()  # of the config before
    write_config(config, run.path / 'config.json')
    shutil.copy(programs.GOLDEN_MIDI / 'chords.mid', tmp_path / 'new.mid')
    programs.run(
        'prepare', *programs.FEW_MIDI, tmp_path, f'--output={tmp_path / "loops"}', '--resume'
    )
    for arguments in (['train', '--resume', f'--run_dir={run.path}'], ['evaluate', run.path]):
        said = programs.sentence(programs.run(*arguments, check=False))
        assert f'loops has changed since {run.path} was trained on it' in said
