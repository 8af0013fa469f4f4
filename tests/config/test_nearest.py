"""What a misspelt name was meant to be."""

import pytest

from melodyvae.config.nearest import ask_for_nearest, find_nearest
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
    assert find_nearest(name, SETTINGS) == nearest


def test_a_sentence_asks_for_it_where_there_is_one():
    assert ask_for_nearest('epoch', SETTINGS, '--') == ' (did you mean --training.epochs?)'
    assert ask_for_nearest('xyz', ['melody', 'rhythm']) == ''
