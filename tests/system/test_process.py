"""Cores, TensorFlow threads and garbage collection of a process."""

import gc
import os
import subprocess
import sys

from melodyvae.system.process import count_cores, keep_imports


def test_a_process_that_may_use_one_core_has_one():
    allowed = os.sched_getaffinity(0)
    assert count_cores() == len(allowed)
    try:
        os.sched_setaffinity(0, {min(allowed)})
        assert count_cores() == 1
    finally:
        os.sched_setaffinity(0, allowed)


def test_a_system_without_affinity_counts_all_cores(monkeypatch):
    monkeypatch.delattr(os, 'sched_getaffinity')
    monkeypatch.setattr(os, 'cpu_count', lambda: 6)
    assert count_cores() == 6
    monkeypatch.setattr(os, 'cpu_count', lambda: None)  # it may not know
    assert count_cores() == 1


def test_set_threads_keeps_a_variable_that_is_set():
    code = (
        'import os, melodyvae.system.process\n'
        'melodyvae.system.process.count_cores = lambda: {cores}\n'
        'import melodyvae\n'
        'melodyvae.set_threads()\n'
        "print(os.environ.get('TF_NUM_INTRAOP_THREADS'))\n"
    )
    for cores, before, after in [(1, '', '1'), (2, '', '1'), (2, '2', '2'), (4, '', 'None')]:
        environment = {'TF_NUM_INTRAOP_THREADS': before} if before else {}
        done = subprocess.run(
            [sys.executable, '-c', code.format(cores=cores)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=100,
        )
        assert done.stdout.strip() == after, done.stderr


def test_kept_imports_are_not_collected():
    before = gc.get_freeze_count()
    with keep_imports():
        assert not gc.isenabled()
        kept = [[number] for number in range(1000)]
    assert gc.isenabled()
    assert gc.get_freeze_count() >= before + len(kept)
    assert not any(kept is found for found in gc.get_objects())
