"""Settings: JSON, validation, presets."""

import json

import pytest

from melodyvae.config.presets import preset, preset_path
from melodyvae.config.settings import FIDELITIES, Config, read_config, write_config
from melodyvae.errors import UserError

PORTS = ('rhythmvae', 'melodyvae_original', 'melodyvae_improved', 'melodyvae_improved_25x32')
PRESETS = [
    ('melodyvae', 'documented'),
    *((name, fidelity) for name in PORTS for fidelity in FIDELITIES),
]


def test_these_are_all_presets():
    folder = preset_path('melodyvae').parent
    names = {path.stem for path in folder.glob('*.py')} - {'__init__'}
    assert names == {name for name, _ in PRESETS}


@pytest.mark.parametrize(('name', 'fidelity'), PRESETS)
def test_preset_survives_json(name, fidelity, tmp_path):
    config = preset(name, fidelity)
    assert (config.name, config.fidelity) == (name, fidelity)
    write_config(config, tmp_path / 'config.json')
    assert read_config(tmp_path / 'config.json') == config


def test_the_product_s_own_preset_has_no_fidelity():
    for fidelity in ('js', 'exact'):
        with pytest.raises(UserError, match=f"melodyvae is no port, .* fidelity '{fidelity}'"):
            preset('melodyvae', fidelity)


def test_the_product_s_own_model_fits_the_improved_device():
    own, improved = preset('melodyvae'), preset('melodyvae_improved')
    assert (own.grid, own.features, own.device) == (
        improved.grid,
        improved.features,
        improved.device,
    )
    assert own.model.latent == improved.model.latent


def test_unknown_preset_and_fidelity_are_refused():
    with pytest.raises(UserError, match="no preset 'melodyvae_better'"):
        preset('melodyvae_better')
    with pytest.raises(UserError, match="no fidelity 'exact'"):
        preset('rhythmvae', 'exact')


@pytest.mark.parametrize(
    ('section', 'setting', 'value'),
    [
        ('training', 'batch_size', 0),
        ('training', 'learning_rate', -1e-3),
        ('training', 'decay', 'sometimes'),
        ('training', 'monitor', 'loss'),
        ('data', 'split', 'bar'),
        ('data', 'validation_fraction', 1.0),
        ('data', 'recombination', 2.0),
        ('model', 'z_spread', -1.0),
        ('model', 'decoder_depth', 0),
        ('training', 'least_steps', -1),
        ('model', 'dropout', 1.5),
        ('model', 'duration_activation', 'tanh'),
        ('grid', 'rows', 300),
        ('grid', 'drum_map', 'gm'),
        ('loss', 'onset', float('nan')),
        ('device', 'messages', 'midi'),
    ],
)
def test_wrong_setting_is_named(section, setting, value):
    config = Config()
    setattr(getattr(config, section), setting, value)
    with pytest.raises(UserError, match=rf'{section}\.{setting}={value}'):
        config.validate()


def test_features_keep_the_order_of_the_device():
    with pytest.raises(UserError, match='features'):
        Config(features=('onset', 'timeshift', 'velocity')).validate()
    with pytest.raises(UserError, match='features'):
        Config(features=('velocity', 'onset')).validate()
    with pytest.raises(UserError, match=r'features.* at least one of'):
        Config(features=('onset',)).validate()


def test_misspelt_setting_in_a_config_file_is_an_error():
    with pytest.raises(AttributeError):
        Config().training.bach_size = 3


@pytest.mark.parametrize(
    'text', ['', '[1]', '{"name": 3', '{"nmae": "x"}', '{"training": 3}', '{"grid": {"rows": "a"}}']
)
def test_damaged_config_json_is_one_sentence(text, tmp_path):
    path = tmp_path / 'config.json'
    path.write_text(text)
    with pytest.raises(UserError, match=str(path)):
        read_config(path)


def test_json_holds_every_setting():
    written = json.loads(json.dumps(Config().to_dict()))
    assert written['training']['kl_annealing_epochs'] == 10
    assert Config.from_dict(written) == Config()
