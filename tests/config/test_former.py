"""Configs of finished runs, whose settings had other names."""

from melodyvae.config.field import get_value
from melodyvae.config.former import FORMER, replace_former
from melodyvae.config.settings import Config, list_settings


def test_renamed_settings_are_read_by_their_old_names():
    values = Config().to_dict()
    del values['model']['normalization'], values['training']['device_adam']
    values['model']['normalisation'], values['training']['paper_adam'] = False, True
    config = Config.from_dict(values)
    assert config.model.normalization is False and config.training.device_adam is True
    assert values['model']['normalisation'] is False  # what was given stays as it is


def test_removed_settings_are_ignored():
    values = {'training': {'kl_cycle_epochs': 20, 'epochs': 3}, 'device': {'threshold_min': 0.3}}
    assert replace_former(values) == {'training': {'epochs': 3}, 'device': {}}
    assert Config.from_dict(values).validate().training.epochs == 3


def test_the_new_name_counts_if_both_are_there():
    values = {'model': {'normalisation': True, 'normalization': False}}
    assert replace_former(values) == {'model': {'normalization': False}}


def test_no_former_name_is_a_setting_and_every_new_one_is():
    names = {setting.name for setting in list_settings()}
    assert not names & FORMER.keys()
    for new in filter(None, FORMER.values()):
        assert get_value(Config(), new) is not None
