"""The latest revision of MelodyVAE_M4L (Improved): 25 pitches from E2, triplet steps, wider layers.

It differs from the preset in data alone: a device is a config file.
"""

from melodyvae.config import Config
from melodyvae_configs import melodyvae_improved


def get_config(fidelity: str = 'documented') -> Config:
    config = melodyvae_improved.get_config(fidelity)
    config.name = 'melodyvae_improved_25x32'
    config.grid.rows = 25
    config.grid.lowest_pitch = 40
    config.grid.steps_per_quarter = 12
    config.model.hidden = 1024
    config.model.decoder_hidden = 2048
    config.model.duration_activation = 'sigmoid'
    config.loss.duration = 2.5
    config.loss.timeshift = 5.0
    config.training.batch_size = 128
    config.training.kl_annealing_epochs = 0
    return config
