"""Cores, TensorFlow threads and garbage collection of a process."""

import gc
import os

import pytest

from melodyvae.system import process
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


@pytest.mark.parametrize(
    ('cores', 'before', 'after'), [(1, None, '1'), (2, None, '1'), (2, '2', '2'), (4, None, None)]
)
def test_set_threads_keeps_a_variable_that_is_set(monkeypatch, cores, before, after):
    name = 'TF_NUM_INTRAOP_THREADS'
    monkeypatch.setenv(name, before or '')
    if before is None:
        monkeypatch.delenv(name)
    monkeypatch.setattr(process, 'count_cores', lambda: cores)
    process.set_threads()
    assert os.environ.get(name) == after


def test_kept_imports_are_not_collected():
    before = gc.get_freeze_count()
    with keep_imports():
        assert not gc.isenabled()
        kept = [[number] for number in range(1000)]
    assert gc.isenabled()
    assert gc.get_freeze_count() >= before + len(kept)
    assert not any(kept is found for found in gc.get_objects())
