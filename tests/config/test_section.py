"""Configs from and to plain values."""

from melodyvae.config.settings import Config, GridConfig


def test_what_is_left_out_keeps_its_default():
    config = Config.from_dict({'grid': {'rows': 12}})
    assert config.grid == GridConfig(rows=12)
    assert config.training == Config().training
