"""`config.json` of a run."""

import json

import pytest

from melodyvae.config import Config, read_config, write_config
from melodyvae.system.errors import UserError


def test_what_is_written_is_read_and_nothing_else_is_left(tmp_path):
    path = tmp_path / 'config.json'
    config = Config(name='mine', features=('onset', 'duration'))
    for epochs in (3, 4):  # the second replaces the first
        config.training.epochs = epochs
        write_config(config, path)
    assert read_config(path) == config
    assert [file.name for file in tmp_path.iterdir()] == ['config.json']


def test_the_format_is_plain_json_by_section(tmp_path):
    write_config(Config(), tmp_path / 'config.json')
    values = json.loads((tmp_path / 'config.json').read_text())
    assert values['name'] == 'melodyvae_improved'
    assert values['features'] == ['onset', 'velocity', 'duration', 'timeshift']
    assert values['grid']['ignored_channels'] == [9]


@pytest.mark.parametrize(
    ('text', 'words'),
    [
        ('', 'cannot be read'),
        ('[1]', 'holds no JSON object'),
        ('{"name": 3}', '--config.name=3 cannot be used: it must be text'),
        ('{"nmae": "x"}', r'nmae is not a setting \(did you mean name\?\)'),
        ('{"training": {"epoch": 3}}', r'training.epoch is not .* training\.epochs\?'),
        ('{"training": 3}', 'training needs an object'),
        ('{"training": {"beta": NaN}}', 'beta=nan .* a finite number from 0'),
        ('{"grid": {"rows": null}}', 'rows=None .* a whole number from 1 to 256'),
    ],
)
def test_damaged_config_json_is_one_sentence(text, words, tmp_path):
    path = tmp_path / 'config.json'
    path.write_text(text)
    with pytest.raises(UserError, match=f'{path} .*{words}'):
        read_config(path)


def test_a_folder_without_one_is_no_run(tmp_path):
    with pytest.raises(UserError, match=f'{tmp_path} is not a run folder'):
        read_config(tmp_path / 'config.json')
