"""Chords of up to six notes per step, for the play page and MIDI: no Max for Live device fits.

All tracks of a file but the drums make one loop of two bars on 36 pitches. docs/presets.md has
figures.
"""

from melodyvae.config import Config
from melodyvae.system.errors import UserError
from melodyvae_configs import melodyvae


def get_config(fidelity: str = 'documented') -> Config:
    if fidelity != 'documented':
        raise UserError(f'chords has no fidelity {fidelity!r}, as it is not a port: leave it out.')
    config = melodyvae.get_config()
    config.name = 'chords'
    config.device.messages = 'page_chords'
    config.grid.rows = 36
    config.grid.voices = 'all'
    return config
