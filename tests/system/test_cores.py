"""Cores that a process may use."""

import os

from melodyvae.system.cores import count_cores


def test_a_process_that_may_use_one_core_has_one():
    allowed = os.sched_getaffinity(0)
    assert count_cores() == len(allowed)
    try:
        os.sched_setaffinity(0, {min(allowed)})
        assert count_cores() == 1
    finally:
        os.sched_setaffinity(0, allowed)


def test_systems_that_pin_no_process_give_all(monkeypatch):
    monkeypatch.delattr(os, 'sched_getaffinity')
    monkeypatch.setattr(os, 'cpu_count', lambda: 6)
    assert count_cores() == 6
    monkeypatch.setattr(os, 'cpu_count', lambda: None)  # it may not know
    assert count_cores() == 1
