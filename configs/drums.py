"""This project's own drum system: loads in RhythmVAE_M4L, but is trained differently.

The grid, the three outputs of the decoder and the device are those of rhythmvae; the training is
that of melodyvae. Only drums are read, on bar lines, and all drums of General MIDI are accepted.
docs/results.md has measurements of the differences.
"""

from melodyvae.config import Config
from melodyvae.system.errors import UserError
from melodyvae_configs import melodyvae, rhythmvae


def get_config(fidelity: str = 'documented') -> Config:
    if fidelity != 'documented':
        raise UserError(f'drums has no fidelity {fidelity!r}, as it is not a port: leave it out.')
    config, port = melodyvae.get_config(), rhythmvae.get_config()
    config.name, config.features = 'drums', port.features
    config.grid, config.device = port.grid, port.device
    config.grid.voices = 'drums'
    config.grid.bars = 'metre'
    config.grid.drum_map = 'nearest'
    config.training.pitch_balance = 0.0  # rows are classes, not pitches
    config.model.anchors, config.pad = 700, port.pad  # those of melodyvae were tuned on melodies
    # Drums repeat: if neighbors agree as well, few grooves are left, mostly those of the library.
    config.pad.trust, config.pad.wandering, config.pad.agreement = 1.5, 3.0, 0.0
    return config
