"""What watches a training, in a plain `fit` of a two-layer model."""

import time

import numpy as np
import pytest
import tensorflow as tf

from melodyvae.config.settings import Config, GridConfig
from melodyvae.training.monitors import NotANumber, StopOnNaN, TimeShare, TimeshiftCollapseWarning

from plain_fit import TwoLayers, fit


def test_a_share_of_the_time_is_kept_to(monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(time, 'monotonic', lambda: clock[0])
    share = TimeShare(0.1)
    assert share.allows()  # nobody knows yet how long it takes
    with share.spent():
        clock[0] += 3
    for seconds, allowed in [(0, False), (29, False), (1, True)]:
        clock[0] += seconds
        assert share.allows() == allowed
    with share.spent():
        clock[0] += 1
    clock[0] += 10
    assert share.allows()


class Shifts(TwoLayers):
    """Decodes the timeshifts that it is told."""

    def __init__(self, spread):
        super().__init__()
        self.spread = spread

    def __call__(self, inputs, **kwargs):
        if isinstance(inputs, dict):
            return {'timeshift': self.spread * inputs['timeshift']}
        return super().__call__(inputs, **kwargs)


class HeldOut:
    """The least data to learn from: one batch of grids that is held out."""

    def __init__(self, **grids):
        loops, rows, steps = grids['onset'].shape
        cells = np.tile(np.arange(rows * steps, dtype=np.int32), (loops, 1))
        values = {name: grid.reshape(loops, -1).astype('f4') for name, grid in grids.items()}
        self.batch = {'cell': cells, **values}
        self.config = Config(grid=GridConfig(rows=rows, steps=steps))

    def held_out_batches(self):
        return tf.data.Dataset.from_tensors(self.batch)


def warned_of(caplog):
    """The numbers of each warning; TensorFlow logs too."""
    return [r.args for r in caplog.records if r.name == 'melodyvae.training.monitors']


def collapse_messages(caplog, spread, widest=1.0):
    """What is logged over four epochs when the decoded timeshifts are `spread` times the data's."""
    random = np.random.default_rng(0)
    onset = random.uniform(size=(4, 3, 20)) < 0.3
    data = HeldOut(onset=onset, timeshift=random.uniform(-widest, widest, (4, 3, 20)))
    callback = TimeshiftCollapseWarning(data, after_epoch=1)
    callback.set_model(Shifts(spread))
    callback.on_train_begin()
    for epoch in range(4):
        callback.on_epoch_end(epoch)
    return warned_of(caplog), callback.share


def test_collapsed_timeshifts_are_warned_of_once(caplog):
    messages, share = collapse_messages(caplog, spread=0.1)
    assert [args[0] for args in messages] == [3]
    assert share == pytest.approx(0.01)


def test_living_timeshifts_give_no_warning(caplog):
    messages, share = collapse_messages(caplog, spread=0.9)
    assert messages == []
    assert share == pytest.approx(0.81)


def test_data_on_the_grid_gives_no_warning(caplog):
    assert collapse_messages(caplog, spread=0.1, widest=0.01)[0] == []


def test_a_loss_that_explodes_ends_a_plain_fit():
    with pytest.raises(NotANumber, match='step 1 of epoch 1'):
        fit([StopOnNaN()], 2, sample_weight=np.full(8, np.inf, np.float32))


def test_a_loss_that_explodes_is_noticed_where_keras_takes_several_steps_at_once():
    model = TwoLayers()
    model.compile(optimizer='sgd', loss='mse', steps_per_execution=2)
    y = np.array([[1], [1], [np.inf], [1], [1], [1]], np.float32)
    with pytest.raises(NotANumber, match='by step 4 of epoch 1'):
        model.fit(
            np.ones((6, 2), np.float32),
            y,
            batch_size=1,
            shuffle=False,
            callbacks=[StopOnNaN()],
            verbose=0,
        )


def test_a_validation_that_explodes_ends_a_fit_before_it_is_saved():
    x, y = np.ones((4, 2), np.float32), np.full((4, 1), np.inf, np.float32)
    with pytest.raises(NotANumber, match='val_loss'):
        fit([StopOnNaN()], 2, validation_data=(x, y))


def test_collapse_is_watched_in_a_plain_fit(caplog):
    class Stiff(TwoLayers):
        def call(self, x):
            return {'timeshift': 0 * x['timeshift']} if isinstance(x, dict) else super().call(x)

    data = HeldOut(onset=np.ones((2, 1, 2)), timeshift=np.array([[[-1, 1]], [[1, -1]]]))
    watch = TimeshiftCollapseWarning(data, after_epoch=0)
    model = Stiff()
    model.compile(optimizer='sgd', loss='mse')
    model.fit(np.ones((4, 2)), np.ones((4, 1)), epochs=3, callbacks=[watch], verbose=0)
    assert [args[0] for args in warned_of(caplog)] == [2]
