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
    for taken in (3, 0):
        with share.spent():
            clock[0] += taken
        for seconds, allowed in [(0, not taken), (29, not taken), (1, True)]:
            clock[0] += seconds
            assert share.allows() == allowed


class Shifts(TwoLayers):
    """Decodes timeshifts to `spread` times what they were."""

    def __init__(self, spread):
        super().__init__()
        self.spread = spread

    def call(self, x):
        if isinstance(x, dict):
            return {'timeshift': self.spread * x['timeshift']}
        return super().call(x)


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


@pytest.mark.parametrize(
    ('spread', 'widest', 'epochs'),
    [
        (0.1, 1.0, [3]),  # once
        (0.9, 1.0, []),
        (0.1, 0.01, []),  # data on the grid
    ],
)
def test_collapsed_timeshifts_are_warned_of(caplog, spread, widest, epochs):
    random = np.random.default_rng(0)
    onset = random.uniform(size=(4, 3, 20)) < 0.3
    data = HeldOut(onset=onset, timeshift=random.uniform(-widest, widest, (4, 3, 20)))
    watch = TimeshiftCollapseWarning(data, after_epoch=1)
    model = Shifts(spread)
    model.compile(optimizer='sgd', loss='mse', run_eagerly=True)
    model.fit(np.ones((4, 2)), np.ones((4, 1)), epochs=4, callbacks=[watch], verbose=0)
    found = [r.args for r in caplog.records if r.name == 'melodyvae.training.monitors']
    assert [args[0] for args in found] == epochs
    if widest == 1:
        assert watch.share == pytest.approx(spread**2)


def test_a_loss_that_explodes_ends_a_plain_fit():
    with pytest.raises(NotANumber, match='step 1 of epoch 1'):
        fit([StopOnNaN()], 2, sample_weight=np.full(8, np.inf, np.float32))


def test_a_loss_that_explodes_is_noticed_where_keras_takes_several_steps_at_once():
    model = TwoLayers()
    model.compile(optimizer='sgd', loss='mse', steps_per_execution=2)
    x, y = np.ones((6, 2), np.float32), np.array([[1], [1], [np.inf], [1], [1], [1]], np.float32)
    options = {'batch_size': 1, 'shuffle': False, 'callbacks': [StopOnNaN()], 'verbose': 0}
    with pytest.raises(NotANumber, match='by step 4 of epoch 1'):
        model.fit(x, y, **options)


def test_a_validation_that_explodes_ends_a_fit_before_it_is_saved():
    x, y = np.ones((4, 2), np.float32), np.full((4, 1), np.inf, np.float32)
    with pytest.raises(NotANumber, match='val_loss'):
        fit([StopOnNaN()], 2, validation_data=(x, y))
