"""Runs of a comparison in processes of their own."""

import dataclasses
import json

import pytest

from melodyvae.lab import workers
from melodyvae.lab.data import Job
from melodyvae.lab.workers import run_all
from melodyvae.loops.dataset import save_loops

import warm
from runs import small_config


@pytest.fixture(autouse=True)
def warm_processes(monkeypatch):
    """test_compare.py has those that are not."""
    monkeypatch.setattr(workers, 'CONTEXT', warm.CONTEXT)


@pytest.fixture(scope='module')
def jobs(golden_loops, tmp_path_factory):
    """One that comes to its end, and one that has no data."""
    folder = tmp_path_factory.mktemp('jobs')
    save_loops(golden_loops, folder / 'data')
    config = small_config()
    config.data.split, config.training.epochs = 'file', 2
    return [
        Job(name, config, folder / data, folder=folder / 'runs' / name)
        for name, data in (('whole', 'data'), ('lost', 'nowhere'))
    ]


def test_a_run_that_fails_says_why_and_loses_no_other(jobs, tmp_path):
    said = list(run_all(jobs, tmp_path / 'log.txt'))
    assert [progress.epochs for progress in said if progress.job == 0] == [1, 2, 0]
    ends = {progress.job: progress for progress in said if progress.ended}
    assert ends[0].error == ''
    assert json.loads((jobs[0].folder / 'result.json').read_text())['epochs'] == 2
    assert ends[1].error.startswith('UserError: ') and 'nowhere' in ends[1].error
    assert not jobs[1].folder.exists()
    assert 'Traceback' in (tmp_path / 'log.txt').read_text()


def test_a_run_is_asked_for_when_what_was_before_it_has_been_heard(jobs, tmp_path, monkeypatch):
    monkeypatch.setattr(workers, 'count_cores', lambda: 1)
    happened = []

    def ask():
        for name, rungs in (('hopeless', (1,)), ('next', ())):
            happened.append(f'{name} asked for')
            yield dataclasses.replace(jobs[0], folder=tmp_path / name, rungs=rungs)

    def goes_on(progress):
        happened.append(f'looked at after epoch {progress.epochs}')
        return False

    for progress in run_all(ask(), tmp_path / 'log.txt', goes_on):
        if progress.ended:
            assert progress.error == ''
            happened.append('ended')
    assert happened == [
        'hopeless asked for',
        'looked at after epoch 1',
        'ended',
        'next asked for',
        'ended',
    ]
    assert not (tmp_path / 'hopeless').exists() and (tmp_path / 'next').exists()


def test_a_process_that_cannot_start_is_told_as_one_that_died(jobs, tmp_path):
    (progress,) = run_all(jobs[:1], tmp_path / 'nowhere' / 'log.txt')
    assert progress.ended and 'its process died (exit code 1)' in progress.error


def test_what_is_broken_off_leaves_no_process(jobs, tmp_path):
    import multiprocessing

    making = run_all(jobs[:1], tmp_path / 'log.txt')
    next(making)
    assert multiprocessing.active_children()
    making.close()
    assert not multiprocessing.active_children()
