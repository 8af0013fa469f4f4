"""Melodies of two bars of 3/4, for the play page and MIDI: no Max for Live device fits.

It reads only bars that fill a loop. Files that name no time signature, or only 4/4, count as 3/4,
since many programs write 4/4 whatever is played. Everything else is as in melodyvae.
docs/presets.md compares them.
"""

from melodyvae.config import Config, refuse_fidelity
from melodyvae_configs import melodyvae


def get_config(fidelity: str = 'documented') -> Config:
    refuse_fidelity('waltz', fidelity)
    config = melodyvae.get_config()
    config.name = 'waltz'
    config.device.messages = 'page'
    config.grid.steps = 24
    config.grid.bars = 'fitting'
    config.grid.metre = '3/4'
    config.grid.minimum_onsets = 4
    return config
