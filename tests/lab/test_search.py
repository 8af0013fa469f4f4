"""`melodyvae_compare --search`: killed, continued, and its trials stopped."""

import csv
import json
import signal
import time
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState

from melodyvae.config.presets import preset
from melodyvae.lab.search_tables import FAILED, FIGURES

import programs

TINY = """
from melodyvae.config.presets import preset


def get_config():
    config = preset('melodyvae')
    config.model.hidden = config.model.decoder_hidden = 16
    config.training.least_steps = 0
    return config
"""
SPACE = {
    'training.learning_rate': {'low': 1e-4, 'high': 0.1, 'log': True},
    'model.hidden': [8, 16],
}
UNBEATABLE = 5  # made trials that are nearest to the goal when they are looked at


def open_study(out: Path) -> optuna.Study:
    return optuna.load_study(study_name='search', storage=f'sqlite:///{out}/study.db')


def made_trial(study, value: float):
    return optuna.trial.create_trial(
        params={'training.learning_rate': 1e-3, 'model.hidden': 8},
        distributions=study.trials[0].distributions,
        intermediate_values={0: 0.0},
        value=value,
        user_attrs={FIGURES: {'seconds': 1.0}},
    )


@pytest.fixture(scope='module')
def arguments(tmp_path_factory) -> list[str]:
    folder = tmp_path_factory.mktemp('search')
    (folder / 'tiny.py').write_text(TINY)
    (folder / 'space.json').write_text(json.dumps(SPACE))
    return [
        f'--configs={folder}/tiny.py',
        f'--search={folder}/space.json',
        '--epochs=2',
        f'--midi={programs.copy_few(folder / "midi")}',
        f'--out={folder}/out',
    ]


@pytest.fixture(scope='module')
def out(arguments) -> Path:
    return Path(arguments[-1].removeprefix('--out='))


@pytest.fixture(scope='module')
def killed(arguments, out) -> list:
    """The trials of a search that was killed when one had ended and another was under way."""
    program = programs.start_on_one_core('compare', *arguments, '--trials=20')
    states = set()
    while not {TrialState.COMPLETE, TrialState.RUNNING} <= states:
        assert program.runs, program.wait().stderr
        time.sleep(0.2)
        if (out / 'search.md').exists():  # opened while it is made, the file would be made twice
            states = {trial.state for trial in open_study(out).trials}
    program.send_signal(signal.SIGKILL)
    program.wait()
    study = open_study(out)
    for _ in range(UNBEATABLE):
        study.add_trial(made_trial(study, 1e4))
    return study.trials


@pytest.fixture(scope='module')
def finished(arguments, killed, out):
    """What the same command says, asked for one trial more; and the trials."""
    counted = sum(trial.state == TrialState.COMPLETE for trial in killed)
    done = programs.start_on_one_core('compare', *arguments, f'--trials={counted + 1}').wait()
    assert done.returncode == 0, done.stderr
    return done, open_study(out).trials


def test_a_search_begins_with_the_values_of_its_config(killed):
    assert killed[0].params == {'training.learning_rate': 1e-3, 'model.hidden': 16}


def test_what_is_finished_counts_and_what_was_killed_is_tried_again(killed, finished):
    _, trials = finished
    [new] = [t for t in trials[len(killed) :] if t.state != TrialState.WAITING]
    lost = [trial for trial in killed if trial.state == TrialState.RUNNING]
    for trial in killed:
        now = trials[trial.number]
        assert now.state == (TrialState.FAIL if trial in lost else trial.state)
        assert FAILED not in now.user_attrs
    assert new.params == lost[0].params


def test_what_is_further_from_the_goal_than_the_median_is_broken_off(finished, out):
    done, trials = finished
    [pruned] = [trial for trial in trials if trial.state == TrialState.PRUNED]
    assert pruned.value == pruned.intermediate_values[0] > 0
    assert f'trial {pruned.number}: stopped' in done.stderr
    assert FIGURES not in pruned.user_attrs


def test_the_best_config_is_one_to_train_with(finished, out):
    _, trials = finished
    best = min((t for t in trials if t.state == TrialState.COMPLETE), key=lambda t: t.value)
    assert best.value < 1e4
    config = preset(out / 'best.json')
    assert config.model.hidden == best.params['model.hidden']
    assert config.training.learning_rate == best.params['training.learning_rate']
    assert config.training.epochs == 2
    assert config.data == preset('melodyvae').data


def test_all_trials_are_told_of(finished, out):
    done, trials = finished
    with (out / 'search.csv').open() as file:
        lines = list(csv.DictReader(file))
    assert [line['state'] for line in lines] == [trial.state.name.lower() for trial in trials]
    own = trials[0].user_attrs.get(FIGURES, {})
    assert all(float(lines[0][key]) == value for key, value in own.items())
    assert (out / 'search.md').read_text().strip() == done.stdout.strip()
    assert ' 1 stopped' in done.stdout and '| training.learning_rate |' in done.stdout


@pytest.mark.parametrize(
    ('change', 'words'),
    [
        ('--epochs=3', 'is a study of another config'),
        ('--search=OTHER', 'is a study of another space'),
        ('--loops=20', 'is a comparison on another library'),
    ],
)
def test_another_search_in_the_same_folder_is_refused(finished, arguments, tmp_path, change, words):
    other = tmp_path / 'other.json'
    other.write_text('{"model.hidden": [8, 16]}')
    change = change.replace('OTHER', str(other))
    done = programs.run('compare', *arguments, change, check=False)
    assert words in programs.sentence(done)
