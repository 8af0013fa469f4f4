"""The callbacks that a config asks for."""

import pytest

from melodyvae.config.presets import preset
from melodyvae.system.errors import UserError
from melodyvae.training.callbacks import default_callbacks
from melodyvae.training.data import training_data
from melodyvae.training.schedules import CosineDecay, ReduceLROnPlateau, StepDecay


@pytest.mark.parametrize(
    ('decay', 'kind'),
    [('none', None), ('step', StepDecay), ('cosine', CosineDecay), ('plateau', ReduceLROnPlateau)],
)
def test_a_config_has_the_decay_that_it_names(decay, kind, golden_loops):
    config = preset('melodyvae_improved')
    config.training.decay = decay
    config.training.learning_rate = 0.02
    kinds = (StepDecay, CosineDecay, ReduceLROnPlateau)
    found = default_callbacks(training_data(golden_loops, config))
    chosen = [one for one in found if isinstance(one, kinds)]
    assert [type(one) for one in chosen] == ([kind] if kind else [])
    if decay == 'cosine':
        assert chosen[0].learning_rate == 0.02


def test_a_config_alone_is_refused():
    with pytest.raises(UserError, match='takes what training_data'):
        default_callbacks('melodyvae')
