"""Callbacks that go on where an earlier one ended."""

from melodyvae.training.resumable import EarlyStopping


def test_what_a_state_lacks_stays_as_it_is():
    callback = EarlyStopping('loss', patience=2)
    callback.on_train_begin()
    callback.wait = 1
    callback.set_state({'best': 3.0})
    assert (callback.best, callback.wait) == (3.0, 1)
