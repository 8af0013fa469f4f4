"""The product's own drums: loads in RhythmVAE_M4L like its own models, and is trained otherwise.

The grid and the three outputs of the decoder are those of rhythmvae. Only drums are read, at bar
lines, and every drum of General MIDI counts. docs/results.md says what the differences are worth.
"""

from melodyvae.config import Config
from melodyvae.errors import UserError


def get_config(fidelity: str = 'documented') -> Config:
    if fidelity != 'documented':
        raise UserError(f'drums is no port, so it has no fidelity {fidelity!r}: leave that out.')
    config = Config(name='drums', features=('onset', 'velocity', 'timeshift'))
    config.grid.rows = 9
    config.grid.steps = 96
    config.grid.steps_per_quarter = 12
    config.grid.voices = 'drums'
    config.grid.bars = 'metre'
    config.grid.drum_map = 'nearest'
    config.grid.ignored_channels = ()
    config.data.recombination = 0.5
    config.model.anchors = 700
    config.model.decoder_hidden = 512
    config.model.decoder_depth = 2
    config.model.one_encoder_branch = True
    config.model.normalisation = False
    config.model.kernel_scale = 1.6  # He et al. (2015) for a leaky ReLU of slope 0.3, less a little
    config.model.dropout = 0.2
    config.model.decoder_dropout = False
    config.model.z_spread = 1.0
    config.model.timeshift_from_zero = True
    config.loss.only_at_onsets = True
    config.loss.huber_delta = 0.01
    config.training.epochs = 100
    config.training.least_steps = 40
    config.training.decay = 'cosine'
    config.training.kl_annealing_epochs = 30
    config.training.early_stopping_patience = 0
    config.training.keep_best = False
    config.device.messages = 'drums'
    config.device.threshold_min = 0.5
    config.device.pad = 3.0
    return config
