"""MelodyVAE_M4L (Original): larger batches, a narrower decoder, no dropout, constant schedules.

The devices' comparison table lists four features and batches of 128 and 1000. The released code,
and `:js`, has three features, batches of 16 and no validation.
"""

from melodyvae.config import Config, with_fidelity


def get_config(fidelity: str = 'documented') -> Config:
    features = ('onset', 'velocity', 'duration', 'timeshift')
    config = Config(name='melodyvae_original', features=features)
    config.data.transpositions = tuple(range(-12, 13))
    config.model.decoder_hidden = 512
    config.model.dropout = 0.0
    config.loss.onset = 0.75
    config.training.batch_size = 128
    config.training.validation_batch_size = 1000
    config.training.decay = 'none'
    config.training.kl_annealing_epochs = 0
    config.training.early_stopping_patience = 0
    config.training.keep_best = False
    config.device.messages = 'voices'
    if fidelity == 'js':
        config.features = ('onset', 'velocity', 'duration')
        config.training.batch_size = 16
        config.data.validation_fraction = 0.0
    return with_fidelity(config, fidelity)
