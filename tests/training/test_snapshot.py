"""A model in memory, before and after it has trained."""

import numpy as np

from melodyvae.model.vae import MelodyVAE
from melodyvae.training.snapshot import Snapshot

from runs import small_config


def all_values(model):
    return [np.array(variable) for variable in [*model.variables, *model.optimizer.variables]]


def train(model, loops):
    model.fit(loops.to_dense(np.arange(8)), epochs=1, verbose=0)


def test_a_model_goes_back_to_when_the_snapshot_was_last_taken(golden_loops):
    model = MelodyVAE(small_config())
    train(model, golden_loops)
    snapshot = Snapshot(model)
    first = all_values(model)
    train(model, golden_loops)
    second = all_values(model)
    assert any((one != other).any() for one, other in zip(first, second, strict=True))
    snapshot.put_back()
    for value, expected in zip(all_values(model), first, strict=True):
        np.testing.assert_array_equal(value, expected)
    train(model, golden_loops)
    snapshot.take()
    later = all_values(model)
    train(model, golden_loops)
    snapshot.put_back()
    for value, expected in zip(all_values(model), later, strict=True):
        np.testing.assert_array_equal(value, expected)
