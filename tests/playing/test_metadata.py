from pathlib import Path

import pytest

from melodyvae.config.presets import preset
from melodyvae.playing.metadata import describe, identify, read_timing
from melodyvae.system.errors import UserError


@pytest.mark.parametrize('name', ['melodyvae', 'rhythmvae', 'melodyvae_improved_25x32'])
def test_what_an_export_says_of_itself_is_understood(name):
    config = preset(name)
    metadata = describe(config, {'tempo': 174.0}, threshold=0.4, calibrated=0.1)
    cells = config.grid.rows * config.grid.steps
    found, threshold = identify(Path('x.model'), metadata, [cells] * len(config.features))
    assert (found.grid, found.device, found.features) == (
        config.grid,
        config.device,
        config.features,
    )
    assert threshold == 0.4
    assert read_timing(metadata, 2).tempo == 174
    with pytest.raises(UserError, match='export it again'):
        identify(Path('x.model'), metadata, [cells + 1] * len(config.features))


@pytest.mark.parametrize('metadata', [{}, {'training': None}, {'training': {'tempo': 'fast'}}])
def test_a_model_that_names_no_tempo_has_the_usual_one(metadata):
    assert read_timing(metadata, 2).tempo == 120
