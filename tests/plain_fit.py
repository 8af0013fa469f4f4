"""Callbacks in a plain `fit` of a two-layer model."""

import keras
import numpy as np


@keras.saving.register_keras_serializable('tests')
class TwoLayers(keras.Model):
    """The least model with a beta."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dense = keras.layers.Dense(3)
        self.out = keras.layers.Dense(1)
        self.beta = self.add_weight(name='beta', initializer='ones', trainable=False)

    def call(self, x):
        return self.out(self.dense(x))


class Recorder(keras.callbacks.Callback):
    """What beta, the learning rate and Adam's step count were, epoch by epoch."""

    def __init__(self):
        super().__init__()
        self.betas, self.rates, self.steps, self.logs = [], [], [], []

    def on_epoch_end(self, epoch, logs=None):
        self.betas.append(float(self.model.beta))
        self.rates.append(float(self.model.optimizer.learning_rate))
        self.steps.append(int(self.model.optimizer.iterations))
        self.logs.append(dict(logs or {}))


def fit(callbacks, epochs, **kwargs):
    recorder = Recorder()
    model = TwoLayers()
    # Eagerly: these few steps take less time than tracing one.
    model.compile(optimizer=keras.optimizers.Adam(0.1), loss='mse', run_eagerly=True)
    x = np.ones((8, 2), np.float32)
    y = np.ones((8, 1), np.float32)
    model.fit(x, y, epochs=epochs, callbacks=[*callbacks, recorder], verbose=0, **kwargs)
    return recorder
