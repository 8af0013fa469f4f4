"""The product's own: what the devices cannot tell from theirs, trained as measured to be best.

The grid and the four outputs of the decoder are those of melodyvae_improved. Files are read as
music: whole contours, one voice a loop, loops on bars. The pad is made of whole loops after the
epochs. docs/results.md says what each of the other differences is worth.
"""

from melodyvae.config import Config
from melodyvae.errors import UserError


def get_config(fidelity: str = 'documented') -> Config:
    if fidelity != 'documented':
        raise UserError(
            f'melodyvae is no port, so it has no fidelity {fidelity!r}: leave that out.'
        )
    config = Config(name='melodyvae')
    config.grid.octaves = 'shift'
    config.grid.voices = 'highest'
    config.grid.bars = 'metre'
    config.data.recombination = 0.5
    config.data.learn_all_below = 100  # a sixth of few files is more to lose than it tells
    config.model.anchors = 300
    config.model.decoder_hidden = 512
    config.model.decoder_depth = 2
    config.model.one_encoder_branch = True
    config.model.normalisation = False
    config.model.kernel_scale = 1.6  # He et al. (2015) for a leaky ReLU of slope 0.3, less a little
    config.model.dropout = 0.2
    config.model.decoder_dropout = False
    config.model.z_spread = 1.0
    config.model.duration_activation = 'softplus'
    config.model.timeshift_from_zero = True
    config.loss.only_at_onsets = True
    config.loss.huber_delta = 0.01
    config.training.epochs = 100
    config.training.least_steps = 40
    config.training.decay = 'cosine'
    config.training.kl_annealing_epochs = 30
    config.training.early_stopping_patience = 0
    config.training.keep_best = False
    config.training.pitch_balance = 0.2
    return config
