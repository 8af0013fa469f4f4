"""The settings of a system, and what they tell of themselves."""

import pytest
from absl import flags
from ml_collections import config_flags

from melodyvae.config import Config, list_settings, preset
from melodyvae.config.field import get_value
from melodyvae.system.errors import UserError


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
    def names(values: dict, prefix: str = '') -> list[str]:
        return [
            name
            for key, value in values.items()
            for name in (
                names(value, f'{prefix}{key}.') if isinstance(value, dict) else [prefix + key]
            )
        ]

    assert [setting.name for setting in list_settings()] == names(Config().to_dict())


def test_misspelt_setting_in_a_config_file_is_an_error():
    with pytest.raises(AttributeError):
        Config().training.bach_size = 3


def test_configs_of_two_systems_differ_and_share_nothing():
    one, other = Config(), Config()
    assert one == other
    one.training.epochs = 3
    assert one != other and other.training.epochs == 100


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


def test_runs_of_earlier_versions_have_another_second_stage():
    values = preset('melodyvae').to_dict()
    values['pad'] = {'width': 1.3, 'slope': 8.0, 'whim': 0.5, 'agreement': 3.0, 'tiles': 99}
    config = Config.from_dict(values).validate()
    assert config.pad.tiles == 99 and config.pad.rhythm == Config().pad.rhythm
    values['pad'] = {'widht': 1.3}
    with pytest.raises(UserError, match=r'pad\.widht is not a setting'):
        Config.from_dict(values)
