"""What a training that ends in an error leaves behind."""

import signal

import pytest

from melodyvae.runs.fit import fit
from melodyvae.runs.folder import RunFolder
from melodyvae.system.errors import UserError
from melodyvae.training.data import training_data

from runs import small_config


def test_signals_are_put_back_after_an_error(golden_loops, tmp_path):
    before = signal.getsignal(signal.SIGINT)
    config = small_config()
    config.loss.onset = 1e38  # times a hundred nats, it is infinite
    run = RunFolder.create(tmp_path / 'run', config)
    with pytest.raises(UserError, match='is not a number any more'):
        fit(run, training_data(golden_loops, config), quiet=True)
    assert signal.getsignal(signal.SIGINT) is before
