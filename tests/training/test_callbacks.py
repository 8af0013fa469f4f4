"""The callbacks that a config asks for."""

import pytest

from melodyvae.config.presets import preset
from melodyvae.training.callbacks import default_callbacks
from melodyvae.training.schedules import CosineDecay, ReduceLROnPlateau, StepDecay


@pytest.mark.parametrize(
    ('decay', 'kind'),
    [('none', None), ('step', StepDecay), ('cosine', CosineDecay), ('plateau', ReduceLROnPlateau)],
)
def test_a_config_has_the_decay_that_it_names(decay, kind):
    config = preset('melodyvae_improved')
    config.training.decay = decay
    config.training.learning_rate, config.training.epochs = 0.02, 7
    kinds = (StepDecay, CosineDecay, ReduceLROnPlateau)
    chosen = [one for one in default_callbacks(config) if isinstance(one, kinds)]
    assert [type(one) for one in chosen] == ([kind] if kind else [])
    if decay == 'cosine':
        assert chosen[0].learning_rate == 0.02


def test_a_preset_s_name_stands_for_it():
    by_name, by_config = default_callbacks('melodyvae'), default_callbacks(preset('melodyvae'))
    assert [type(one) for one in by_name] == [type(one) for one in by_config]
