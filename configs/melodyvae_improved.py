"""MelodyVAE_M4L (Improved): four features, 24 pitches x 32 sixteenths.

Use `--config=melodyvae_improved` for the documented settings and `--config=melodyvae_improved:js`
for the settings of the device as it runs.
"""

from melodyvae.config import Config, with_fidelity


def get_config(fidelity: str = 'documented') -> Config:
    features = ('onset', 'velocity', 'duration', 'timeshift')
    config = Config(name='melodyvae_improved', features=features)
    config.data.transpositions = (-12, -7, -5, 5, 7, 12)
    return with_fidelity(config, fidelity)
