"""The latest revision of MelodyVAE_M4L (Improved): 25 pitches from E1, triplet steps, wider layers.

Loops are cut at 12 steps per quarter, and the device's patch plays them as sixteenths: three times
slower. It plays row 0 as pitch 40 (E1, where C3 is 60). In `:js`, as in the device, training maps a
note to row `pitch % 24`, so that a C is played as an E.
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
    config.device.messages = 'monophonic_scaled'
    config.grid.rows_from_pitch_0 = fidelity == 'js'
    return config
