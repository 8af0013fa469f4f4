"""What a misspelt name was meant to be."""

import pytest

from melodyvae.config.nearest import ask_for_nearest
from melodyvae.config.settings import list_settings

SETTINGS = [setting.name for setting in list_settings()]


@pytest.mark.parametrize(
    ('name', 'nearest'),
    [
        ('training.epoch', 'training.epochs'),
        ('trainig.epochs', 'training.epochs'),
        ('epoch', 'training.epochs'),
        ('model.batch_size', 'training.batch_size'),
        ('grid.min_onsets', 'grid.minimum_onsets'),
        ('nmae', 'name'),
        ('training.zzzzzzzzzzzzzzzzzzzz', None),
        ('', None),
    ],
)
def test_the_nearest_setting_is_found(name, nearest):
    question = f' (did you mean --{nearest}?)' if nearest else ''
    assert ask_for_nearest(name, SETTINGS, '--') == question
