"""Presets by name, and config files."""

import dataclasses
from pathlib import Path

import pytest

import melodyvae_configs
from melodyvae.config import (
    FIDELITIES,
    Config,
    preset,
    preset_names,
    resolve_config,
    write_config,
)
from melodyvae.config.presets import split_fidelity
from melodyvae.system.errors import UserError

PORTS = ('rhythmvae', 'melodyvae_original', 'melodyvae_improved', 'melodyvae_improved_25x32')
OWN = ('melodyvae', 'drums', 'melodyvae_long', 'waltz', 'chords')
PRESETS = [
    *((name, 'documented') for name in OWN),
    *((name, fidelity) for name in PORTS for fidelity in FIDELITIES),
]
MINE = (
    'from melodyvae.config import Config, preset\n'
    'def get_config(fidelity="documented"):\n'
    '    config = preset("melodyvae_improved", fidelity)\n'
    '    config.model.hidden = 16\n'
    '    return config\n'
)


def test_these_are_all_presets():
    assert preset_names() == sorted({name for name, _ in PRESETS})
    files = {path.stem for path in Path(melodyvae_configs.__file__).parent.glob('*.py')}
    assert files - {'__init__'} == set(preset_names())


@pytest.mark.parametrize(('name', 'fidelity'), PRESETS)
def test_preset_survives_plain_values(name, fidelity):
    config = preset(name, fidelity)
    assert (config.name, config.fidelity) == (name, fidelity)
    assert preset(name if name in OWN else f'{name}:{fidelity}') == config
    assert Config.from_dict(config.to_dict()) == config


def test_the_product_s_own_presets_have_no_fidelity():
    for name in OWN:
        with pytest.raises(UserError, match=f"{name} has no fidelity 'js'"):
            preset(name, 'js')


@pytest.mark.parametrize(
    ('name', 'device', 'others'),
    [
        ('melodyvae', 'melodyvae_improved', {'octaves': 'fold'}),
        ('drums', 'rhythmvae', {'drum_map': 'strict'}),
    ],
)
def test_the_product_s_own_model_fits_the_device(name, device, others):
    own, device = preset(name), preset(device)
    read_alike = dataclasses.replace(own.grid, voices='all', bars='start', **others)
    assert (read_alike, own.features, own.device) == (device.grid, device.features, device.device)
    assert own.model.latent == device.model.latent


def test_unknown_presets_are_refused_with_the_nearest_name_and_all_names():
    with pytest.raises(UserError) as error:
        preset('rythmvae')
    assert str(error.value) == (
        "There is no preset 'rythmvae' (did you mean rhythmvae?): use one of chords, drums, "
        'melodyvae, melodyvae_improved, melodyvae_improved_25x32, melodyvae_long, '
        'melodyvae_original, rhythmvae, waltz, or a .py file.'
    )
    for name in ('__init__', '', 'xyz'):
        with pytest.raises(UserError, match=f"no preset '{name}': use one of"):
            preset(name)
    with pytest.raises(UserError, match='no fidelity'):
        preset('rhythmvae:exact')


@pytest.mark.parametrize(
    ('text', 'name', 'fidelity'),
    [
        ('rhythmvae', 'rhythmvae', 'documented'),
        (' rhythmvae:js ', 'rhythmvae', 'js'),
        (r'C:\loops\mine.py', r'C:\loops\mine.py', 'documented'),
        (r'C:\loops\mine.py:js', r'C:\loops\mine.py', 'js'),
        ('C:mine.py:js', 'C:mine.py', 'js'),
        ('/a:b/mine.py', '/a:b/mine.py', 'documented'),
    ],
)
def test_only_a_colon_behind_the_name_or_file_begins_a_fidelity(text, name, fidelity):
    assert split_fidelity(text) == (name, fidelity)


@pytest.mark.parametrize('folder', ['plain', 'a:b', 'with space'])
def test_a_file_is_a_config_wherever_it_lies(folder, tmp_path):
    path = tmp_path / folder / 'mine.py'
    path.parent.mkdir()
    path.write_text(MINE)
    plain, js = preset(str(path)), preset(f'{path}:js')
    assert (plain.fidelity, js.fidelity) == ('documented', 'js')
    assert plain.model.hidden == js.model.hidden == 16
    assert (preset(path), preset(path, 'js')) == (plain, js)


def test_a_file_is_found_from_the_current_and_the_home_folder(tmp_path, monkeypatch):
    (tmp_path / 'mine.py').write_text(MINE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv('HOME', str(tmp_path))
    assert preset('mine.py') == preset('./mine.py') == preset('~/mine.py')


def test_the_config_json_of_a_run_is_a_config(tmp_path):
    path = tmp_path / 'config.json'
    config = preset('melodyvae_improved', 'js')
    config.model.hidden = 16
    write_config(config, path)
    assert preset(path) == preset(str(path)) == config
    with pytest.raises(UserError, match=r'config\.json has all settings: leave :js out'):
        preset(f'{path}:js')


def test_a_file_without_fidelities_needs_no_parameter(tmp_path):
    path = tmp_path / 'mine.py'
    path.write_text('from melodyvae.config import Config\ndef get_config(): return Config()\n')
    assert preset(str(path)) == Config()
    with pytest.raises(UserError, match=r'mine\.py cannot be used: get_config\(\) takes 0'):
        preset(f'{path}:js')


@pytest.mark.parametrize(
    ('name', 'text', 'words'),
    [
        ('broken.py', '1 / 0\n', 'cannot be used: division by zero'),
        ('syntax.py', 'def\n', 'cannot be used: invalid syntax'),
        ('empty.py', '', "cannot be used: .* 'get_config'"),
        (
            'number.py',
            'def get_config(fidelity): return 3\n',
            'cannot be used: its get_config returns no Config',
        ),
        ('notes.md', 'words\n', 'is neither a Python nor a JSON file'),
        ('mine.json', '{"training": {"epoch": 3}}', r'is not .*did you mean training\.epochs'),
        ('none.py', None, 'names no file: .* rhythmvae'),
        (
            'rows.py',
            MINE.replace('model.hidden = 16', 'grid.rows = 0'),
            'config.grid.rows=0 cannot',
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_one_sentence(name, text, words, tmp_path):
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(UserError, match=f'^(--|{tmp_path}/{name} ){words}'):
        preset(str(tmp_path / name))


def test_a_resolved_config_is_one_s_own_and_can_work(tmp_path):
    (tmp_path / 'mine.py').write_text(MINE)
    mine = preset('rhythmvae')
    own = resolve_config(mine)
    mine.training.epochs = 0
    assert own == resolve_config('rhythmvae') == preset('rhythmvae')
    assert resolve_config(tmp_path / 'mine.py').model.hidden == 16
    with pytest.raises(UserError, match=r'config\.training\.epochs=0 cannot be used'):
        resolve_config(mine)
