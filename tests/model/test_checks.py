"""Which Keras the models accept; what else is checked is tested with the model."""

import keras
import pytest

from melodyvae.model.vae import MelodyVAE
from melodyvae.system.errors import UserError

from runs import small_config


@pytest.mark.parametrize('policy', ['mixed_float16', 'mixed_bfloat16', 'float64'])
def test_other_precisions_are_refused(policy):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        with pytest.raises(UserError, match=f'set to {policy}, and MelodyVAE computes in float32'):
            MelodyVAE(small_config())
    finally:
        keras.config.set_dtype_policy(before)


def test_another_backend_is_refused(monkeypatch):
    monkeypatch.setattr(keras.config, 'backend', lambda: 'jax')
    with pytest.raises(UserError, match='Keras runs on jax, and MelodyVAE needs TensorFlow'):
        MelodyVAE(small_config())
