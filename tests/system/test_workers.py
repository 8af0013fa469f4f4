"""Processes that do tasks, and what ends them."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from melodyvae.system.errors import UserError
from melodyvae.system.workers import Pool, Worker, WorkerDied

TARGET = 'doubling:serve'
KILLED = f"""
import os, signal
from melodyvae.system.workers import Worker
worker = Worker('{TARGET}')
worker.start()
worker.send(1)
print(worker.receive()[1], flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(autouse=True)
def doubling(tmp_path, monkeypatch):
    """A module whose process doubles numbers, and exits with status 7 if it gets 0."""
    (tmp_path / 'doubling.py').write_text(
        'import os, time\n'
        'def serve(channel):\n'
        '    while True:\n'
        '        number = channel.receive()\n'
        '        print("in the way of the pipe")\n'
        '        if number == 0:\n'
        '            os._exit(7)\n'
        '        if number < 0:\n'
        '            time.sleep(600)\n'
        '        channel.send((2 * number, os.getpid()))\n'
    )
    monkeypatch.syspath_prepend(tmp_path)


def double(worker, number):
    worker.start()
    worker.send(number)
    return worker.receive()


@pytest.fixture
def worker(tmp_path):
    worker = Worker(TARGET, tmp_path / 'log.txt')
    yield worker
    worker.end()


def test_a_process_does_one_task_after_another(worker):
    first, second = double(worker, 3), double(worker, 4)
    assert (first[0], second[0]) == (6, 8)
    assert first[1] == second[1] != os.getpid()
    worker.end()
    assert not is_running(first[1])


def test_a_process_that_died_is_reported_and_can_be_started_again(worker):
    with pytest.raises(WorkerDied) as died:
        double(worker, 0)
    assert died.value.status == 7
    with pytest.raises(WorkerDied):
        worker.send(1)
    assert double(worker, 1)[0] == 2


@pytest.mark.parametrize(
    ('target', 'executable'), [('nowhere:serve', sys.executable), (TARGET, '/nowhere/python')]
)
def test_a_process_that_cannot_start_is_one_sentence(tmp_path, monkeypatch, target, executable):
    monkeypatch.setattr(sys, 'executable', executable)
    with pytest.raises(UserError, match=rf'^A process for {target} cannot be started with '):
        Worker(target, tmp_path / 'log.txt').start()


def test_a_pool_starts_no_more_processes_than_it_needs_and_loses_only_what_dies():
    with Pool(lambda: Worker(TARGET), 2) as pool:
        found = [pool.submit(lambda w, n=n: double(w, n)).exception() for n in (1, 0, 2)]
    assert found[0] is found[2] is None
    assert isinstance(found[1], WorkerDied)


def test_a_pool_replaces_processes_after_their_last_task():
    with Pool(lambda: Worker(TARGET), 1, max_tasks=2) as pool:
        processes = [pool.submit(lambda w: double(w, 1)).result()[1] for _ in range(4)]
    assert processes[0] == processes[1] != processes[2] == processes[3]
    assert not any(map(is_running, processes))


def test_a_pool_that_is_left_ends_tasks_that_never_end():
    began = threading.Event()

    def hang(worker):
        worker.start()
        worker.send(-1)
        began.set()
        return worker.receive()

    with Pool(lambda: Worker(TARGET), 1) as pool:
        result = pool.submit(hang)
        assert began.wait(60)
    assert isinstance(result.exception(), WorkerDied)


def test_no_process_outlives_a_killed_program():
    done = subprocess.run(
        [sys.executable, '-c', KILLED],
        env={**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == -signal.SIGKILL
    process = int(done.stdout)
    for _ in range(200):
        if not is_running(process):
            return
        time.sleep(0.05)
    raise AssertionError('the process goes on')


def is_running(process):
    try:
        os.kill(process, 0)
        return Path(f'/proc/{process}/stat').read_text().rpartition(')')[2].split()[0] != 'Z'
    except (ProcessLookupError, FileNotFoundError):
        return False
