"""The model that a training ends with."""

import keras
import numpy as np
import pytest

from melodyvae.config.settings import TrainingConfig
from melodyvae.training.best_model import BestModel

from plain_fit import TwoLayers


def watched(path, losses, *, keep_best):
    """A `BestModel` after epochs with these losses, and beta as its model had it in each."""
    model = TwoLayers()
    model.compile(optimizer='adam', loss='mse', run_eagerly=True)
    model.train_on_batch(np.ones((1, 2)), np.ones((1, 1)))
    best = BestModel(TrainingConfig(monitor='val_loss', keep_best=keep_best), path)
    best.set_model(model)
    for epoch, loss in enumerate(losses):
        model.beta.assign(epoch)
        model.optimizer.iterations.assign(10 * epoch)
        best.on_epoch_end(epoch, {'val_loss': loss})
    return best


@pytest.mark.parametrize(('keep_best', 'epoch'), [(True, 1), (False, 3)])
def test_the_checkpoint_is_the_best_model_whenever_it_is_written(tmp_path, keep_best, epoch):
    path = tmp_path / 'model.keras'
    best = watched(path, [5.0, 2.0, 3.0, 2.0], keep_best=keep_best)
    assert not path.exists()
    best.write()
    saved = keras.models.load_model(path)
    assert (float(saved.beta), int(saved.optimizer.iterations)) == (epoch, 10 * epoch)
    assert (float(best.model.beta), int(best.model.optimizer.iterations)) == (3, 30)
    path.unlink()
    best.on_epoch_end(4, {'val_loss': 6.0})
    best.write()
    assert path.exists() == (not keep_best)  # a best model is written once
