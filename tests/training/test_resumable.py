"""Callbacks that go on where an earlier one ended."""

import json

import keras
import pytest

from melodyvae.training.resumable import EarlyStopping
from melodyvae.training.schedules import ReduceLROnPlateau

from plain_fit import TwoLayers


def started(callback):
    """The callback at the start of a fit."""
    model = TwoLayers()
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss='mse')
    callback.set_model(model)
    callback.on_train_begin()
    return callback


def test_early_stopping_goes_on_waiting():
    first = started(EarlyStopping('loss', mode='min', patience=2))
    first.on_epoch_end(0, {'loss': 1.0})
    first.on_epoch_end(1, {'loss': 2.0})
    again = started(EarlyStopping('loss', mode='min', patience=2))
    again.set_state(json.loads(json.dumps(first.get_state())))
    assert not again.model.stop_training
    again.on_epoch_end(2, {'loss': 1.5})
    assert again.model.stop_training


def test_a_plateau_goes_on_being_counted():
    first = started(ReduceLROnPlateau('loss', mode='min', factor=0.5, patience=2))
    first.on_epoch_end(0, {'loss': 1.0})
    first.on_epoch_end(1, {'loss': 2.0})
    again = started(ReduceLROnPlateau('loss', mode='min', factor=0.5, patience=2))
    again.set_state(json.loads(json.dumps(first.get_state())))
    again.on_epoch_end(2, {'loss': 1.5})
    assert float(again.model.optimizer.learning_rate) == pytest.approx(0.05)


def test_what_a_state_lacks_stays_as_it_is():
    callback = started(EarlyStopping('loss', patience=2))
    callback.wait = 1
    callback.set_state({'best': 3.0})
    assert (callback.best, callback.wait) == (3.0, 1)
