"""MelodyVAE_M4L (Improved): four features, 24 pitches x 32 sixteenths.

`--config=melodyvae_improved` as documented, `--config=melodyvae_improved:js` as the device behaves.
"""

from melodyvae.config import Config, with_fidelity


def get_config(fidelity: str = 'documented') -> Config:
    config = Config(name='melodyvae_improved')
    config.data.transpositions = (-12, -7, -5, 5, 7, 12)
    return with_fidelity(config, fidelity)
