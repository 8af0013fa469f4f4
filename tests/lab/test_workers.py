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


def test_a_run_that_fails_says_why_and_loses_no_other(jobs, tmp_path):
    ends = {job.name: error for job, error in run_all(jobs, tmp_path / 'log.txt', 4)}
    assert ends['whole'] == ''
    assert json.loads((jobs[0].folder / 'result.json').read_text())['epochs'] == 2
    assert ends['lost'].startswith('UserError: ') and 'nowhere' in ends['lost']
    assert not jobs[1].folder.exists()
    assert 'Traceback' in (tmp_path / 'log.txt').read_text()


def test_a_process_trains_one_run_after_another(jobs, tmp_path, monkeypatch):
    monkeypatch.setattr(workers, 'count_cores', lambda: 1)
    happened = []

    def ask():
        for name, rungs in (('hopeless', (1,)), ('next', ())):
            happened.append(f'{name} asked for')
            yield dataclasses.replace(jobs[0], folder=tmp_path / name, rungs=rungs)

    def goes_on(job, progress):
        happened.append(f'{job.folder.name} looked at after epoch {progress.epochs}')
        return False

    for job, error in run_all(ask(), tmp_path / 'log.txt', 4, goes_on):
        happened.append(f'{job.folder.name} ended{error}')
    assert happened == [
        'hopeless asked for',
        'hopeless looked at after epoch 1',
        'hopeless ended',
        'next asked for',
        'next ended',
    ]
    assert not (tmp_path / 'hopeless').exists() and (tmp_path / 'next').exists()


def test_a_process_that_dies_loses_only_its_run(jobs, tmp_path, monkeypatch):
    monkeypatch.setattr(workers, 'count_cores', lambda: 1)
    several = [dataclasses.replace(jobs[0], folder=tmp_path / name) for name in 'ab']
    several[0] = dataclasses.replace(several[0], rungs=(1,))

    def kill(job, progress):
        for child in multiprocessing.active_children():
            child.kill()
        return True

    ends = run_all(several, tmp_path / 'log.txt', 4, kill)
    errors = {job.folder.name: error for job, error in ends}
    assert errors == {
        'a': 'its process died (exit status -9); -9 often means out of memory',
        'b': '',
    }


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
