"""Configs from and to plain values."""

import json

import pytest

from melodyvae.config.settings import Config, GridConfig
from melodyvae.system.errors import UserError


def test_plain_values_hold_every_setting():
    written = json.loads(json.dumps(Config().to_dict()))
    assert written['training']['kl_annealing_epochs'] == 10
    assert Config.from_dict(written) == Config()


def test_what_is_left_out_keeps_its_default():
    config = Config.from_dict({'grid': {'rows': 12}})
    assert config.grid == GridConfig(rows=12)
    assert config.training == Config().training


@pytest.mark.parametrize(
    ('section', 'values', 'sentence'),
    [
        (Config, {'nmae': 'x'}, 'nmae is not a setting (did you mean name?).'),
        (
            Config,
            {'training': {'epoch': 3}},
            'training.epoch is not a setting (did you mean training.epochs?).',
        ),
        (Config, {'zzzzzz': 3}, 'zzzzzz is not a setting.'),
        (Config, {'training': 3}, 'training needs an object, not 3.'),
        (GridConfig, {'row': 3}, 'row is not a setting (did you mean rows?).'),
    ],
)
def test_unknown_settings_are_refused_with_the_nearest_name(section, values, sentence):
    with pytest.raises(UserError) as error:
        section.from_dict(values)
    assert str(error.value) == sentence
