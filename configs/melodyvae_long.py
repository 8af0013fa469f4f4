"""Melodies of four bars on 36 pitches, for the play page and MIDI: no Max for Live device fits.

Everything else is as in melodyvae. docs/presets.md compares them.
"""

from melodyvae.config import Config, refuse_fidelity
from melodyvae_configs import melodyvae


def get_config(fidelity: str = 'documented') -> Config:
    refuse_fidelity('melodyvae_long', fidelity)
    config = melodyvae.get_config()
    config.name = 'melodyvae_long'
    config.device.messages = 'page'
    config.grid.steps = 64
    config.grid.rows = 36
    config.grid.minimum_onsets = 12
    return config
