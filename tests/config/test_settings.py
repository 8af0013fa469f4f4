"""The settings of a system, and what they tell of themselves."""

import pytest
from absl import flags
from ml_collections import config_flags

from melodyvae.config import Config, list_settings, preset
from melodyvae.config.field import get_value


def test_settings_are_listed_with_help_range_and_default():
    settings = {setting.name: setting for setting in list_settings()}
    epochs = settings['training.epochs']
    assert epochs.flag == '--config.training.epochs'
    assert epochs.allowed == 'a whole number from 1'
    assert epochs.default == 100
    assert 'at most' in epochs.help
    config = Config()
    for setting in settings.values():
        assert setting.help[-1] == '.' and '\n' not in setting.help
        assert get_value(config, setting.name) == setting.default


def test_none_is_left_out():
    values = Config().to_dict()
    names = [
        f'{name}.{key}' if isinstance(value, dict) else name
        for name, value in values.items()
        for key in (value if isinstance(value, dict) else [''])
    ]
    assert [setting.name for setting in list_settings()] == names


def test_misspelt_setting_in_a_config_file_is_an_error():
    with pytest.raises(AttributeError):
        Config().training.bach_size = 3


def test_config_flags_see_every_setting_with_its_type():
    arguments = ['program']
    for setting in list_settings():
        value = get_value(Config(), setting.name)
        items = value if setting.several else (value,)
        arguments += [f'{setting.flag}={item}' for item in items]
    values = flags.FlagValues()
    config_flags.DEFINE_config_dataclass(
        'config', preset('rhythmvae'), flag_values=values, sys_argv=arguments
    )
    values(arguments)
    assert values.config.validate() == Config()
