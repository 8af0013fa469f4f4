"""Tables of the results: each setting has words."""

import pytest

from melodyvae.config.presets import preset
from melodyvae.lab.candidates import choose_candidates
from melodyvae.lab.tables import SETTINGS


def test_settings_of_other_configs_have_words():
    config = preset('melodyvae_improved')
    config.training.decay = 'plateau'
    config.data.transpositions = ()
    words = {label: setting(config) for label, setting in SETTINGS.items()}
    assert words['learning rate decay'] == 'x0.95 after 5 epochs on a plateau'
    assert words['KL weight'] == 'min(1, epoch / 10)'
    assert words['transpositions'] == 'none'


def test_settings_of_the_product_s_own_system_have_words():
    config = preset('melodyvae_improved')
    plain = {label: setting(config) for label, setting in SETTINGS.items()}
    model, training = config.model, config.training
    model.decoder_hidden, model.decoder_depth, model.z_spread = 512, 2, 1.5
    model.decoder_dropout, model.normalization, model.anchors = False, False, 700
    model.one_encoder_branch, model.timeshift_from_zero, model.kernel_scale = True, True, 1.6
    model.duration_activation, config.data.recombination = 'softplus', 0.5
    training.decay, training.least_steps, training.keep_best = 'cosine', 40, False
    words = {label: setting(config) for label, setting in SETTINGS.items()}
    expected = {
        'learning rate decay': ('x0.95 every 5 epochs', 'half a cosine wave'),
        'dropout': ('0.2', '0.2, encoder only'),
        "decoder's first blocks": ('1024', '2 x 512, spread 1.5'),
        "encoder's first blocks": ('one per feature', 'one'),
        'own loops with a place on the pad': ('none', 'up to 700'),
        'batch normalization': ('yes', 'no'),
        'variance of initial kernels over Glorot': ('1', '1.6'),
        'timeshifts at the start': ('random', '0'),
        'duration activation': ('relu', 'softplus'),
        'minimum steps per epoch': ('none', '40'),
        'weights of': ('the best epoch', 'the last epoch'),
        'recombined loops': ('none', '50%'),
    }
    found = {label: (plain[label], words[label]) for label in plain}
    assert {label: pair for label, pair in found.items() if pair[0] != pair[1]} == expected


@pytest.mark.parametrize('section', ['data', 'model', 'loss', 'training'])
def test_each_setting_of_the_product_s_own_that_differs_is_in_the_table(section):
    def words(config):
        return [setting(config) for setting in SETTINGS.values()]

    [candidate] = choose_candidates(['melodyvae'])
    own = getattr(candidate.config, section)
    for name, value in own.to_dict().items():
        config = preset('melodyvae_improved')
        if getattr(getattr(config, section), name) != value:
            before = words(config)
            setattr(getattr(config, section), name, value)
            assert words(config) != before, name
