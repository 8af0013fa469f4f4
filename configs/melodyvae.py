"""This project's own preset, the default. Its models load in MelodyVAE_M4L (Improved).

Grid and decoder outputs are those of melodyvae_improved. Files are read as music: contours stay
whole, a loop has one voice, and loops begin on bar lines. After the last epoch, the pad is built
from whole beats of the library. docs/results.md and docs/research/ give the reasons for the other
settings.
"""

from melodyvae.config import Config, refuse_fidelity


def get_config(fidelity: str = 'documented') -> Config:
    refuse_fidelity('melodyvae', fidelity)
    features = ('onset', 'velocity', 'duration', 'timeshift')
    config = Config(name='melodyvae', features=features)
    config.grid.octaves = 'shift'
    config.grid.voices = 'highest'
    config.grid.bars = 'metre'
    config.data.recombination = 0.5
    config.data.learn_all_below = 100  # too few files to hold out a sixth
    config.model.anchors = 300
    config.model.decoder_hidden = 512
    config.model.decoder_depth = 2
    config.model.one_encoder_branch = True
    config.model.normalization = False
    config.model.kernel_scale = 1.6  # slightly below He et al. (2015) for a leaky ReLU of slope 0.3
    config.model.dropout = 0.2
    config.model.decoder_dropout = False
    config.model.z_spread = 1.0
    config.model.duration_activation = 'softplus'
    config.model.timeshift_from_zero = True
    config.loss.only_at_onsets = True
    config.loss.huber_delta = 0.01
    config.training.epochs = 30
    config.training.least_steps = 20
    config.training.decay = 'cosine'
    config.training.kl_annealing_epochs = 30
    config.training.early_stopping_patience = 0
    config.training.keep_best = False
    config.training.pitch_balance = 0.2
    return config
