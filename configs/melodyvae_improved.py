"""MelodyVAE_M4L (Improved): four features, 24 pitches x 32 sixteenths.

`--config=configs/melodyvae_improved.py` as documented, `--config=configs/melodyvae_improved.py:js`
as the device runs.
"""

from melodyvae.config.fidelity import with_fidelity
from melodyvae.config.settings import Config


def get_config(fidelity: str = 'documented') -> Config:
    config = Config(name='melodyvae_improved')
    config.data.transpositions = (-12, -7, -5, 5, 7, 12)
    return with_fidelity(config, fidelity)
