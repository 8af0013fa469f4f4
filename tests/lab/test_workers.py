"""Runs of a comparison in processes of their own."""

import dataclasses
import json
import multiprocessing

import pytest

import melodyvae.system.workers
from melodyvae.lab import workers
from melodyvae.lab.data import Job
from melodyvae.lab.workers import run_all
from melodyvae.loops.dataset import save_loops

import warm
from runs import small_config


@pytest.fixture(autouse=True)
def warm_processes(monkeypatch):
    """test_compare.py has those that are not."""
    monkeypatch.setattr(melodyvae.system.workers, 'start_process', warm.WarmWorker)


@pytest.fixture(scope='module')
def jobs(few_loops, tmp_path_factory):
    """One that comes to its end, and one that has no data."""
    folder = tmp_path_factory.mktemp('jobs')
    save_loops(few_loops, folder / 'data')
    config = small_config()
    config.data.split, config.training.epochs = 'file', 2
    return [
        Job(name, config, folder / data, folder=folder / 'runs' / name)
        for name, data in (('whole', 'data'), ('lost', 'nowhere'))
    ]


def test_a_process_trains_one_run_after_another_and_dies_with_only_one(jobs, tmp_path, monkeypatch):
    monkeypatch.setattr(workers, 'count_cores', lambda: 1)
    happened = []

    def ask():
        whole, lost = jobs
        looked_at = dataclasses.replace(whole, rungs=(1,))
        for name, job in (
            ('lost', lost),
            ('killed', looked_at),
            ('hopeless', looked_at),
            ('last', whole),
        ):
            happened.append(f'{name} asked for')
            yield dataclasses.replace(job, folder=tmp_path / name)

    def goes_on(job, progress):
        happened.append(f'{job.folder.name} looked at after epoch {progress.epochs}')
        if job.folder.name == 'killed':
            for child in multiprocessing.active_children():
                child.kill()
        return False

    errors = {}
    for job, errors[job.folder.name] in run_all(ask(), tmp_path / 'log.txt', 8, goes_on):
        happened.append(f'{job.folder.name} ended')
    assert happened == [
        'lost asked for',
        'lost ended',
        'killed asked for',
        'killed looked at after epoch 1',
        'killed ended',
        'hopeless asked for',
        'hopeless looked at after epoch 1',
        'hopeless ended',
        'last asked for',
        'last ended',
    ]
    reason = errors.pop('lost')
    assert reason.startswith('UserError: ') and 'nowhere' in reason
    assert 'Traceback' in (tmp_path / 'log.txt').read_text()
    assert errors == {
        'killed': 'its process died (exit status -9); -9 often means out of memory',
        'hopeless': '',
        'last': '',
    }
    assert json.loads((tmp_path / 'last' / 'result.json').read_text())['epochs'] == 2
    assert not any((tmp_path / name).exists() for name in ('lost', 'killed', 'hopeless'))


def test_a_process_that_cannot_start_is_an_error_of_its_run(jobs, tmp_path):
    ((_, error),) = run_all(jobs[:1], tmp_path / 'nowhere' / 'log.txt', 2)
    assert 'cannot be started' in error


def test_what_is_broken_off_leaves_no_process(jobs, tmp_path):
    several = [jobs[1], dataclasses.replace(jobs[0], folder=tmp_path / 'unfinished')]
    ends = run_all(several, tmp_path / 'log.txt', 4)
    next(ends)
    assert multiprocessing.active_children()
    ends.close()
    assert not multiprocessing.active_children()
