"""The product's own for drums: RhythmVAE_M4L's grid and training, on files read as music.

Of a song only the drums on channel 10 count, and loops begin on bars.
"""

from melodyvae.config import Config
from melodyvae.errors import UserError
from melodyvae_configs import rhythmvae


def get_config(fidelity: str = 'documented') -> Config:
    if fidelity != 'documented':
        raise UserError(
            f'melodyvae_drums is no port, so it has no fidelity {fidelity!r}: leave that out.'
        )
    config = rhythmvae.get_config()
    config.name = 'melodyvae_drums'
    config.grid.voices = 'drums'
    config.grid.bars = 'metre'
    return config
