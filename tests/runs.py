"""Small run folders with made weights, for tests of what comes after training."""

from pathlib import Path

import keras
import numpy as np

from melodyvae.config import Config, preset
from melodyvae.model import MelodyVAE
from melodyvae.run import RunFolder

THRESHOLD = 0.2


def small_config(name: str = 'melodyvae_improved', fidelity: str = 'documented') -> Config:
    """A preset with few weights."""
    config = preset(name, fidelity)
    config.model.hidden = 8
    config.model.decoder_hidden = 16
    return config


def made_model(config: Config) -> MelodyVAE:
    """An untrained model that plays a few notes, others elsewhere in the latent space."""
    keras.utils.set_random_seed(1)
    model = MelodyVAE(config)
    random = np.random.default_rng(2)
    for name in config.features:
        layer = model.decoder.get_layer(name)
        layer.kernel.assign(random.normal(0, 1, layer.kernel.shape))
        layer.bias.assign(random.normal(-5 if name == 'onset' else 0.2, 1, layer.bias.shape))
    return model


def make_run(path: Path, config: Config | None = None) -> RunFolder:
    """Writes a run as training leaves it, without having trained."""
    config = config or small_config()
    run = RunFolder.create(path, config)
    made_model(config).save(run.model_path)
    run.write_summary({'name': config.name, 'epochs': 3, 'threshold': THRESHOLD})
    return run
