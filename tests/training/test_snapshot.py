"""A model in memory, before and after it has trained."""

import numpy as np

from melodyvae.training.snapshot import Snapshot

from plain_fit import TwoLayers


def test_a_model_goes_back_to_when_the_snapshot_was_last_taken():
    model = TwoLayers()
    model.compile(optimizer='adam', loss='mse', run_eagerly=True)

    def train():
        """Returns the variables of model and optimizer after a step."""
        model.train_on_batch(np.ones((4, 2)), np.ones((4, 1)))
        return [np.array(variable) for variable in [*model.variables, *model.optimizer.variables]]

    def check(values):
        now = [*model.variables, *model.optimizer.variables]
        for variable, expected in zip(now, values, strict=True):
            np.testing.assert_array_equal(variable, expected)

    first = train()
    snapshot = Snapshot(model)
    second = train()
    assert any((one != other).any() for one, other in zip(first, second, strict=True))
    snapshot.put_back()
    check(first)
    train()
    later = train()
    snapshot.take()
    train()
    snapshot.put_back()
    check(later)
