"""The product's own drums: loads in RhythmVAE_M4L like its own models, and is trained otherwise.

The grid, the three outputs of the decoder and the device are those of rhythmvae, the training is
that of melodyvae. Only drums are read, at bar lines, and every drum of General MIDI counts.
docs/results.md says what the differences are worth.
"""

from melodyvae.config import Config
from melodyvae.errors import UserError
from melodyvae_configs import melodyvae, rhythmvae


def get_config(fidelity: str = 'documented') -> Config:
    if fidelity != 'documented':
        raise UserError(f'drums is no port, so it has no fidelity {fidelity!r}: leave that out.')
    config, port = melodyvae.get_config(), rhythmvae.get_config()
    config.name, config.features = 'drums', port.features
    config.grid, config.device = port.grid, port.device
    config.grid.voices = 'drums'
    config.grid.bars = 'metre'
    config.grid.drum_map = 'nearest'
    config.training.pitch_balance = 0.0  # classes are no pitches
    # Drums repeat: with the rhythms of the nearest loops, most of them would be the library's.
    config.pad.rhythm, config.pad.smoothness, config.pad.form = 0.0, 0.5, 1.0
    config.pad.variety = 0.7
    return config
