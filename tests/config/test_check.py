"""Which configs can work, and what is said of those that cannot."""

import pytest

from melodyvae.config.devices import DEVICES
from melodyvae.config.field import set_value
from melodyvae.config.settings import Config, list_settings
from melodyvae.system.errors import UserError


@pytest.mark.parametrize(
    ('name', 'value', 'allowed'),
    [
        ('training.batch_size', 0, 'a whole number from 1'),
        ('training.batch_size', True, 'a whole number from 1'),
        ('training.epochs', 2.5, 'a whole number from 1'),
        ('training.seed', 2**32, 'a whole number from 0 to 4294967295'),
        ('training.learning_rate', -1e-3, 'a finite number from 1e-12 to 10'),
        ('training.keep_best', 'no', 'true or false'),
        ('training.decay', 'sometimes', "one of 'none', 'step', 'plateau', 'cosine'"),
        ('training.beta', float('inf'), 'a finite number from 0'),
        ('data.transpositions', 'abc', 'a tuple of whole numbers from -127 to 127'),
        ('data.transpositions', (1.5,), 'a tuple of whole numbers from -127 to 127'),
        ('data.transpositions', [1], 'a tuple of whole numbers from -127 to 127'),
        ('model.dropout', '0.2', 'a finite number from 0 to 0.99'),
        ('grid.ignored_channels', (16,), 'a tuple of whole numbers from 0 to 15'),
        ('loss.onset', float('nan'), 'a finite number from 0'),
        ('device.messages', 'midi', f'one of {", ".join(map(repr, DEVICES))}'),
        ('name', None, 'text'),
    ],
)
def test_a_wrong_value_is_named_with_its_flag_and_what_is_allowed(name, value, allowed):
    config = Config()
    set_value(config, name, value)
    with pytest.raises(UserError) as error:
        config.validate()
    sentence = f'--config.{name}={value} cannot be used: it must be {allowed}.'
    assert str(error.value) == sentence


@pytest.mark.parametrize(
    ('values', 'sentence'),
    [
        ({'name': 'a/b'}, 'name=a/b cannot be used: it must be a name that a file can have.'),
        ({'name': ''}, 'name= cannot be used: it must be a name that a file can have.'),
        ({'grid.lowest_pitch': 110}, 'grid.lowest_pitch=110 .* at most 104 with 24 rows'),
        ({'grid.minimum_onsets': 769}, 'grid.minimum_onsets=769 .* at most the 768 cells'),
        ({'grid.drum_map': 'strict'}, 'grid.rows=24 .* 9 with a drum map'),
        ({'grid.drum_classes': ('36 kick',)}, 'use --config=drums'),
        (
            {'grid.drum_map': 'strict', 'grid.rows': 9, 'grid.drum_classes': ('36 tom',)},
            "notes and classes such as '36 kick'",
        ),
        ({'grid.voices': 'drums'}, "grid.voices=drums .* 'all', 'highest' or 'lowest'"),
        (
            {'grid.drum_map': 'strict', 'grid.rows': 9, 'grid.voices': 'highest'},
            "grid.voices=highest .* 'all' or 'drums'",
        ),
        (
            {'data.recombination': 0.5, 'grid.steps': 31},
            'data.recombination=0.5 .* 0 for an odd number of steps',
        ),
        ({'features': ('velocity', 'duration')}, 'features=.* onset and at least one of'),
        ({'features': ('onset',)}, 'features=.* onset and at least one of'),
        ({'features': ('onset', 'timeshift', 'velocity')}, 'features=.* in this order'),
    ],
)
def test_settings_that_contradict_each_other_are_named(values, sentence):
    config = Config()
    for name, value in values.items():
        set_value(config, name, value)
    with pytest.raises(UserError, match=sentence):
        config.validate()


def test_every_default_is_allowed_and_both_ends_of_every_range():
    for setting in list_settings():
        assert setting.allows(setting.default)
        for end in (setting.low, setting.high):
            if setting.type in (int, float) and abs(end) != float('inf'):
                assert setting.allows((end,) if setting.several else end)
                beyond = end - 1 if end == setting.low else end + 1
                assert not setting.allows((beyond,) if setting.several else beyond)


def test_whole_numbers_are_numbers():
    config = Config()
    config.loss.onset = 1
    assert config.validate() is config
