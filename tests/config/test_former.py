"""Configs of finished runs, whose settings had other names."""

import pytest

from melodyvae.config.former import FORMER
from melodyvae.config.settings import Config, list_settings
from melodyvae.system.errors import UserError


def test_renamed_settings_are_read_by_their_old_names():
    values = Config().to_dict()
    del values['model']['normalization'], values['training']['device_adam']
    values['model']['normalisation'], values['training']['paper_adam'] = False, True
    config = Config.from_dict(values)
    assert config.model.normalization is False and config.training.device_adam is True
    values['model']['normalization'] = True
    assert Config.from_dict(values).model.normalization is True, 'the new name counts'


def test_removed_settings_are_ignored():
    values = Config().to_dict()
    values['training'] |= {'kl_cycle_epochs': 20, 'epochs': 3}
    values['pad'] = {'width': 1.3, 'slope': 8.0, 'whim': 0.5, 'agreement': 3.0, 'tiles': 99}
    config = Config.from_dict(values).validate()
    assert (config.training.epochs, config.pad.tiles) == (3, 99)
    assert config.pad.rhythm == Config().pad.rhythm
    assert 'whim' in values['pad'], 'what was given stays as it is'
    values['pad'] = {'widht': 1.3}
    with pytest.raises(UserError, match=r'pad\.widht is not a setting'):
        Config.from_dict(values)


def test_no_former_name_is_a_setting_and_every_new_one_is():
    names = {setting.name for setting in list_settings()}
    assert not names & FORMER.keys()
    assert set(filter(None, FORMER.values())) <= names
