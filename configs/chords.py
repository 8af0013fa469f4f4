"""Chords of up to six notes per step, for the play page and MIDI: no Max for Live device fits.

All tracks of a file but the drums make one loop of two bars on 36 pitches. docs/presets.md has
figures.
"""

from melodyvae.config import Config, refuse_fidelity
from melodyvae_configs import melodyvae


def get_config(fidelity: str = 'documented') -> Config:
    refuse_fidelity('chords', fidelity)
    config = melodyvae.get_config()
    config.name = 'chords'
    config.device.messages = 'page_chords'
    config.grid.rows = 36
    config.grid.voices = 'all'
    return config
