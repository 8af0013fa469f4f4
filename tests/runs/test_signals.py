"""Signals that end a training, and what they leave alone."""

import concurrent.futures
import signal

import pytest

from melodyvae.runs.signals import StopOnSignal, Stopped


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_fit_and_the_handlers_are_put_back(number):
    before = signal.getsignal(number)
    stop = StopOnSignal()
    stop.on_train_begin()
    signal.raise_signal(number)
    with pytest.raises(Stopped, match='in epoch 1') as stopped:
        stop.on_train_batch_end(0)
    assert stopped.value.exit_status == 128 + number
    assert signal.getsignal(number) is before


def test_another_thread_than_the_main_one_can_train():
    before = signal.getsignal(signal.SIGINT)
    with concurrent.futures.ThreadPoolExecutor(1) as threads:
        threads.submit(StopOnSignal().on_train_begin).result()
    assert signal.getsignal(signal.SIGINT) is before
