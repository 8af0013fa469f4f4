"""This project's own drum preset. Its models load in RhythmVAE_M4L.

Grid, decoder outputs and device are those of rhythmvae; training is that of melodyvae. It reads
only drums, cuts at bar lines, and maps all General MIDI drums. docs/results.md compares it with
rhythmvae.
"""

from melodyvae.config import Config, refuse_fidelity
from melodyvae_configs import melodyvae, rhythmvae


def get_config(fidelity: str = 'documented') -> Config:
    refuse_fidelity('drums', fidelity)
    config, port = melodyvae.get_config(), rhythmvae.get_config()
    config.name, config.features = 'drums', port.features
    config.grid, config.device = port.grid, port.device
    config.grid.voices = 'drums'
    config.grid.bars = 'metre'
    config.grid.drum_map = 'nearest'
    config.training.pitch_balance = 0.0  # rows are drum classes, not pitches
    # Drums repeat: with the rhythms of the nearest loops, most grooves would be copies.
    config.pad.rhythm, config.pad.smoothness, config.pad.variety = 0.0, 1.0, 0.75
    return config
