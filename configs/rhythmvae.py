"""RhythmVAE_M4L: drums, nine classes x 96 steps, 12 per quarter, which represents triplets."""

from melodyvae.config import Config, with_fidelity


def get_config(fidelity: str = 'documented') -> Config:
    config = Config(name='rhythmvae', features=('onset', 'velocity', 'timeshift'))
    config.grid.rows = 9
    config.grid.steps = 96
    config.grid.steps_per_quarter = 12
    config.grid.drum_map = 'strict'
    config.grid.ignored_channels = ()
    config.model.dropout = 0.0
    config.loss.timeshift = 5.0
    config.training.epochs = 150
    config.training.decay = 'none'
    config.training.kl_annealing_epochs = 0
    config.training.early_stopping_patience = 0
    config.training.keep_best = False
    config.device.messages = 'drums'
    return with_fidelity(config, fidelity)
